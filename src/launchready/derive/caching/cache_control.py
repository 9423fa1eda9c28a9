"""Cache-Control read as RFC 9111 section 5.2 and the list syntax of RFC 9110 section 5.6 have it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

DELTA_MAX_S = 2**31
"""What a larger delta-seconds counts as (RFC 9111 section 1.2.2)."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a grammar rule of RFC 9110, not a password
_QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e\x80-\xff])*"'
_MEMBER = re.compile(rf"[ \t]*({_TOKEN})(?:=(?:({_TOKEN})|({_QUOTED})))?[ \t]*(?=,|\Z)")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# A quote without its end is passed over with all behind it, or each of them would be looked at anew.
_PARAMETERS = re.compile(rf"({_QUOTED}|\".*)|;(?:{_QUOTED}|[^,\"])*")
_TWO_LIFETIMES = re.compile(r"\b(max-age=\d{1,20})\+(\d{1,20})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheControl:
    """The directives in order: lower-case name and argument (None when it has none)."""

    directives: tuple[tuple[str, str | None], ...] = ()

    def __contains__(self, name: str) -> bool:
        return any(n == name for n, _ in self.directives)

    def unqualified(self, name: str) -> bool:
        """Return whether the directive stands without field names (`private`, not `private="x"`)."""
        return any(n == name and not argument for n, argument in self.directives)

    def withholds(self, field: str) -> bool:
        """Return whether shared caches may store the answer, but not hand on this field of it.

        `private="set-cookie"` and `no-cache="set-cookie"` (RFC 9111 sections 5.2.2.4 and 5.2.2.7).
        """
        named = [a for n, a in self.directives if n in {"private", "no-cache"} and a]
        return any(field in {f.strip().lower() for f in a.split(",")} for a in named)

    def seconds(self, name: str) -> int | None:
        """Return the delta-seconds of a directive, None when it is absent.

        Of several the first counts, and what is not a number of seconds counts as 0, which is
        stale (RFC 9111 section 4.2.1).
        """
        for found, argument in self.directives:
            if found == name:
                return delta_seconds(argument or "") or 0
        return None

    def __str__(self) -> str:
        return ", ".join(n if a is None else f"{n}={a}" for n, a in self.directives)


def parse_cache_control(values: Iterable[str]) -> CacheControl:
    """Return the directives of all field lines. What is malformed is left out, up to the next comma."""
    text = ",".join(values)
    found: list[tuple[str, str | None]] = []
    at = 0
    while at < len(text):
        match = _MEMBER.match(text, at)
        if match is None:
            comma = text.find(",", at)
            at = len(text) if comma < 0 else comma + 1
            continue
        name, token, quoted = match.groups()
        argument = _QUOTED_PAIR.sub(r"\1", quoted[1:-1]) if quoted is not None else token
        found.append((name.lower(), argument))
        at = match.end() + 1
    return CacheControl(directives=tuple(found))


def parse_targeted(values: Iterable[str]) -> CacheControl:
    """Return the directives of a field that speaks to CDNs alone.

    Its members may have parameters, which say nothing here (RFC 9213 section 2.1, RFC 9651 section
    3.2). In Surrogate-Control `max-age=600+60` is a lifetime and how long the copy may be used
    when it is over (Edge Architecture Specification, section 2.3).
    """
    bare = (_PARAMETERS.sub(lambda found: found[1] or "", value) for value in values)
    return parse_cache_control(
        _TWO_LIFETIMES.sub(r"\1, stale-while-revalidate=\2", value) for value in bare
    )


def delta_seconds(text: str) -> int | None:
    """Return a delta-seconds, at most 2^31 (RFC 9111 section 1.2.2); None when it is none."""
    if not re.fullmatch(r"[0-9]+", text):
        return None
    # Not by int(): a hostile number of a million digits would take its time.
    digits = text.lstrip("0")
    return DELTA_MAX_S if len(digits) > 10 else min(int(digits or "0"), DELTA_MAX_S)
