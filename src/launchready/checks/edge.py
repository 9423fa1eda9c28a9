"""The edge: whether the declared CDN stands in front, and what it gives away."""

from __future__ import annotations

from launchready.derive.commands import headers_of
from launchready.derive.edge import EDGE_TITLES, in_ranges, sign_of
from launchready.facts.declared import Declared
from launchready.facts.dns import Resolution
from launchready.facts.hops import host
from launchready.facts.http import Entrance, Exchange
from launchready.finding import (
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


@check(severity=Severity.RISK, impact=Impact.SPEED)
def edge_not_in_front(
    entrance: Entrance, resolution: Parent[Resolution], launch: Parent[Declared]
) -> Result:
    """The declared CDN does not stand in front of the host.

    Why: Without it every visitor of launch day reaches your server directly: no cache, no protection against floods, and the server's address is public.

    Fix: Turn the CDN on for the host (at Cloudflare: the orange cloud in DNS, elsewhere the CNAME that the CDN gives you), or correct `edge` in launchready.toml.
    """
    name = entrance.subject.name
    edge = launch.manifest.edge_of(name)
    if edge is None:
        return NotApplicable(reason="no edge is declared for this host")
    title = EDGE_TITLES[edge]
    own = _own_answers(entrance, name)
    for answer in own:
        if sign := sign_of(edge, answer.headers):
            return Passed(evidence=f"{title} answers ({sign})")
    inside = [a for a in resolution.addresses if in_ranges(edge, a)]
    if inside:
        return Passed(evidence=f"{inside[0]} belongs to {title}")
    if not own:
        return Unproven(reason=f"the host gave no answer that could show {title}")
    addresses = ", ".join(resolution.addresses[:3]) or own[0].address
    return Failed(
        means=f"Visitors reach your server directly: {title} neither protects nor speeds up {name}.",
        observed=f"no sign of {title} in the answer from {addresses}",
        wanted=f"{title} in front",
        fix=(
            f"Log in to {title} and add {name} there, if it is not there yet."
            if edge != "cloudflare"
            else f"In Cloudflare open DNS and find the record of {name}.",
            f"Point the DNS record of {name} to the name that {title} shows for it."
            if edge != "cloudflare"
            else "Switch its proxy status from “DNS only” to “Proxied” (the orange cloud).",
            f'If it is meant to be reached directly: edge = "none" under [hosts."{name}"].',
        ),
        who="you",
        effort_min=10,
        takes_effect="when the old record's TTL has passed",
        see=headers_of(own[0].url),
    )


def _own_answers(entrance: Entrance, name: str) -> list[Exchange]:
    """Return the answers that the host itself gave, HTTPS first; a CDN is not seen in another's."""
    return [hop for walk in entrance.walks for hop in walk.hops if host(hop.url) == name]
