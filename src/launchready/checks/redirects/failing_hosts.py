"""Hosts that answer nothing but errors, nothing at all, or nobody without a password."""

from __future__ import annotations

from launchready.derive.commands import headers_of
from launchready.derive.sign_in.hosts import leads_to_sign_in
from launchready.facts.declared import Declared
from launchready.facts.http import HostAnswers
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    check,
)
from launchready.manifest import CALLED_KINDS

_FROM_THE_PROXY = frozenset({502, 503, 504})


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(HostAnswers, "garbled"), (HostAnswers, "failing")],
)
def host_answers_only_errors(here: HostAnswers, launch: Parent[Declared]) -> Result:
    """A host answers everything with a server error, or with what is no HTTP.

    Why: Whatever members open there, they see an error; every page, log-in and call behind this host is gone at once.

    Fix: Look at what stands behind the name: is the app running, does the proxy reach it, is it the right port? One thing is wrong, not each page.
    """
    name = here.subject.name
    if not here.fault:
        return Passed(evidence=_good(here))
    if here.fault in {"silent", "locked"}:
        what = "nothing" if here.fault == "silent" else "nobody without a password"
        return NotApplicable(reason=f"it answers {what}, which is a finding of its own")
    return Failed(
        severity=_severity(launch, name),
        means=f"Whatever members open at {name}, they see an error.",
        observed=_seen(here),
        wanted="pages, or 404 for a page that is not there",
        evidence=", ".join(a.url for a in here.answers[:5]),
        fix=(*_steps(here), f"Then run `launchready recheck host-answers-only-errors` for {name}."),
        who="your developer",
        effort_min=30,
        takes_effect="as soon as the server answers again",
        see=headers_of(here.answers[0].url),
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(HostAnswers, "silent")],
)
def host_never_answers(here: HostAnswers, launch: Parent[Declared]) -> Result:
    """A host takes every connection and then answers nothing in time.

    Why: Members look at a blank page that loads until their browser gives up; every page, log-in and call behind this host is gone at once, and no error shows in a log.

    Fix: See what the app waits for: all its workers are busy or stuck, or the database, or another service, does not answer. Give what it waits for a time limit. One thing is wrong, not each page.
    """
    name = here.subject.name
    if here.fault != "silent":
        return Passed(evidence=_good(here) if not here.fault else f"{name} answers")
    count = len(here.unanswered)
    return Failed(
        severity=_severity(launch, name),
        means=f"Whatever members open at {name}, they wait and nothing comes.",
        observed=f"{here.silence}, at each of {count} addresses asked"
        if count > 1
        else here.silence,
        wanted="an answer within a second or two",
        evidence=", ".join(here.unanswered[:5]),
        fix=(
            f"Open https://{name}/ on a phone without Wi-Fi. If it opens there, something before the app keeps this network waiting: audit from another network.",
            f"Else see what the app behind {name} waits for: are all its workers busy, does its database answer, is the disk full? A restart helps only until it happens again.",
            "Give the app a time limit for the database and every service that it calls, and the proxy one for the app: an error after 10 seconds tells you more than silence.",
            f"Then run `launchready recheck host-never-answers` for {name}.",
        ),
        who="your developer",
        effort_min=60,
        takes_effect="as soon as the server answers again",
        see=headers_of(here.unanswered[0]),
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(HostAnswers, "locked")],
)
def host_behind_password(here: HostAnswers, launch: Parent[Declared]) -> Result:
    """A host asks everybody for a password before it shows anything.

    Most often this is the lock that kept strangers out while the community was built: HTTP Basic
    authentication of the web server, or the deployment protection of the hosting service.

    Why: On launch day nobody gets in who was not given this password; and behind it nothing could be checked, neither pages nor whether files lie open that the lock hides.

    Fix: Take the lock off when the doors open, and audit again at once: only then is seen what strangers will see.
    """
    if here.fault != "locked":
        return Passed(
            evidence=_good(here) if not here.fault else f"{here.subject.name} is not locked"
        )
    root = f"https://{here.subject.name}/"
    return Failed(
        severity=_severity(launch, here.subject.name),
        means="Everybody is asked for a password before anything is shown, new members too.",
        observed=f"{here.lock}, at each of {len(here.answers)} addresses asked",
        wanted="pages that open without a password",
        evidence=", ".join(a.url for a in here.answers[:5]),
        fix=(
            "Take the lock off when the doors open. nginx: the lines auth_basic; Apache: AuthType Basic and Require valid-user; Caddy: basic_auth; Vercel and Netlify: deployment protection or the site's password.",
            "Until then, let the lock pass this computer's address (nginx: satisfy any; allow ADDRESS;), and audit again, so that you know before launch day what lies behind it.",
            "If a host stays locked for good, say so in launchready.toml: status = 401 at one of its routes.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once",
        see=headers_of(root),
    )


def _good(here: HostAnswers) -> str:
    good = next(a for a in here.answers if (not a.trouble and a.status < 500) or a.challenge)
    return f"{good.url} answers {good.status}"


def _seen(here: HostAnswers) -> str:
    statuses = sorted({str(a.status) for a in here.answers if not a.trouble})
    troubles = sorted({a.trouble[:160] for a in here.answers if a.trouble})
    count = len(here.answers)
    silent = f"; {here.silence} at {len(here.unanswered)} more" if here.unanswered else ""
    return f"{' and '.join(statuses + troubles[:2])}, at each of {count} addresses asked{silent}"


def _steps(here: HostAnswers) -> tuple[str, ...]:
    name = here.subject.name
    if here.fault == "garbled":
        return (
            f"Find out which program answers on port 443 of {name}: it does not speak HTTP as browsers do.",
            "Let the proxy or the CDN speak to the app's own port, by the protocol that the app speaks.",
        )
    if {a.status for a in here.answers} <= _FROM_THE_PROXY:
        return (
            f"The proxy or the CDN in front of {name} answers in the app's place: see that the app is running.",
            "Then see that the proxy reaches it: address, port, and a time limit that is long enough.",
        )
    return (
        f"Find the error in the log of the app behind {name}; the first lines after its last start tell most.",
        "Common: a setting or a secret is missing, the database is not reached, the last deploy is half done.",
    )


def _severity(launch: Declared, name: str) -> Severity:
    """Return a risk where nobody opens a page: at a host that is only called, or only redirects."""
    entry = launch.manifest.all_hosts.get(name)
    if entry is not None and entry.redirects_to:
        grave = leads_to_sign_in(launch.manifest, name, entry.redirects_to)
        return Severity.BLOCKER if grave else Severity.RISK
    kinds = {r.kind for r in launch.manifest.routes.values() if r.host == name}
    return Severity.RISK if kinds and kinds <= CALLED_KINDS else Severity.BLOCKER
