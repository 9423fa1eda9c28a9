"""What is wrong with a manifest, in words that a founder understands."""

from __future__ import annotations

import difflib
import re
import types
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from launchready.manifest.lines import line_of
from launchready.manifest.model import Manifest

WANTED = {
    "string": "a text in quotes",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "date": "a day without quotes, such as 2026-12-01",
    "tuple": 'a text in quotes, or several in brackets: ["…", "…"]',
}
"""What a type of pydantic's is called here, by the beginning of its error's name."""
BOUNDS = {
    "greater_than_equal": ("ge", "{} or more"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "{} or less"),
    "less_than": ("lt", "less than {}"),
}
TABLES = {
    "hosts": '[hosts."app.example.org"]',
    "routes": '[routes] with lines such as "app.example.org/login" = "auth"',
    "redirects": '[redirects] with lines such as "example.org/old" = "example.org/new"',
    "mail.domains": '[mail.domains."example.org"]',
    "accounts": "[accounts.member]",
    "environment": '[environment] with lines such as SESSION_SECRET = "secret"',
}
"""How a table that holds others is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a manifest."""

    file: str
    line: int | None
    key: str
    found: str
    allowed: str
    nearest: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        nearest = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{where}:{key} {self.found}. {self.allowed}{nearest}".rstrip()


_USER = re.compile(r"//[^/]*@")
_MAIL_KEYS = ("sends", "receives", "senders", "selectors")
KINDS = {
    "login": "auth", "log-in": "auth", "signin": "auth", "sign-in": "auth", "logout": "auth",
    "register": "signup", "sign-up": "signup", "join": "signup", "password": "reset",
    "payment": "checkout", "pay": "checkout", "billing": "checkout", "members": "private",
    "member": "private", "dashboard": "private", "admin": "private", "hook": "webhook",
    "callback": "webhook", "ai": "chat", "bot": "chat", "guide": "chat", "asset": "static",
    "assets": "static", "file": "static", "ping": "health", "status": "health", "home": "page",
    "public": "page", "html": "page", "json": "api", "graphql": "api",
}  # fmt: skip
"""Words that people write for a route's kind, and the kind that they mean."""


def explained(file: str, lines: dict[tuple[str, ...], int], error: Mapping[str, Any]) -> Problem:
    """Return one error of pydantic's in the words of the manifest."""
    path = tuple(p for p in error["loc"] if p != "[key]")
    key = written(path)
    line = line_of(lines, path)
    kind, shown = str(error["type"]), _shown(path, error.get("input"))
    last = str(path[-1]) if path else ""
    nearest = ""
    if kind == "extra_forbidden":
        names = _known_keys(path[:-1])
        found = f"unknown key {_short(last)!r}" + _look_alike(last)
        allowed = f"Allowed here: {', '.join(names)}." if names else ""
        if last in TABLES and len(path) > 1:
            allowed = f"It is a section of its own: {TABLES[last]}."
        elif path[:-1] == ("mail",) and ("." in last or last in _MAIL_KEYS):
            allowed = f"It belongs under a domain: {TABLES['mail.domains']}."
        elif home := _home_of(last):
            allowed = f"It belongs under [{home}]. {allowed}".rstrip()
        else:
            nearest = _nearest(last, names)
    elif kind == "missing" and not last.isdigit():
        found, allowed = f"the key {last!r} is missing", f"Add {last} = … here."
        if path == ("launch",):
            allowed = 'Add [launch] with domain = "example.org".'
        elif path == ("launch", "domain"):
            allowed = 'Add domain = "example.org" here.'
    elif kind == "literal_error":
        choices = re.findall(r"'([^']+)'", str(error["ctx"]["expected"]))
        found, allowed = f"found {shown}", f"Allowed: {', '.join(choices)}."
        nearest = _nearest(str(error.get("input")), choices)
        if path[:1] == ("routes",) and path[-1] == "kind":
            nearest = KINDS.get(str(error.get("input")).lower(), nearest)
        if path[:1] == ("environment",) and not nearest:
            allowed += " The value itself never belongs into this file."
    elif kind == "value_error":
        found, allowed = visible(str(error["msg"]).removeprefix("Value error, ")), ""
        above = ".".join(str(p) for p in path[:-1])
        if above in {"hosts", "mail.domains"} and "." not in last:
            allowed = f"A name with dots stands in quotes: {TABLES[above]}."
    else:
        found, allowed = f"found {shown}", f"Allowed: {_wanted(path, kind, error)}."
    return Problem(
        file=file, line=line, key=key, found=found, allowed=allowed, nearest=visible(nearest)
    )


