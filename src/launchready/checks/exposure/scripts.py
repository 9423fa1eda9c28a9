"""The Content-Security-Policy: one finding a host, with the policy that fits its pages."""

from __future__ import annotations

from collections.abc import Sequence

from launchready.checks.exposure.host_pages import how_many, is_sensitive, pages_of
from launchready.derive.commands import headers_of
from launchready.derive.pages.csp import enforced, governs_scripts, reported, script_weakness
from launchready.derive.pages.csp_line import suggest
from launchready.derive.pages.header_place import where_to_add
from launchready.facts.declared import Declared
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.finding import (
    Below,
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    check,
)

_CSP = "Content-Security-Policy"


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def csp_missing(entrance: Entrance, visits: Below[Visit], launch: Parent[Declared]) -> Result:
    """Nothing tells browsers which scripts belong to the page (no Content-Security-Policy).

    Why: One hole through which a stranger gets a script into a page is enough to act as every member who opens it.

    Fix: Send a Content-Security-Policy that names what the page loads, first as report only.
    """
    pages = pages_of(entrance, visits)
    if not isinstance(pages, list):
        return pages
    bad = [p for p in pages if not governs_scripts(enforced(p))]
    if not bad:
        return Passed(evidence=f"a policy for scripts on {len(pages)} pages")
    trial = all(governs_scripts(reported(p)) for p in bad)
    partial = all(enforced(p) for p in bad)
    observed = "report only" if trial else how_many(bad, pages)
    if partial and not trial:
        observed = "a policy that says nothing about scripts"
    grave = is_sensitive(entrance, visits) and not trial
    calls = [
        r.host
        for r in launch.manifest.routes.values()
        if r.kind in {"api", "chat"} and r.host != entrance.subject.name
    ]
    return Failed(
        severity=None if grave else Severity.ADVICE,
        means="A script that a stranger slips into a page runs as if it were yours, with the member's rights.",
        observed=observed,
        wanted=f"{_CSP} with script-src",
        evidence=", ".join(p.url for p in bad[:5]),
        fix=("Rename Content-Security-Policy-Report-Only to Content-Security-Policy once its reports are clean.",)
        if trial
        else _policy_steps(bad, sorted(set(calls))),
        who="your developer",
        effort_min=60,
        takes_effect="with the next deploy",
        see=headers_of(bad[0].url),
    )  # fmt: skip


def _policy_steps(pages: Sequence[Exchange], calls: Sequence[str]) -> tuple[str, ...]:
    made = suggest(pages, connects=calls)
    name = f"{_CSP}-Report-Only" if made.trial else _CSP
    steps = [
        f"Add this header, made from what the pages load: {name}: {made.value}",
        where_to_add(pages[0].headers, name, made.value),
    ]
    if made.by_nonce:
        steps.append(
            f"Give each inline script ({made.inline_scripts} seen) a nonce that is new with every answer, and put the same in place of {{random}}."
        )
    elif made.inline_scripts:
        steps.append(
            f"The sha256 sources are the inline scripts as they are now ({made.inline_scripts} seen); where one changes with every answer, give it a nonce instead."
        )
    if made.handlers:
        steps.append(
            f"Move inline handlers such as onclick=… ({made.handlers} seen) into a script with addEventListener: the policy stops them."
        )
    if made.evaluated:
        steps.append(
            "Attributes of htmx (hx-on, js:) and of Alpine (x-…) are evaluated as script, which the policy stops: take the CSP build of Alpine, and listen in a script of your own where htmx evaluates."
        )
    steps.append(
        "Use the site as a member for a day and look into the browser's console for what it reports."
        + (f" Then rename it to {_CSP}." if made.trial else "")
    )
    return tuple(steps)


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def csp_unsafe(entrance: Entrance, visits: Below[Visit]) -> Result:
    """The Content-Security-Policy allows scripts from anywhere, or inline ones.

    Why: A policy with 'unsafe-inline' or * stops no script that a stranger slips in: it looks like protection and is none.

    Fix: Give inline scripts a nonce or a hash and take the wide sources out.
    """
    pages = pages_of(entrance, visits)
    if not isinstance(pages, list):
        return pages
    governed = [p for p in pages if governs_scripts(enforced(p))]
    if not governed:
        return NotApplicable(reason="no policy says anything about scripts; see csp-missing")
    found = [(p, w) for p in governed if (w := script_weakness(enforced(p)))]
    if not found:
        return Passed(evidence=f"scripts are held to the policy on {len(governed)} pages")
    page, source = found[0]
    return Failed(
        means="The protection against slipped-in scripts is switched on and lets them through all the same.",
        observed=f"script-src with {source}",
        wanted="nonces or hashes, and named hosts",
        evidence=", ".join(p.url for p, _ in found[:5]),
        fix=(
            f"Take {source} out of script-src (or default-src).",
            "Give each inline script a nonce that is new with every answer: script-src 'self' 'nonce-{random}' 'strict-dynamic'.",
            "Try it first as Content-Security-Policy-Report-Only.",
        ),
        who="your developer",
        effort_min=120,
        takes_effect="with the next deploy",
        see=headers_of(page.url),
    )
