"""Text and values without the secrets in them, for logs and error reports.

Hidden are: what stands under a telling key (password, token, cookie …), in nested values and in
text; what has the shape of a secret (tokens, keys, passwords in URLs); and the values of the
launch's secret variables, as they are and as URL, JSON and Base64 write them; and what people
wrote, where a library prints it with its failure or a key of the manifest names it. E-mail addresses
stay: they are how an operator finds the member who wrote in; an app that must not log them
logs a member's id instead. The time for a text grows with its length, whatever it holds.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote, urlsplit

from launchready.guard.logs.secret_text import HIDDEN, hide_shapes, is_secret_key
from launchready.guard.logs.written_text import MESSAGES, hide_links, hide_written, keyed
from launchready.guard.start_up import needed
from launchready.manifest import Manifest

VALUE_MIN = 6
"""Characters of the shortest value that is searched; shorter ones stand in every other word."""
UNDECLARED_MIN = 12
"""The same for a variable that only its name says to be secret."""
DEPTH_MAX = 16
ITEMS_MAX = 1000


class Redactor:
    """Hides secrets; `longest` is the length of the longest value that it looks for."""

    __slots__ = ("_keyed", "_keys", "_values", "longest", "shortest")

    def __init__(self, values: tuple[str, ...] = (), keys: frozenset[str] = frozenset()) -> None:
        """Look for `values`, and hide what stands under `keys`, in lower case, beside the usual ones."""
        self._keys = MESSAGES | keys
        self._keyed = keyed(self._keys)
        forms = {form for value in values if len(value) >= VALUE_MIN for form in _forms(value)}
        # Those that hold others come first, so that the parts are not looked for in vain.
        self._values = tuple(sorted(forms, key=lambda form: (-len(form), form)))
        self.longest = max(map(len, self._values), default=0)
        self.shortest = min(map(len, self._values), default=0)

    @classmethod
    def of(cls, manifest: Manifest, environ: Mapping[str, str] = os.environ) -> Redactor:
        """Return a redactor that knows the secret variables of the launch by their values."""
        named = {
            name.lower()
            for route in manifest.routes.values()
            for field, name in route.fields.items()
            if field in {"password", "message"}
        }
        return cls(tuple(_secrets(manifest, environ)), frozenset(named))

    def text(self, text: str) -> str:
        """Return the text with `[hidden]` where secrets stood."""
        if self._values and len(text) >= self.shortest:
            text = self._without_values(text)
        if ":" in text and ("'" in text or '"' in text):
            text = self._keyed.sub(rf'\1"{HIDDEN}"', text)
        return hide_links(hide_shapes(hide_written(text)))

    def value(self, value: object) -> object:
        """Return the value as JSON has it (dicts, lists, texts, numbers), secrets hidden.

        What holds itself, is deeper than 16 or longer than 1,000 is cut; what JSON does not know
        becomes text. Nothing is raised for any value.
        """
        return self._value(value, 0)

    def _without_values(self, text: str) -> str:
        # Nearly every text is clean: this line is what it costs to know.
        found = [value for value in self._values if value in text]
        if not found:
            return text
        spans = []
        for value in found:
            start = text.find(value)
            while start >= 0:
                end = start + len(value)
                spans.append((start, end))
                start = text.find(value, end)
        spans.sort()
        parts: list[str] = []
        done = 0
        for start, end in spans:
            if start >= done:
                # Two values that follow each other are two: their placeholders tell how many.
                parts += (text[done:start], HIDDEN)
            done = max(done, end)
        return "".join((*parts, text[done:]))

    def _value(self, value: object, depth: int) -> object:
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is str:
            return self.text(value)  # type: ignore[arg-type]
        if kind is int:
            # Python refuses to write integers of many thousand digits.
            return value if -(2**63) <= value < 2**63 else HIDDEN  # type: ignore[operator]
        if kind is float:
            return value if -1e308 <= value <= 1e308 else str(value)  # type: ignore[operator]
        if depth >= DEPTH_MAX:
            return "[deeper]"
        try:
            if isinstance(value, Mapping):
                return self._mapping(value, depth)
            if isinstance(value, tuple) and hasattr(value, "_asdict"):
                return self._mapping(value._asdict(), depth)
            if isinstance(value, list | tuple | set | frozenset):
                return self._sequence(value, depth)
            if isinstance(value, bytes | bytearray | memoryview):
                return self.text(bytes(value).decode("utf-8", "backslashreplace"))
            return self.text(str(value))
        except Exception:  # noqa: BLE001 - values of an app's own classes raise what they like
            return f"[{kind.__name__} that cannot be shown]"

    def _mapping(self, value: Mapping[object, object], depth: int) -> dict[str, object]:
        shown: dict[str, object] = {}
        for key, inner in value.items():
            if len(shown) >= ITEMS_MAX:
                shown["…"] = f"{len(value) - ITEMS_MAX} more"
                break
            name = key if type(key) is str else _named(key)
            hidden = is_secret_key(name, inner) or self._is_written(name, inner)
            shown[self.text(name)] = HIDDEN if hidden else self._value(inner, depth + 1)
        return shown

    def _is_written(self, name: str, value: object) -> bool:
        """Return whether it is what somebody wrote: a number of messages is not."""
        if value is None or isinstance(value, int | float):
            return False
        return name.lower() in self._keys

    def _sequence(
        self, value: list[object] | tuple[object, ...] | set[object] | frozenset[object], depth: int
    ) -> list[object]:
        items = list(value)[:ITEMS_MAX]
        # A header or a cookie as (name, value), as ASGI has them.
        if len(items) == 2 and isinstance(items[0], str | bytes):
            name = _named(items[0])
            if is_secret_key(name, items[1]) and isinstance(value, list | tuple):
                return [self.text(name), HIDDEN]
        shown = [self._value(item, depth + 1) for item in items]
        return [*shown, f"{len(value) - ITEMS_MAX} more"] if len(value) > ITEMS_MAX else shown


def _named(key: object) -> str:
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)


def _secrets(manifest: Manifest, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield each value of the environment that must not be seen."""
    declared = {one.name: one.kind for one in needed(manifest)}
    secret = {name for name, kind in declared.items() if kind == "secret"}
    secret |= {account.password_env for account in manifest.accounts.values()}
    if manifest.guard.sentry_env:
        secret.add(manifest.guard.sentry_env)
    for name, value in environ.items():
        if len(value.strip()) < VALUE_MIN:
            continue
        yield from _passwords(value)
        if name in secret:
            yield from (value, value.strip())
        elif (
            name not in declared
            and len(value) >= UNDECLARED_MIN
            and not value.startswith(("/", "./", "http://", "https://"))
            and (is_secret_key(name, value) or name.upper().endswith("_KEY"))
        ):
            yield value


def _passwords(value: str) -> Iterator[str]:
    """Yield the password in a URL, as it stands there and decoded, and the whole URL."""
    if "://" not in value or "@" not in value:
        return
    try:
        password = urlsplit(value.strip()).password
    except ValueError:
        return
    if password:
        yield from (password, unquote(password), value.strip())


def _forms(value: str) -> Iterator[str]:
    """Yield the value as it is and as URL, JSON, Python and Base64 write it, wherever it begins."""
    yield value
    plain = value.encode("utf-8", "surrogateescape")
    for safe in ("", "/"):
        for written in (quote(plain, safe=safe), quote_plus(plain, safe=safe)):
            yield written
            yield re.sub(r"%[0-9A-F]{2}", lambda m: m[0].lower(), written)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield repr(plain)[2:-1]
    yield plain.hex()
    for before in range(3):
        # Base64 writes three bytes as four characters: what begins one byte later looks otherwise.
        # The characters at both ends depend on what stands around and are left out.
        written = base64.b64encode(bytes(before) + plain).decode()
        first = (0, 2, 3)[before]
        last = (before + len(plain)) // 3 * 4 + (0, 1, 2)[(before + len(plain)) % 3]
        inner = written[first:last]
        if len(inner) >= VALUE_MIN:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
