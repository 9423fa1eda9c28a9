"""The forms of an HTML page, as a browser would send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from selectolax.lexbor import LexborHTMLParser, LexborNode

from launchready.derive.pages.page import absolute, base_of
from launchready.derive.sign_in.links import leads_out

_NOT_TYPED = frozenset({"hidden", "submit", "button", "image", "reset", "checkbox", "radio"})
_UNSEEN = frozenset({"hidden", "submit", "button", "image", "reset"})
FIELDS_MAX = 200
VALUE_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One control of a form. `value` is what it holds before anybody types."""

    name: str
    type: str
    value: str
    autocomplete: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form: where it is sent, how, and its controls in order."""

    url: str
    method: Literal["GET", "POST"]
    fields: tuple[FormField, ...]
    text: str
    """The words on its buttons."""
    pressed: tuple[tuple[str, str], ...] = ()
    """What its default button sends (HTML, implicit submission): many programs wait for it."""

    @property
    def typed(self) -> tuple[FormField, ...]:
        """The fields that somebody types into, or chooses from."""
        return tuple(f for f in self.fields if f.type not in _NOT_TYPED)

    @property
    def chosen(self) -> tuple[FormField, ...]:
        """The fields that somebody types into or chooses by, ticks among them."""
        return tuple(f for f in self.fields if f.type not in _UNSEEN)

    @property
    def password(self) -> FormField | None:
        """The field for a password, if it has one."""
        return next((f for f in self.fields if f.type == "password"), None)

    @property
    def username(self) -> FormField | None:
        """The field for who signs in: marked as such, of type email, or the first text field."""
        texts = [f for f in self.fields if f.type in {"text", "email", "tel", ""}]
        marked = [
            f
            for f in texts
            if f.autocomplete.startswith(("username", "email")) or f.type == "email"
        ]
        named = [
            f for f in texts if any(w in f.name.lower() for w in ("user", "mail", "login", "log"))
        ]
        return next(iter(marked + named + texts), None)

    def filled(self, values: Mapping[str, str]) -> bytes:
        """Return the body that a browser would send with these values typed in."""
        sent = {
            f.name: f.value
            for f in self.fields
            if f.type not in {"submit", "button", "image", "file", "reset"}
        }
        return urlencode({**sent, **dict(self.pressed), **values}).encode()


def forms(html: str, *, base: str) -> tuple[Form, ...]:
    """Return the page's forms in order, at most 50."""
    tree = LexborHTMLParser(html)
    base_url = base_of(tree, base)
    return tuple(_form(node, base_url, page=base) for node in tree.css("form")[:50])


def _form(node: LexborNode, base: str, *, page: str) -> Form:
    attributes = node.attributes
    found = []
    for control in node.css("input[name], textarea[name], select[name]")[:FIELDS_MAX]:
        field = _field(control)
        if field is not None:
            found.append(field)
    method = (attributes.get("method") or "get").strip().lower()
    words = [
        b.text() or b.attributes.get("value") or "" for b in node.css("button, input[type=submit]")
    ]
    return Form(
        # An empty action sends the form to the page itself, whatever <base> says.
        url=absolute(attributes.get("action"), base) or page,
        method="POST" if method == "post" else "GET",
        fields=tuple(found),
        text=" ".join(" ".join(words).split())[:200],
        pressed=_pressed(node),
    )


def _pressed(form: LexborNode) -> tuple[tuple[str, str], ...]:
    """Return what the first button that sends the form adds to it; nothing when it has no name."""
    for button in form.css("button, input[type=submit i], input[type=image i]")[:FIELDS_MAX]:
        attributes = button.attributes
        kind = (attributes.get("type") or "submit").strip().lower()
        if "disabled" in attributes or kind in {"button", "reset"}:
            continue
        name = attributes.get("name") or ""
        if not name:
            return ()
        if kind == "image":
            return ((f"{name}.x", "0"), (f"{name}.y", "0"))
        usual = "Submit" if button.tag == "input" else ""
        value = attributes.get("value")
        return ((name, usual if value is None else value[:VALUE_MAX]),)
    return ()


def _field(control: LexborNode) -> FormField | None:
    attributes = control.attributes
    name = attributes.get("name") or ""
    kind = (attributes.get("type") or "text").strip().lower()
    value = attributes.get("value") or ""
    if control.tag == "textarea":
        kind, value = "textarea", control.text()
    elif control.tag == "select":
        chosen = control.css_first("option[selected]") or control.css_first("option")
        kind = "select"
        value = (chosen.attributes.get("value") or chosen.text()) if chosen is not None else ""
    elif kind in {"checkbox", "radio"}:
        if "checked" not in attributes:
            return None
        value = value or "on"
    if not name or "disabled" in attributes:
        return None
    return FormField(
        name=name,
        type=kind,
        value=value[:VALUE_MAX],
        autocomplete=(attributes.get("autocomplete") or "").strip().lower(),
    )


def login_form(html: str, *, base: str) -> Form | None:
    """Return the form that asks for a name and one password; a form for joining asks for more."""
    with_password = [f for f in forms(html, base=base) if f.password is not None]

    def extent(form: Form) -> tuple[int, int]:
        passwords = sum(f.type == "password" for f in form.fields)
        new = sum("new-password" in f.autocomplete for f in form.fields)
        return (passwords + new, sum(f.type != "hidden" for f in form.fields))

    return min(with_password, key=extent, default=None)


def same_form(one: Form, other: Form) -> bool:
    """Return whether two forms are the same one, by the names of what is typed in.

    A form to change one's password or to join asks for other things than the log-in.
    """
    return {f.name for f in one.typed} == {f.name for f in other.typed}


def logout_form(html: str, *, base: str) -> Form | None:
    """Return the form that logs out and does nothing else, if the page has one.

    A form with something to fill in, such as that of a member's own data, may have a button that ends
    their other sessions; sent, it would change what it holds.
    """
    return next(
        (f for f in forms(html, base=base) if not f.chosen and leads_out(f.url, f.text)), None
    )
