"""What a launch's environment must hold before its app starts, and the refusal that names all of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from launchready.guard.store_client import connect
from launchready.guard.webhooks import signing_keys
from launchready.manifest import Manifest, Problem
from launchready.manifest.app import VariableKind

SECRET_MIN = 16
"""Characters that a secret has at least."""
DISTINCT_MIN = 5
"""Different characters in a secret; a row of x or of 0 has fewer."""

WANTED: Mapping[VariableKind, str] = {
    "text": "a text",
    "secret": f"a secret of {SECRET_MIN} characters or more",
    "url": "a URL with scheme and host, such as https://example.org",
    "email": "an e-mail address, such as hello@example.org",
    "number": "a number, such as 587",
    "flag": "true or false",
}
Form = Literal["store", "standard"]
FORMS: Mapping[Form, str] = {
    "store": "the URL of a Redis or Valkey, such as redis://127.0.0.1:6379/0",
    "standard": "the signing secret as its sender shows it: whsec_ and base64",
}
_STORES = ("redis://", "rediss://", "valkey://", "valkeys://", "unix://", "valkey+unix://")
# No word begins with another one and what follows it, so that there is one way to read a value.
_PLACEHOLDER = re.compile(
    r"(?:(?:your|my|the|some|insert|put|enter|add|replace|with|paste|super|top|very|session|api|access"
    r"|auth|webhook|client|app|secret|private|live|stripe|openai|jwt|database|user|admin|test|dev|real"
    r"|own|change|me|this|it|x++|key|password|passwd|token|value|example|placeholder|default|dummy|todo"
    r"|fixme|none|null|undefined|here|goes|please|now)[-_. !]{0,2}){1,9}\d{0,4}",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(
    r"\$\{[^}]*\}|\$[A-Z_][A-Z0-9_]*|\$\([^)]*\)|\{\{.*\}\}|<[^<>]*>|%[A-Z_][A-Z0-9_]*%", re.DOTALL
)
_TEST_KEY = re.compile(r"(?:sk|rk|pk)_test_")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_EMAIL = re.compile(
    r"(?:[^<>@]{0,200}<)?[^\s<>@]{1,64}@[^\s<>@.]{1,63}(?:\.[^\s<>@.]{1,63}){1,10}>?"
)
_FLAGS = frozenset({"true", "false", "yes", "no", "on", "off", "1", "0"})
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A variable that the app needs: its name, what it holds, and every key that declares it."""

    name: str
    kind: VariableKind
    keys: tuple[str, ...]
    required: bool = True
    begins: str = ""
    form: Form | None = None
    """What else it must be, where its kind does not say."""

    @property
    def wanted(self) -> str:
        """What a right value is, in words."""
        if self.form is not None:
            return FORMS[self.form]
        begins = f" that begins with {self.begins}" if self.begins else ""
        return WANTED[self.kind] + begins


class NotReadyToStart(SystemExit):
    """The process must not start; `problems` says why. Uncaught it prints them and exits with 1."""

    def __init__(self, problems: list[Problem]) -> None:
        count = f"{len(problems)} {'thing is' if len(problems) == 1 else 'things are'}"
        lines = [f"The app does not start: {count} missing or malformed.", *map(str, problems)]
        super().__init__("\n".join(lines))
        self.problems = problems

    def __str__(self) -> str:
        return str(self.code)


def needed(manifest: Manifest) -> list[Needed]:
    """Return each variable that the manifest names and the app needs, once, in declared order.

    A variable that several keys name is as strict as the strictest of them; only its own entry
    in [environment] can say that the app starts without it. Those of [accounts] are the audit's.
    """
    found: dict[str, Needed] = {}
    for one in _named(manifest):
        known = found.get(one.name)
        if known is None:
            found[one.name] = one
            continue
        found[one.name] = replace(
            known,
            kind=one.kind if known.kind == "text" else known.kind,
            keys=(*known.keys, *one.keys),
            required=known.required
            if one.name in manifest.environment
            else known.required or one.required,
            begins=known.begins or one.begins,
            form=known.form or one.form,
        )
    return list(found.values())


def _named(manifest: Manifest) -> Iterator[Needed]:
    for name, entry in manifest.environment.items():
        yield Needed(
            name=name, kind=entry.kind, keys=(f"environment.{name}",),
            required=entry.required, begins=entry.begins,
        )  # fmt: skip
    chat, guard = manifest.chat, manifest.guard
    if chat.key_env:
        # Without an address nobody is asked, so nobody needs the key.
        asked = chat.base_url is not None
        yield Needed(name=chat.key_env, kind="secret", keys=("chat.key_env",), required=asked)
    if chat.second and chat.second.key_env:
        yield Needed(name=chat.second.key_env, kind="secret", keys=("chat.second.key_env",))
    for url, route in manifest.routes.items():
        for name in route.secret_env:
            key = f'routes."{url.removeprefix("https://")}".secret_env'
            begins = "whsec_" if route.signature == "stripe" else ""
            form: Form | None = "standard" if route.signature == "standard" else None
            yield Needed(name=name, kind="secret", keys=(key,), begins=begins, form=form)
    if guard.store_env:
        yield Needed(
            name=guard.store_env, kind="url", keys=("guard.store_env",), form="store"
        )  # fmt: skip
    if guard.metrics_token_env:
        yield Needed(name=guard.metrics_token_env, kind="secret", keys=("guard.metrics_token_env",))
    if guard.sentry_env:
        yield Needed(name=guard.sentry_env, kind="url", keys=("guard.sentry_env",), required=False)


