"""Headers that keep a page from being misused: one finding a host, with the line to add."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from launchready.checks.exposure.host_pages import how_many, is_sensitive, pages_of
from launchready.derive.commands import headers_of
from launchready.derive.pages.csp import forbids_sniffing, frames_refused, referrer_policy
from launchready.derive.pages.header_place import where_to_add
from launchready.derive.pages.permissions import CLOSED, permissions, suggested
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.finding import (
    Below,
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    check,
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
    pages = pages_of(entrance, visits)
    if not isinstance(pages, list):
        return pages
    bad = [p for p in pages if not good(p)]
    if not bad:
        return Passed(evidence=f"on {len(pages)} page{'s' if len(pages) > 1 else ''}")
    return Failed(
        severity=Severity.RISK if grave else None,
        means=means,
        observed=how_many(bad, pages),
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
        grave=is_sensitive(entrance, visits),
        more=(
            "Or, where a Content-Security-Policy is sent, add to it: frame-ancestors 'self'. If partners embed the page, name them there.",
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
    pages = pages_of(entrance, visits)
    if not isinstance(pages, list):
        return pages
    said = {referrer_policy(p) for p in pages} - {""}
    if not said:
        return NotApplicable(reason="no referrer policy is set; see referrer-policy-missing")
    if not said & {"unsafe-url", "no-referrer-when-downgrade"}:
        return Passed(evidence=", ".join(sorted(said)))
    return _one_line(
        entrance, visits,
        lambda p: referrer_policy(p) not in {"unsafe-url", "no-referrer-when-downgrade"},
        name="Referrer-Policy", value="strict-origin-when-cross-origin",
        means="Other sites learn the whole address that a member came from, codes and names in it included.",
        grave=is_sensitive(entrance, visits),
    )  # fmt: skip


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def permissions_policy_missing(entrance: Entrance, visits: Below[Visit]) -> Result:
    """Nothing says which of the browser's powers belong to the page (no Permissions-Policy).

    Why: A script or frame of others that gets into a page may ask a member for camera, microphone or location in your name, and the browser shows your address beside the question.

    Fix: Send a Permissions-Policy that closes what your pages do not use.
    """
    pages = pages_of(entrance, visits)
    value = suggested(pages if isinstance(pages, list) else [])
    # A policy that speaks of advertising alone, as many pages send it, leaves these open.
    asked_for = frozenset(CLOSED)
    return _one_line(
        entrance, visits, lambda p: bool(permissions(p) & asked_for),
        name="Permissions-Policy", value=value,
        means="A script that slips into a page can ask members for their camera or location in your name.",
        more=(
            "If a script of yours uses one of these, write (self) in place of () behind it; the value is made from what the pages themselves show.",
        ),
    )  # fmt: skip
