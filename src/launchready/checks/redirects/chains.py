"""Chains of redirects, at the entrances of a host and on its routes: their length, and HTTP in between."""

from __future__ import annotations

from launchready.checks.redirects.told import see
from launchready.derive.walks import downgrade, own_hops, shown, way_of
from launchready.facts.declared import Declared
from launchready.facts.hops import host, is_plain
from launchready.facts.ways import Entrance, Visit, Walk
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

HOPS_WANTED = 2


@check(severity=Severity.RISK, impact=Impact.SPEED, bar="redirects")
def too_many_hops(entrance: Entrance, visits: Below[Visit], launch: Parent[Declared]) -> Result:
    """A visitor is redirected more than twice before the page comes.

    Why: Each redirect costs a round trip, on a phone a fifth of a second and more; and every further rule is one that can break.

    Fix: Let the first redirect name the final address, scheme and host at once.
    """
    hosts = launch.manifest.all_hosts
    # A step down to HTTP brings the one back up with it, and both go with its fix.
    walks = [w for w in _walks(entrance, visits) if w.end == "answer" and downgrade(w) is None]
    counted = [(own_hops(w, hosts, invented=entrance.deep_path), w) for w in walks]
    long = [(hops, w) for hops, w in counted if hops > HOPS_WANTED]
    if not long:
        most = max((hops for hops, _ in counted), default=0)
        if not walks:
            return NotApplicable(reason=f"no way in reaches an answer{see(entrance)}")
        redirects = "redirect" if most == 1 else "redirects"
        ways = "way" if len(walks) == 1 else "ways"
        return Passed(evidence=f"at most {most} {redirects} on {len(walks)} {ways} in")
    hops, worst = max(long, key=lambda each: each[0])
    final = worst.urls[-1]
    # The same fix for every way that ends there: one thing to do, however many ways show it.
    return Failed(
        means="Visitors wait for one redirect after another before anything appears.",
        observed=f"{hops} redirects: {shown(worst)}",
        wanted=f"{HOPS_WANTED} at most",
        fix=(
            f"Let every redirect that leads to {host(final)} name scheme, host and path at once.",
            "Delete the rules in between, or put them in one place: the CDN or the web server, not both.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once",
        see=way_of(worst),
        # What a redirect to the wrong host leads through is not this host's to shorten.
        because=entrance.key if entrance.strays == "astray" else None,
    )


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="https")
def redirect_downgrades_to_http(entrance: Entrance, visits: Below[Visit]) -> Result:
    """A redirect leads from HTTPS to plain HTTP.

    Why: On that hop everything travels unencrypted, cookies without Secure and the address with its codes included; where HTTP is closed the visitor sees an error.

    Fix: Let the redirect name https://; an app behind a proxy must trust X-Forwarded-Proto to know that the visitor uses it.
    """
    walks = [w for w in _walks(entrance, visits) if w.end not in {"loop", "too many hops"}]
    found = [(w, hop) for w in walks if (hop := downgrade(w)) is not None]
    if not found:
        if not walks:
            return NotApplicable(reason=f"no way in reaches an answer{see(entrance)}")
        return Passed(evidence=f"{len(walks)} ways in stay on HTTPS once they reached it")
    walk, (here, there) = next((f for f in found if is_plain(f[0].urls[-1])), found[0])
    stays = is_plain(walk.urls[-1])
    return Failed(
        severity=Severity.BLOCKER if stays else None,
        means="Members are sent from the encrypted site to an unencrypted one; others can read along."
        if stays
        else "For one step members' requests travel unencrypted.",
        observed=f"{here[:120]} leads to {there[:120]}",
        wanted="https:// in every redirect",
        fix=(
            f"On {host(here)} let every redirect name https:// (or only the path, without scheme and host).",
            "If an app behind a proxy makes it: let the proxy send X-Forwarded-Proto: https and the app trust it.",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="at once",
        see=way_of(walk),
    )


def _walks(entrance: Entrance, visits: tuple[Visit, ...]) -> list[Walk]:
    return [*entrance.walks, *(v.walk for v in visits)]
