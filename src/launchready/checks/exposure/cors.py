"""Which other sites may read a route from a member's browser (Fetch standard, CORS protocol)."""

from __future__ import annotations

from shlex import quote
from urllib.parse import urlsplit

from launchready.facts.exposure import Cors, CorsAnswer
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    check,
)

_ALLOW = "Access-Control-Allow-Origin"
_CREDENTIALS = "Access-Control-Allow-Credentials"
# A page of others has no token of a member, and no browser sends it for that page.
_BY_TOKEN = "Any web page may read what this answers without a member's token"  # noqa: S105 - words


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private")
def cors_reflects_origin_with_credentials(cors: Cors) -> Result:
    """Any other site may read the route with the member's own session.

    Why: A member who opens a stranger's page while signed in gives that page everything that the route answers to them.

    Fix: Compare the Origin with a list of whole origins, and send credentials only to those.
    """
    found = [a for a in _reflecting(cors) if a.allow_credentials]
    if not found:
        return Passed(evidence=_seen(cors))
    return _failed(
        cors,
        found[0],
        means="Any web page that a signed-in member opens can read and use their account."
        if not cors.by_token
        else f"{_BY_TOKEN}; the first cookie that counts here opens members' accounts to every web page.",
        wanted="only your own origins",
        severity=Severity.RISK if cors.by_token else None,
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def cors_reflects_origin(cors: Cors) -> Result:
    """The route allows every site that asks, by repeating its name.

    Why: Who repeats whatever origin asks has no list: the day that credentials are allowed, every site reads members' data.

    Fix: Compare the Origin with a list of whole origins; for data that is public, say `*`.
    """
    found = _reflecting(cors)
    if any(a.allow_credentials for a in found):
        return NotApplicable(
            reason="it allows credentials too; see cors-reflects-origin-with-credentials"
        )
    if not found:
        return Passed(evidence=_seen(cors))
    if "*" in cors.route.cors:
        return Passed(evidence="declared as open to every origin, and it allows no credentials")
    read = next((a for a in found if not a.preflight), found[0])
    # Without a session the same answer is there for everybody who asks without a browser.
    public = cors.route.kind == "api" and read.status == 200
    return _failed(
        cors,
        read,
        means="Any web page may read what this part of your app answers."
        if not public
        else "Any web page may read this, as everybody can without one; it becomes grave once members' sessions count here.",
        wanted="only your own origins, or * for public data",
        severity=Severity.ADVICE if public else None,
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def cors_allows_null(cors: Cors) -> Result:
    """The route allows the origin `null`, which any page can give itself.

    Why: A sandboxed frame or a local file has the origin null; any site can put its code into one.

    Fix: Take `null` off the list of origins.
    """
    if any(a.origin != "null" for a in _reflecting(cors)):
        return NotApplicable(reason=f"it allows every origin; see {_reflection(cors)}")
    found = [a for a in cors.answers if (a.allow_origin or "").strip() == "null"]
    if not found:
        return Passed(evidence=_seen(cors))
    answer = min(found, key=lambda a: (not a.allow_credentials, a.origin != "null"))
    return _failed(
        cors,
        answer,
        means="Any web page can read this with a trick, from a member's browser."
        if not answer.allow_credentials
        else "Any web page that a signed-in member opens can read and use their account, by a simple trick."
        if not cors.by_token
        else f"{_BY_TOKEN}; the first cookie that counts here opens members' accounts, by a simple trick.",
        wanted="null is refused",
        severity=Severity.BLOCKER if answer.allow_credentials and not cors.by_token else None,
    )


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def cors_wildcard_with_credentials(cors: Cors) -> Result:
    """The route allows every origin and credentials at once, which browsers refuse.

    Why: It does not do what was meant; the usual repair is to repeat the origin, which opens it to every site.

    Fix: Name your own origins, or leave the credentials out.
    """
    found = [a for a in cors.answers if _open(a) and a.allow_credentials]
    if not found:
        return Passed(evidence=_seen(cors))
    return _failed(
        cors,
        found[0],
        means="Your app's own calls with a session fail here, and mending it carelessly opens it to every site.",
        wanted="named origins, or no credentials",
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def cors_wider_than_declared(cors: Cors) -> Result:
    """More origins may read the route than launchready.toml declares.

    Why: What was opened for a test stays open, and nobody remembers for whom.

    Fix: Allow exactly the declared origins, or declare the others.
    """
    declared = cors.route.cors
    if not declared:
        return NotApplicable(reason="the manifest declares no origins for this route")
    if _reflecting(cors):
        return NotApplicable(reason=f"it allows every origin; see {_reflection(cors)}")
    if "*" in declared:
        return Passed(evidence="declared as open to every origin")
    wide = [a for a in cors.answers if _open(a) and not a.allow_credentials]
    # Over plain HTTP whoever sits on the same network can be that subdomain.
    lax = [
        a for a in cors.answers if _granted(a) and a.origin != "null" and a.origin not in declared
    ]
    found = wide or lax
    if not found:
        return Passed(evidence=f"{_seen(cors)}; {len(declared)} declared")
    return _failed(
        cors,
        found[0],
        means="Web pages of others may read what was meant for your own.",
        wanted=", ".join(declared[:3]),
    )


def _granted(answer: CorsAnswer) -> bool:
    """Return whether the very origin that asked is allowed."""
    return (answer.allow_origin or "").strip() == answer.origin


def _open(answer: CorsAnswer) -> bool:
    return (answer.allow_origin or "").strip() == "*"


def _reflection(cors: Cors) -> str:
    """Return the id of the check that tells of origins which are allowed because they ask."""
    credentials = any(a.allow_credentials for a in _reflecting(cors))
    return "cors-reflects-origin-with-credentials" if credentials else "cors-reflects-origin"


def _reflecting(cors: Cors) -> list[CorsAnswer]:
    """Return the answers that allow a foreign origin by its name; the most foreign ones first.

    A subdomain of the route's own host is none of them: it is not foreign to everybody. `null`
    counts only beside others, for a list that names it is another fault.
    """
    own = f".{cors.route.host}"
    foreign = [
        a
        for a in cors.answers
        if _granted(a)
        and a.origin not in cors.route.cors
        and a.origin != "null"
        and not (urlsplit(a.origin).hostname or "").endswith(own)
    ]
    return sorted(foreign, key=lambda a: (not a.allow_credentials, a.preflight))


def _seen(cors: Cors) -> str:
    allowed = sorted({a.allow_origin for a in cors.answers if a.allow_origin})
    origins = len({a.origin for a in cors.answers})
    return f"{origins} foreign origins asked, allowed: {', '.join(allowed)[:80] or 'none'}"


def _failed(
    cors: Cors,
    answer: CorsAnswer,
    *,
    means: str,
    wanted: str,
    severity: Severity | None = None,
) -> Failed:
    host = cors.route.host
    origins = cors.route.cors or (f"https://{host}",)
    credentials = f", {_CREDENTIALS}: true" if answer.allow_credentials else ""
    method = "-X OPTIONS -H 'Access-Control-Request-Method: GET' " if answer.preflight else ""
    return Failed(
        severity=severity,
        means=means,
        observed=f"{_ALLOW}: {(answer.allow_origin or '')[:80]}{credentials}",
        wanted=wanted,
        evidence=f"asked with Origin: {answer.origin}"
        + (" in a preflight" if answer.preflight else ""),
        fix=(
            f"On {host} send {_ALLOW} only when the Origin is, letter by letter, one of your own, such as: {_ALLOW}: {origins[0]}",
            "Send Vary: Origin with it, so that no cache gives one site's permission to another.",
            f"Pages of the same host need none of these headers. For public data: {_ALLOW}: * without {_CREDENTIALS}.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="with the next deploy",
        see=f"curl -sS -o /dev/null -D - {method}-H {quote(f'Origin: {answer.origin}')} {quote(cors.route.url)} | grep -i '^access-control'",
    )
