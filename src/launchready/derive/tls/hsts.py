"""The Strict-Transport-Security header read as browsers read it (RFC 6797)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from launchready.facts.http import Exchange
from launchready.facts.ways import Walk

DAY_S = 86_400
_DIRECTIVE = re.compile(
    r"""[ \t]*(?:
        (?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*
        (?:=[ \t]*(?:(?P<token>[!#$%&'*+.^_`|~0-9A-Za-z-]+)|"(?P<quoted>(?:[^"\\]|\\.)*)")[ \t]*)?
    )?(?:;|\Z)""",
    re.VERBOSE,
)
_NO_VALUE = frozenset({"includesubdomains", "preload"})
_VALUE_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Hsts:
    """What the header asks of browsers. `problem` is why they ignore it; the rest is then empty."""

    max_age_s: int = 0
    include_subdomains: bool = False
    preload: bool = False
    problem: str = ""


def parse_hsts(value: str) -> Hsts:
    """Return what one header field's value asks (RFC 6797 section 6.1); `problem` when it is not valid."""
    if len(value) > _VALUE_MAX:
        return Hsts(problem="it is too long")
    directives: dict[str, str | None] = {}
    at = 0
    while at < len(value):
        match = _DIRECTIVE.match(value, at)
        if match is None or match.end() == at:
            return Hsts(problem=f"it cannot be read from {value[at : at + 30]!r} on")
        at = match.end()
        if match["name"] is None:
            continue
        name = match["name"].lower()
        if name in directives:
            return Hsts(problem=f"{name} stands in it twice")
        quoted = match["quoted"]
        directives[name] = match["token"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    if "max-age" not in directives:
        return Hsts(problem="max-age is missing")
    age = directives["max-age"]
    if age is None or re.fullmatch(r"[0-9]+", age) is None:
        return Hsts(problem=f"max-age is {age!r}, not a number of seconds")
    for name, given in directives.items():
        if name in _NO_VALUE and given is not None:
            return Hsts(problem=f"{name} takes no value")
    return Hsts(
        # More digits than any date needs must not become a number of thousands of digits.
        max_age_s=int(age) if len(age) <= 15 else 10**15,
        include_subdomains="includesubdomains" in directives,
        preload="preload" in directives,
    )


def first_header(walk: Walk | None, host: str, scheme: str = "https") -> str | None:
    """Return the first Strict-Transport-Security that a host sent on a walk; None when it sent none.

    Of several in one answer only the first counts (RFC 6797 section 8.1).
    """
    for hop in own_answers(walk, host, scheme):
        values = hop.headers.all("strict-transport-security")
        if values:
            return values[0].strip()
    return None


def own_answers(walk: Walk | None, host: str, scheme: str = "https") -> tuple[Exchange, ...]:
    """Return the usable answers of a host itself on a walk, by its scheme."""
    prefix = re.compile(rf"{scheme}://{re.escape(host)}(?:[:/?#]|\Z)", re.IGNORECASE)
    hops = walk.hops if walk is not None else ()
    return tuple(h for h in hops if prefix.match(h.url) and h.status and not h.fault)
