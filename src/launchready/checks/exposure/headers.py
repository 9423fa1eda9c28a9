"""Headers that keep a page from being misused: one finding a host, with the line to add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from launchready.derive.commands import headers_of
from launchready.derive.csp import (
    enforced,
    forbids_sniffing,
    frames_refused,
    governs_scripts,
    referrer_policy,
    reported,
    script_weakness,
)
from launchready.derive.csp_line import suggest
from launchready.derive.header_place import where_to_add
from launchready.facts.declared import Declared
from launchready.facts.hops import host, is_plain
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
    Unproven,
    check,
)

_CSP = "Content-Security-Policy"
_SENSITIVE = frozenset({"auth", "signup", "invite", "reset", "checkout", "private"})


def _pages(entrance: Entrance, visits: Iterable[Visit]) -> list[Exchange] | Result:
    """Return the pages of this host that visitors reach over HTTPS, each once."""
    name = entrance.subject.name
    last = [v.answer for v in visits if v.answer is not None and host(v.answer.url) == name]
    pages = {
        a.url: a
        for a in last
        if a.status == 200 and "html" in a.content_type and not a.fault and not is_plain(a.url)
    }
    if pages:
        return list(pages.values())
    challenged = next((a.challenge for a in last if a.challenge), "")
    if challenged:
        return Unproven(
            reason=f"bot protection ({challenged}) answered instead of the site",
            how_to_prove="Let the bot protection pass this computer's address, and audit again.",
        )
    return NotApplicable(reason="no page on HTTPS is reached at this host")


def _sensitive(entrance: Entrance, visits: Iterable[Visit]) -> bool:
    name = entrance.subject.name
    return any(v.route.kind in _SENSITIVE and v.route.host == name for v in visits)


def _few(bad: Sequence[Exchange], pages: Sequence[Exchange]) -> str:
    if len(bad) == len(pages):
        return "none" if len(pages) == 1 else f"none on {len(pages)} pages"
    return f"none on {len(bad)} of {len(pages)} pages"


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def csp_missing(entrance: Entrance, visits: Below[Visit], launch: Parent[Declared]) -> Result:
    """Nothing tells browsers which scripts belong to the page (no Content-Security-Policy).

    Why: One hole through which a stranger gets a script into a page is enough to act as every member who opens it.

    Fix: Send a Content-Security-Policy that names what the page loads, first as report only.
    """
    pages = _pages(entrance, visits)
    if not isinstance(pages, list):
        return pages
    bad = [p for p in pages if not governs_scripts(enforced(p))]
    if not bad:
        return Passed(evidence=f"a policy for scripts on {len(pages)} pages")
    trial = all(governs_scripts(reported(p)) for p in bad)
    partial = all(enforced(p) for p in bad)
    observed = "report only" if trial else _few(bad, pages)
    if partial and not trial:
        observed = "a policy that says nothing about scripts"
    grave = _sensitive(entrance, visits) and not trial
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
    pages = _pages(entrance, visits)
    if not isinstance(pages, list):
        return pages
    governed = [p for p in pages if governs_scripts(enforced(p))]
    if not governed:
        return NotApplicable(reason="no policy says anything about scripts; see there")
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


def _one_line(
    entrance: Entrance,
    visits: Sequence[Visit],
    good: Callable[[Exchange], bool],
    *,
    name: str,
    value: str,
    means: str,
    grave: bool = False,
    more: tuple[str, ...] = (),
) -> Result:
    pages = _pages(entrance, visits)
    if not isinstance(pages, list):
        return pages
    bad = [p for p in pages if not good(p)]
    if not bad:
        return Passed(evidence=f"on {len(pages)} page{'s' if len(pages) > 1 else ''}")
    return Failed(
        severity=Severity.RISK if grave else None,
        means=means,
        observed=_few(bad, pages),
        wanted=f"{name}: {value}",
        evidence=", ".join(p.url for p in bad[:5]),
        fix=(
            f"Add this header to every page: {name}: {value}",
            where_to_add(bad[0].headers, name, value),
            *more,
        ),
        who="your developer",
        effort_min=5,
        takes_effect="at once",
        see=headers_of(bad[0].url),
    )


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def frame_protection_missing(entrance: Entrance, visits: Below[Visit]) -> Result:
    """Other sites may show the page inside their own.

    Why: A stranger's page lays yours invisibly under its own buttons, and a signed-in member clicks what they never saw.

    Fix: Send `Content-Security-Policy: frame-ancestors 'self'`, or X-Frame-Options.
    """
    return _one_line(
        entrance, visits, lambda p: bool(frames_refused(p)),
        name="X-Frame-Options", value="SAMEORIGIN",
        means="Another site can trick signed-in members into clicking buttons of yours.",
        grave=_sensitive(entrance, visits),
        more=(
            f"Or, where a {_CSP} is sent, add to it: frame-ancestors 'self'. If partners embed the page, name them there.",
        ),
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def nosniff_missing(entrance: Entrance, visits: Below[Visit]) -> Result:
    """Browsers may take a file for something that it was not labelled as.

    Why: A picture that a member uploads can be run as a script when a browser guesses its kind.

    Fix: Send `X-Content-Type-Options: nosniff` with every answer.
    """
    return _one_line(
        entrance, visits, forbids_sniffing, name="X-Content-Type-Options", value="nosniff",
        means="A file that somebody uploads could run as a script in members' browsers.",
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def referrer_policy_missing(entrance: Entrance, visits: Below[Visit]) -> Result:
    """Nothing says how much of the address other sites learn when a member leaves by a link.

    Why: Old browsers send the whole address along; with an invitation or reset link that is a key.

    Fix: Send `Referrer-Policy: strict-origin-when-cross-origin`.
    """
    return _one_line(
        entrance, visits, lambda p: bool(referrer_policy(p)),
        name="Referrer-Policy", value="strict-origin-when-cross-origin",
        means="Other sites may learn which page, and which link, a member came from.",
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def referrer_policy_unsafe(entrance: Entrance, visits: Below[Visit]) -> Result:
    """The page gives its whole address to every site that it links to or loads from.

    Why: Reset links, invitation codes and the names of private rooms stand in addresses; every third party gets them.

    Fix: Send `Referrer-Policy: strict-origin-when-cross-origin` in place of it.
    """
    pages = _pages(entrance, visits)
    if not isinstance(pages, list):
        return pages
    said = {referrer_policy(p) for p in pages} - {""}
    if not said:
        return NotApplicable(reason="no referrer policy is set; see there")
    if not said & {"unsafe-url", "no-referrer-when-downgrade"}:
        return Passed(evidence=", ".join(sorted(said)))
    return _one_line(
        entrance, visits,
        lambda p: referrer_policy(p) not in {"unsafe-url", "no-referrer-when-downgrade"},
        name="Referrer-Policy", value="strict-origin-when-cross-origin",
        means="Other sites learn the whole address that a member came from, codes and names in it included.",
        grave=_sensitive(entrance, visits),
    )  # fmt: skip
