"""Content Security Policies read, and judged by what they let scripts do (CSP Level 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from launchready.facts.http import Exchange

_POLICIES_MAX = 20
_DIRECTIVES_MAX = 60
_TOKENS_MAX = 400
_BY_NONCE = re.compile(r"'(?:nonce-|sha(?:256|384|512)-)")
# Sources that every attacker can serve a script from.
_WIDE = ("*", "https:", "http:", "data:", "https://*", "http://*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy: directive names in lower case with their sources; the first of a name counts."""

    directives: tuple[tuple[str, tuple[str, ...]], ...]

    def sources(self, *names: str) -> tuple[str, ...] | None:
        """Return the sources of the first of these directives that is there; None when none is."""
        known = dict(self.directives)
        return next((known[n] for n in names if n in known), None)


def policies(*values: str) -> tuple[Policy, ...]:
    """Return the policies of header values (section 2.2.2); a comma parts policies, too."""
    found = []
    for text in ",".join(values).split(",")[:_POLICIES_MAX]:
        directives: dict[str, tuple[str, ...]] = {}
        for part in text.split(";")[:_DIRECTIVES_MAX]:
            name, *sources = part.split()[:_TOKENS_MAX] or [""]
            if name:
                directives.setdefault(name.lower(), tuple(sources))
        if directives:
            found.append(Policy(directives=tuple(directives.items())))
    return tuple(found)


def enforced(answer: Exchange) -> tuple[Policy, ...]:
    """Return the policies that browsers enforce on a page, those of its meta elements included."""
    values = list(answer.headers.all("content-security-policy"))
    if "html" in answer.content_type:
        metas = 'meta[http-equiv="content-security-policy" i][content]'
        nodes = LexborHTMLParser(answer.text).css(metas)
        values += [node.attributes.get("content") or "" for node in nodes]
    return policies(*values)


def reported(answer: Exchange) -> tuple[Policy, ...]:
    """Return the policies that browsers only report on."""
    return policies(*answer.headers.all("content-security-policy-report-only"))


def governs_scripts(found: tuple[Policy, ...]) -> bool:
    """Return whether any of the policies says where scripts may come from."""
    return any(p.sources("script-src", "script-src-elem", "default-src") is not None for p in found)


def script_weakness(found: tuple[Policy, ...]) -> str:
    """Return the source that undoes the protection against foreign scripts; empty when none does.

    All policies must allow a script, so one that is sound is enough.
    """
    weak = []
    for policy in found:
        # Where elements have a directive of their own, the other one holds for the rest.
        given = [policy.sources("script-src-elem", "script-src", "default-src")]
        given.append(policy.sources("script-src", "default-src"))
        sources = [tuple(s.lower() for s in g) for g in given if g is not None]
        if sources:
            weak.append(next((w for s in sources if (w := _weakness(s))), ""))
    return weak[0] if weak and all(weak) else ""


def _weakness(sources: tuple[str, ...]) -> str:
    if any(_BY_NONCE.match(s) for s in sources) or "'strict-dynamic'" in sources:
        # Browsers then ignore 'unsafe-inline', and with 'strict-dynamic' all hosts and schemes.
        return "" if "'strict-dynamic'" in sources else next((s for s in _WIDE if s in sources), "")
    bad = ("'unsafe-inline'", *_WIDE, "'unsafe-eval'")
    return next((s for s in bad if s in sources), "")


def frames_refused(answer: Exchange) -> str:
    """Return the field that keeps foreign sites from framing the page; empty when none does.

    `frame-ancestors` takes the place of X-Frame-Options (CSP section 6.4.2) and counts in headers
    alone; of X-Frame-Options browsers know DENY and SAMEORIGIN (RFC 7034, HTML section 7.7).
    """
    found = policies(*answer.headers.all("content-security-policy"))
    ancestors = [p.sources("frame-ancestors") for p in found]
    given = [a for a in ancestors if a is not None]
    if given:
        narrow = [a for a in given if not {s.lower() for s in a} & {*_WIDE}]
        return f"frame-ancestors {' '.join(narrow[0])}".strip()[:80] if narrow else ""
    options = {v.strip().lower() for v in (answer.headers.get("x-frame-options") or "").split(",")}
    return f"X-Frame-Options: {min(options).upper()}" if options <= {"deny", "sameorigin"} else ""


_REFERRERS = (
    "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
    "origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url",
)  # fmt: skip


def referrer_policy(answer: Exchange) -> str:
    """Return the referrer policy that a page is under; empty when it sets none that is known.

    Of several the last known one counts (Referrer Policy section 8.1); a meta element overrides.
    """
    said = [t.strip().lower() for v in answer.headers.all("referrer-policy") for t in v.split(",")]
    if "html" in answer.content_type:
        nodes = LexborHTMLParser(answer.text).css('meta[name="referrer" i][content]')
        said += [(node.attributes.get("content") or "").strip().lower() for node in nodes]
    known = [s for s in said if s in _REFERRERS]
    return known[-1] if known else ""


def forbids_sniffing(answer: Exchange) -> bool:
    """Return whether browsers must believe the Content-Type (Fetch standard, nosniff)."""
    value = answer.headers.get("x-content-type-options") or ""
    return value.split(",")[0].strip().lower() == "nosniff"
