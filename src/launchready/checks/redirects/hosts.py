"""Hosts beside each other: those that should only redirect, and a domain with and without www."""

from __future__ import annotations

from launchready.checks.redirects.told import see
from launchready.derive.commands import headers_of
from launchready.derive.sign_in.hosts import leads_to_sign_in
from launchready.derive.walks import shown, way_of
from launchready.facts.declared import Declared
from launchready.facts.hops import host
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Walk
from launchready.finding import (
    Every,
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


@check(
    severity=Severity.RISK,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Entrance, "stays")],
)
def host_does_not_redirect(entrance: Entrance, launch: Parent[Declared]) -> Result:
    """A host that should only redirect answers by itself.

    Why: Members who come by this name sign in on a copy whose cookies the real host never sees, or find an error; search engines find everything twice.

    Fix: Redirect the host as a whole, path and query kept.
    """
    target = entrance.redirects_to
    if not target:
        return NotApplicable(reason="this host is a site of its own")
    walk = entrance.https_root or entrance.http_root
    if walk is None:
        return Unproven(reason=entrance.trouble or "the host gave no answer")
    if walk.end != "answer" or walk.last is None:
        return NotApplicable(reason=f"its redirect ends otherwise ({walk.end}){see(entrance)}")
    if entrance.strays != "stays":
        return Passed(evidence=shown(walk))
    name, status = entrance.subject.name, walk.last.status
    copy = 200 <= status < 300
    return Failed(
        severity=_severity(launch, name, target),
        means=f"Who comes by {name} uses a copy of the site and is not signed in on {target}."
        if copy
        else f"Who comes by {name} sees an error instead of {target}.",
        observed=f"{walk.start} answers {status} itself",
        wanted=f"a permanent redirect to https://{target}",
        fix=(
            f"Redirect all of {name} to {target}, path and query kept.",
            f"nginx, in the server blocks of {name} for port 80 and for port 443: return 308 https://{target}$request_uri;",
            f"Or at your host or CDN: make {target} the primary domain and {name} a redirect to it.",
        ),
        who="your host",
        effort_min=15,
        takes_effect="at once",
        see=headers_of(walk.start),
        because=entrance.because,
    )


@check(
    severity=Severity.RISK,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Entrance, "astray")],
)
def redirects_elsewhere_than_declared(entrance: Entrance, launch: Parent[Declared]) -> Result:
    """A redirect leads to another host than the manifest says.

    Why: Members end at an old site, a parked page or somebody else's; or, where only plain HTTP leads away, those who type the name without https:// do.

    Fix: Correct the redirect, or `redirects_to` in launchready.toml.
    """
    target = entrance.redirects_to
    if not target and entrance.led_away is not None:
        return _led_away(launch, entrance.subject.name, entrance.led_away)
    if not target:
        return NotApplicable(reason="this host is a site of its own")
    walk = entrance.https_root or entrance.http_root
    if walk is None:
        return Unproven(reason=entrance.trouble or "the host gave no answer")
    if walk.end != "answer" or entrance.strays == "stays":
        return NotApplicable(reason=f"it does not redirect to an answer{see(entrance)}")
    if not entrance.strays:
        return Passed(evidence=shown(walk))
    name, final = entrance.subject.name, host(walk.urls[-1])
    return Failed(
        severity=_severity(launch, name, target),
        means=f"Who comes by {name} ends at {final} and not at {target}.",
        observed=shown(walk),
        wanted=f"a redirect to https://{target}",
        fix=(
            f"Point the redirect of {name} to https://{target}, path and query kept.",
            f'Or, if {final} is right: redirects_to = "{final}" under [hosts."{name}"] in launchready.toml.',
        ),
        who="your host",
        effort_min=10,
        takes_effect="at once",
        see=way_of(walk),
    )


def _led_away(launch: Declared, name: str, walk: Walk) -> Failed:
    return Failed(
        severity=_severity(launch, name),
        means=f"Who types {name} without https:// ends at {host(walk.urls[-1])}, another site.",
        observed=shown(walk),
        wanted=f"a redirect to https://{name}",
        fix=(
            f"Let port 80 of {name} redirect to the same name on HTTPS, path and query kept.",
            "nginx: return 308 https://$host$request_uri; with $server_name in its place every name of the server is sent to its first.",
        ),
        who="your host",
        effort_min=10,
        takes_effect="at once; browsers that stored a 301 keep it for a while",
        see=way_of(walk),
    )


