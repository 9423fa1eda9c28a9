"""The request that is repeated on a route: the page's own form as a visitor sends it, or a plain one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from launchready.collect.active.json_calls import called, named, written
from launchready.collect.active.password_form import Shown, password_page
from launchready.collect.active.session import FORM, JSON, Session
from launchready.collect.web.address import url_host
from launchready.derive.pages.forms import Form, forms, login_form
from launchready.derive.sign_in.throttle import asks_to_wait, same_answer, says_limited
from launchready.facts import Gap
from launchready.facts.http import Exchange
from launchready.manifest import RouteEntry


@dataclass(slots=True, kw_only=True)
class Attempt:
    """The request that is repeated."""

    url: str
    method: str
    body: bytes | None
    content_type: str
    page_url: str = ""
    """Where the form stands; empty without a form."""
    form: Form | None = None
    typed: dict[str, str]
    fresh: bool = False
    """Whether the form holds a token that is good for one attempt."""
    by_guess: bool = False
    """Whether JSON is sent whose fields have names that nobody declared."""
    guessed: bool = False
    """Whether neither a form nor the manifest says how the route is called."""
    last: Exchange | None = None
    """The page that a visitor has before them now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of one attempt: the answer, and the page that it led to."""

    answer: Exchange
    page: Exchange

    def same_as(self, other: Seen) -> bool:
        """Return whether another attempt came to the same."""
        return same_answer(self.answer, other.answer) and same_answer(self.page, other.page)

    def says_limited(self, usual: Seen | None = None) -> bool:
        """Return whether the answer or its page says that a limit was reached."""
        if usual is None:
            return says_limited(self.answer) or says_limited(self.page)
        return says_limited(self.answer, usual=usual.answer) or says_limited(
            self.page, usual=usual.page
        )

    def is_explicit(self, usual: Seen | None = None) -> bool:
        """Return whether it says so by its status or header, not by words (RFC 6585 section 4)."""
        return asks_to_wait(self.answer, usual=usual.answer if usual else None) or asks_to_wait(
            self.page, usual=usual.page if usual else None
        )


async def first_attempt(route: RouteEntry, session: Session) -> Attempt | Gap:
    """Return the request to repeat, filled in for nobody; the page is fetched where there is one."""
    values = _values(route)
    if route.json_body or route.kind == "webhook":
        typed = named(route, values)
        if route.kind == "auth":
            # A page's script sends back a token that the page has set.
            await session.get(route.url)
        return Attempt(
            url=route.url, method=route.method or "POST", body=written(typed),
            content_type=JSON, typed=typed, by_guess=bool(typed) and not route.fields,
        )  # fmt: skip
    typed = {route.fields.get(k, k): v for k, v in values.items()}
    page = await session.get(route.url)
    if isinstance(page, Gap):
        return page
    form = _form(route, page)
    if form is None and route.kind == "auth":
        # The name is asked for first: the passwords are tried on the page behind it.
        shown = await password_page(session, page, values["username"])
        if isinstance(shown, Shown) and (second := _form(route, shown.page)) is not None:
            filled = _typed(second, route, values)
            return Attempt(
                url=second.url, method="POST", body=second.filled(filled), content_type=FORM,
                form=second, page_url=shown.page.url, typed=filled, last=shown.page,
            )  # fmt: skip
    if form is None:
        return Attempt(
            url=route.url, method=route.method or "POST", body=urlencode(typed).encode(),
            content_type=FORM, typed=typed, guessed=not route.fields and route.method is None,
            last=page,
        )  # fmt: skip
    again = await session.get(route.url)
    other = _form(route, again) if isinstance(again, Exchange) else None
    if other is not None and isinstance(again, Exchange):
        fresh = _hidden(form) != _hidden(other)
        page, form = again, other
    else:
        fresh = False
    filled = _typed(form, route, values)
    return Attempt(
        url=form.url, method="POST", body=form.filled(filled), content_type=FORM, form=form,
        page_url=page.url, typed=filled, fresh=fresh, last=page,
    )  # fmt: skip


async def next_attempt(
    attempt: Attempt, route: RouteEntry, session: Session
) -> Attempt | Seen | Gap:
    """Return the attempt with the form as it stands now; what is seen instead when it is gone."""
    if attempt.form is None:
        return attempt
    form = _form(route, attempt.last) if attempt.last is not None else None
    if form is None and attempt.fresh:
        page = await session.get(attempt.page_url)
        if isinstance(page, Gap):
            return page
        form = _form(route, page)
        if form is None:
            return Seen(answer=page, page=page)
    if form is None or form.url != attempt.form.url or _names(form) != _names(attempt.form):
        return attempt
    return replace(attempt, form=form, body=form.filled(attempt.typed))


async def reads_what_is_sent(attempt: Attempt, usual: Seen, session: Session) -> bool:
    """Return whether nothing at all, sent in the attempt's place, is answered otherwise than it was."""
    nothing = replace(attempt, body=b"{}" if attempt.content_type == JSON else b"")
    other = await send(nothing, session)
    return isinstance(other, Seen) and not usual.same_as(other)