def missing(
    manifest: Manifest, environ: Mapping[str, str], *, file: str = "launchready.toml"
) -> list[Problem]:
    """Return every variable that is not there or not well formed, never with its value.

    `key` of a problem names where the variable is declared in `file`.
    """
    problems = []
    for one in needed(manifest):
        value = environ.get(one.name)
        # Compose files and dashboards pass on what is not set as an empty text.
        if not value and not one.required:
            continue
        fault = "is not set" if value is None else malformed(one, value)
        if fault:
            problems.append(
                Problem(
                    file=file, line=None, key=", ".join(one.keys),
                    found=f"the environment variable {one.name} {fault}",
                    allowed=f"Set it to {one.wanted}.",
                )
            )  # fmt: skip
    return problems


def require(
    manifest: Manifest,
    environ: Mapping[str, str] = os.environ,
    *,
    file: str = "launchready.toml",
) -> None:
    """Return when the environment holds all that the manifest names; else raise NotReadyToStart."""
    if problems := missing(manifest, environ, file=file):
        raise NotReadyToStart(problems)


def malformed(one: Needed, value: str) -> str:
    """Return what is wrong with the value, as the end of a sentence without it; empty if nothing."""
    if not value:
        return "is empty"
    if value != value.strip():
        if value.endswith(("\n", "\r")) and value.strip():
            return "ends with a line break"
        return "is empty but for spaces" if not value.strip() else "has spaces around it"
    if len(value) > 1 and _QUOTES.get(value[0]) == value[-1]:
        return "has quotes around it, which belong to the shell"
    if any("\ud800" <= c <= "\udfff" for c in value):
        return "holds bytes that are not UTF-8"
    if value == one.name or _TEMPLATE.fullmatch(value[:500]):
        return "holds a name in place of a value"
    fault = _unlike(one.kind, value)
    if one.begins and not value.startswith(one.begins):
        if _TEST_KEY.match(value) and "_test_" not in one.begins:
            return "holds a test key (_test_), not a live one"
        # A placeholder says more than a wrong beginning; a length says less.
        return fault if "placeholder" in fault else "begins otherwise"
    if one.kind == "secret" and not fault and _is_placeholder(value[len(one.begins) :]):
        return "is a placeholder, not a secret"
    return fault or (_misshaped(one.form, value) if one.form else "")


def _misshaped(form: Form, value: str) -> str:
    """Return why the value cannot be used for what it is named, as the end of a sentence."""
    if form == "store":
        if not value.startswith(_STORES):
            return "is not the URL of a Redis or Valkey"
        try:
            connect(value)
        except ValueError:
            return "has a path that is no number of a database, or an option that redis-py has not"
        return ""
    try:
        signing_keys("standard", [value])
    except ValueError:
        return "is no base64 behind whsec_"
    return ""


def _is_placeholder(value: str) -> bool:
    return _PLACEHOLDER.fullmatch(value[:80]) is not None or len(set(value)) < DISTINCT_MIN


def _unlike(kind: VariableKind, value: str) -> str:
    """Return why the value is none of its kind, as the end of a sentence; empty if it is one."""
    if kind == "secret":
        if _is_placeholder(value):
            return "is a placeholder, not a secret"
        if len(value) < SECRET_MIN:
            return f"has {len(value)} characters"
    elif kind == "url":
        return _unlike_url(value)
    elif kind == "email":
        return "" if _EMAIL.fullmatch(value[:600]) else "is not an e-mail address"
    elif kind == "number":
        return "" if _NUMBER.fullmatch(value) else "is not a number"
    elif kind == "flag":
        return "" if value.lower() in _FLAGS else "is neither true nor false"
    return ""


def _unlike_url(value: str) -> str:
    if any(c.isspace() for c in value):
        return "holds a space, which no URL does"
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "is not a URL"
    if not parts.scheme or "://" not in value:
        return "is a URL without a scheme"
    # Databases embedded in a file, and sockets, have a path where others have a host.
    by_path = parts.scheme.startswith("sqlite") or (
        len(parts.path) > 1 and parts.scheme not in {"http", "https", "ws", "wss"}
    )
    return "" if host or by_path else "is a URL without a host"