def _severity(launch: Declared, *names: str) -> Severity:
    """Return a blocker where members sign in, join or pay at one of these names."""
    return Severity.BLOCKER if leads_to_sign_in(launch.manifest, *names) else Severity.RISK


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="redirects")
def www_and_apex_disagree(entrances: Every[Entrance], launch: Parent[Declared]) -> Result:
    """A domain answers differently with and without www.

    Why: A member who signed in on one name is a stranger on the other, links break by which one they name, and search engines split the site in two.

    Fix: Choose one name and redirect the other to it.
    """
    by_name = {e.subject.name: e for e in entrances}
    pairs = [
        (name, f"www.{name}") for name in launch.manifest.all_hosts if f"www.{name}" in by_name
    ]
    judged = [
        _compared(by_name[bare], by_name[www])
        for bare, www in pairs
        if bare in by_name and not _led_within(by_name[bare], by_name[www], launch)
    ]
    # What cannot be told of one pair must not hide what is wrong with another.
    for graver in (Failed, Unproven):
        for verdict in judged:
            if isinstance(verdict, graver):
                return verdict
    agree = [verdict for verdict in judged if isinstance(verdict, str)]
    if agree:
        return Passed(evidence="; ".join(agree))
    if judged:
        return next(v for v in judged if isinstance(v, NotApplicable))
    if pairs:
        return NotApplicable(reason="which name redirects is declared, and judged there")
    return NotApplicable(reason="the launch has no host with and without www")


def _led_within(bare: Entrance, www: Entrance, launch: Declared) -> bool:
    """Return whether a declared redirect is judged by its own checks: it leads to a host of the launch.

    One that leads to somebody else's is often only what was found, not what is meant.
    """
    led = {one.redirects_to for one in (bare, www) if one.redirects_to}
    strays = bool(bare.strays or www.strays)
    return strays or (bool(led) and led <= launch.manifest.all_hosts.keys())


def _compared(bare: Entrance, www: Entrance) -> str | Failed | Unproven | NotApplicable:
    names = bare.subject.name, www.subject.name
    ends: list[Exchange] = []
    for one in (bare, www):
        walk = one.https_root
        if walk is None:
            return Unproven(reason=f"{one.subject.name}: {one.trouble or 'no answer'}")
        if walk.end != "answer" or walk.last is None:
            return NotApplicable(reason=f"{one.subject.name}: {walk.end}{see(one)}")
        if walk.last.challenge:
            return Unproven(reason=f"{walk.last.challenge} answered instead of the site")
        ends.append(walk.last)
    at, at_www = (host(e.url) for e in ends)
    statuses = tuple(e.status for e in ends)
    if at == at_www and statuses[0] // 100 == statuses[1] // 100:
        return f"both end at {at}"
    if all(400 <= s < 500 for s in statuses):
        return Unproven(reason=f"neither name shows a page ({statuses[0]} and {statuses[1]})")
    broken = next((n for n, s in zip(names, statuses, strict=True) if s >= 400), "")
    return Failed(
        means=f"Who types {broken} sees an error instead of your community."
        if broken
        else f"Members find two sites, at {names[0]} and at {names[1]}; "
        "signed in on one they are strangers on the other.",
        observed=f"{names[0]}: {statuses[0]} at {at}; {names[1]}: {statuses[1]} at {at_www}",
        wanted="one name that answers, the other redirecting to it",
        fix=(
            f"Choose one of {names[0]} and {names[1]}, and redirect all of the other to it, path and query kept.",
            f'Declare it in launchready.toml: redirects_to = "{names[0]}" under [hosts."{names[1]}"].',
        ),
        who="your host",
        effort_min=15,
        takes_effect="at once",
        see=f"{headers_of(f'https://{names[0]}/')}; {headers_of(f'https://{names[1]}/')}",
        because=bare.because or www.because,
    )