async def send(attempt: Attempt, session: Session) -> Seen | Gap:
    """Return what one attempt came to, its redirects followed."""
    if attempt.content_type == JSON and attempt.method == "POST":
        answer = await called(session, attempt.url, attempt.body or b"", body_max_bytes=50_000)
        return answer if isinstance(answer, Gap) else Seen(answer=answer, page=answer)
    answer = await session.send(
        attempt.url,
        method=attempt.method,
        body=attempt.body,
        content_type=attempt.content_type,
        referer=attempt.page_url or attempt.url,
        body_max_bytes=50_000,
    )
    if isinstance(answer, Gap):
        return answer
    page = await session.follow(answer) if attempt.form is not None else answer
    return Seen(answer=answer, page=answer if isinstance(page, Gap) else page)


def _values(route: RouteEntry) -> dict[str, str]:
    """Return what is typed in: an account that cannot exist, and never a whole address to join."""
    nobody = f"launchready-{secrets.token_hex(6)}"
    # Nothing exists below example.com; libraries that read addresses refuse .invalid and its like
    # before any limit counts (RFC 2606, sections 2 and 3).
    address = f"{nobody}@{nobody}.example.com"
    match route.kind:
        case "auth":
            return {"username": address, "password": secrets.token_urlsafe(12)}
        case "reset":
            return {"email": address}
        case "invite":
            return {"code": nobody}
        case "signup":
            # Refused before anything is stored: this is no address.
            return {"email": nobody, "password": "x"}
        case "chat":
            return {"message": "ping"}
        case _:
            return {}


def _form(route: RouteEntry, page: Exchange) -> Form | None:
    """Return the page's form that belongs to the route's kind and is sent to the page's host."""
    if "html" not in page.content_type:
        return None
    posts = [f for f in forms(page.text, base=page.url) if f.method == "POST"]
    if route.kind == "auth":
        found = login_form(page.text, base=page.url)
    else:
        # A small log-in form stands at the side of many pages.
        signs_in = login_form(page.text, base=page.url) if route.kind != "signup" else None
        posts = [f for f in posts if f != signs_in]
        here = [f for f in posts if urlsplit(f.url).path == urlsplit(route.url).path]
        found = max(here or posts, key=lambda f: _fits(f, route), default=None)
    # A form that would put a password into the URL is sent by a script instead.
    if found is None or found.method != "POST" or url_host(found.url) != url_host(page.url):
        return None
    return found


def _fits(form: Form, route: RouteEntry) -> int:
    """Return how well a form suits the route's kind, to tell it from a search or a log-in."""
    names = {f.name for f in form.fields}
    score = 4 * len(names & set(route.fields.values()))
    if route.kind == "signup":
        score += 2 * sum(f.type == "password" for f in form.typed) + min(len(form.typed), 3)
    elif route.kind == "reset":
        score += 2 * any("mail" in f.name.lower() or f.type == "email" for f in form.typed)
        score -= 3 * (form.password is not None)
    elif route.kind == "invite":
        score += 2 * any("code" in f.name.lower() or "invit" in f.name.lower() for f in form.typed)
    elif route.kind == "chat":
        score += 2 * any(f.type == "textarea" for f in form.typed)
    return score


def _typed(form: Form, route: RouteEntry, values: dict[str, str]) -> dict[str, str]:
    typed = {}
    for what, value in values.items():
        name = route.fields.get(what)
        if name is None and what == "password":
            name = form.password.name if form.password else None
        elif name is None:
            name = next(
                (
                    f.name
                    for f in form.fields
                    if what in f.name.lower()
                    and f.type not in {"hidden", "submit", "button", "password"}
                ),
                None,
            )
            name = name or (form.username.name if form.username else None)
        if name is None and what == "message":
            name = next((f.name for f in form.fields if f.type == "textarea"), None)
        if name is not None:
            typed[name] = value
    return typed


def _hidden(form: Form) -> dict[str, str]:
    return {f.name: f.value for f in form.fields if f.type == "hidden"}


def _names(form: Form) -> set[str]:
    return {f.name for f in form.fields}