def _wanted(path: tuple[Any, ...], kind: str, error: Mapping[str, Any]) -> str:
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        bound = error["ctx"][name]
        return words.format(f"{bound:g}" if isinstance(bound, float) else bound)
    if kind == "string_too_long":
        return f"at most {error['ctx']['max_length']} characters"
    if kind == "string_too_short":
        return "a text that is not empty"
    if "price" in path[-2:]:
        return "two numbers in brackets: [0.15, 0.6]"
    if kind.startswith(("model", "dict")):
        dotted = ".".join(str(p) for p in path)
        above = ".".join(str(p) for p in path[:-1])
        if above == "environment":
            return 'what it holds, such as "secret"'
        if above == "routes":
            return f"a kind, such as {str(path[-1])!r} = 'page'".replace("'", '"')
        if above == "redirects":
            return "the URL that it leads to, in quotes"
        if path[-1:] == ("fields",):
            return 'names in braces: { username = "email", password = "password" }'
        return TABLES.get(dotted) or TABLES.get(above) or f"a section of its own, [{dotted}]"
    if kind.startswith("finite"):
        return "a number"
    return next((w for begin, w in WANTED.items() if kind.startswith(begin)), str(error["msg"]))


def written(path: tuple[Any, ...]) -> str:
    """Return the key as it is written in TOML; an entry of a list is counted from 1."""
    names: list[str] = []
    entry = ""
    for part in path:
        if isinstance(part, int):
            entry = f" (entry {part + 1})"
        else:
            plain = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            names.append(_short(part) if plain else f'"{visible(_short(_USER.sub("//", part)))}"')
    return ".".join(names) + entry


def _shown(path: tuple[Any, ...], value: Any) -> str:
    # Who gets these wrong may have written the password or the secret itself.
    if path[:1] in {("accounts",), ("environment",)} or any(str(p).endswith("_env") for p in path):
        return "something else"
    if isinstance(value, dict):
        return "a section of its own"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str | list):
        text = repr(value)
        return text if len(text) <= 80 else text[:77] + "…"
    return str(value)


def visible(text: str) -> str:
    """Return the text without anything that could command a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"


def _look_alike(name: str) -> str:
    """Return what tells letters apart that look the same."""
    sign = next((c for c in name if not c.isascii()), None)
    if sign is None:
        return ""
    return f", in which {sign!r} is {unicodedata.name(sign, 'a sign without a name').lower()}"


def _home_of(name: str) -> str:
    """Return the first section that has a key of this name; empty when none has it."""
    homes = [
        section
        for section, field in Manifest.model_fields.items()
        if isinstance(kind := _plain(field.annotation), type)
        and issubclass(kind, BaseModel)
        and name in kind.model_fields
    ]
    return homes[0] if homes else ""


def _nearest(word: str, choices: list[str]) -> str:
    close = difflib.get_close_matches(word.lower()[:100], [c.lower() for c in choices], n=1)
    return next((c for c in choices if close and c.lower() == close[0]), "")


def _known_keys(path: tuple[Any, ...]) -> list[str]:
    """Return the keys that the model allows at the path; empty where any key may stand."""
    here: Any = Manifest
    for part in path:
        here = _plain(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(part))
            here = field.annotation if field else None
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        else:
            return []
    here = _plain(here)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    filled_in = (
        {"name", "url"}
        if here.__name__ in {"HostEntry", "MailDomainEntry", "RouteEntry", "VariableEntry"}
        else set()
    )
    return [k for k in here.model_fields if k not in filled_in]


def _plain(annotation: Any) -> Any:
    """Strip Optional and Annotated from an annotation."""
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return next(a for a in get_args(annotation) if a is not type(None))
    if origin is not None and hasattr(annotation, "__metadata__") and origin is not Literal:
        return get_args(annotation)[0]
    return annotation
