"""HSTS (RFC 6797): whether browsers are told to use HTTPS only."""

from __future__ import annotations

from collections.abc import Sequence

from launchready.checks.tls.wording import (
    days_shown,
)
from launchready.derive.commands import headers_of
from launchready.derive.tls.hsts import DAY_S, first_header, own_answers, parse_hsts
from launchready.facts.http import Exchange
from launchready.facts.tls import Handshake, HstsReach
from launchready.facts.ways import Entrance
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

_HSTS_DAYS_MIN = 180
_HSTS_STEPS = (
    (
        'nginx: `add_header Strict-Transport-Security "max-age=31536000" always;` in every server '
        "block for port 443 (and again in each location that has an add_header of its own). Apache: "
        '`Header always set Strict-Transport-Security "max-age=31536000"`.'
    ),
    (
        "Cloudflare: SSL/TLS → Edge Certificates → HTTP Strict Transport Security → 12 months. In an "
        "app: the security middleware sets it (Django: SECURE_HSTS_SECONDS = 31536000)."
    ),
    "Send it once, from one place: of several headers browsers read only the first.",
)


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="https")
def hsts_missing(entrance: Entrance, handshake: Handshake) -> Result:
    """Browsers are not told to use HTTPS only (HSTS).

    Why: Without HSTS the first request of a visit may go over plain HTTP, where a hostile network
    can put its own page in place of the log-in.

    Fix: Send the Strict-Transport-Security header with every HTTPS answer.
    """
    if handshake.fault == "refused":
        return NotApplicable(reason="HTTPS is refused: there is no answer to carry the header")
    host = entrance.subject.name
    value = first_header(entrance.https_root, host)
    parsed = parse_hsts(value) if value is not None else None
    if value is not None and parsed is not None and (parsed.problem or parsed.max_age_s > 0):
        return Passed(evidence=value)
    own = own_answers(entrance.https_root, host)
    if value is None and not own:
        return Unproven(reason=entrance.trouble or "no usable answer over HTTPS was seen")
    if value is None and (what := _instead_of_pages(entrance, own)):
        seen = f"{what} ({own[-1].status}), in an answer that may lack what pages carry"
        return Unproven(reason=seen, because=entrance.because)
    over_http = value is None and first_header(entrance.http_root, host, "http") is not None
    absent = "not sent" + (" over HTTPS; over HTTP browsers ignore it" if over_http else "")
    return Failed(
        means="On a hostile network a visitor can be kept on plain HTTP and lose the password.",
        observed=absent if value is None else f"switched off: {value[:100]}",
        wanted="max-age=31536000 (one year)",
        fix=(
            (
                "Begin with five minutes and look at every page: "
                "`Strict-Transport-Security: max-age=300`."
            ),
            *_HSTS_STEPS,
        ),
        who="your developer",
        effort_min=10,
        takes_effect="at once, and for returning visitors from their next visit on",
        see=_hsts_command(host),
    )


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="https")
def hsts_malformed(entrance: Entrance) -> Result:
    """The HSTS header is malformed, and browsers ignore it.

    Why: A header that does not follow RFC 6797 counts as none; the site looks protected and is not.

    Fix: Send exactly one header of the form `max-age=31536000`.
    """
    host = entrance.subject.name
    value = first_header(entrance.https_root, host)
    if value is None:
        return NotApplicable(reason="no HSTS header was seen")
    parsed = parse_hsts(value)
    if not parsed.problem:
        return Passed(evidence=value)
    return Failed(
        means="Browsers ignore the header, so that a hostile network can keep visitors on plain HTTP.",
        observed=f"{value[:100]!r}: {parsed.problem}",
        wanted="max-age=31536000 (one year)",
        fix=_HSTS_STEPS,
        who="your developer",
        effort_min=10,
        takes_effect="at once",
        see=_hsts_command(host),
    )


@check(severity=Severity.ADVICE, impact=Impact.SIGN_IN, bar="https")
def hsts_too_short(entrance: Entrance) -> Result:
    """HSTS lasts too short a time.

    Why: Whoever comes back after it has run out is unprotected again; for a community that people
    visit now and then, days are not enough.

    Fix: Once every page works over HTTPS, raise max-age to a year.
    """
    host = entrance.subject.name
    value = first_header(entrance.https_root, host)
    parsed = parse_hsts(value) if value is not None else None
    if value is None or parsed is None or parsed.problem or parsed.max_age_s == 0:
        return NotApplicable(reason="no HSTS header in force was seen")
    shown = days_shown(parsed.max_age_s / DAY_S)
    if parsed.max_age_s >= _HSTS_DAYS_MIN * DAY_S:
        return Passed(evidence=f"max-age={parsed.max_age_s} ({shown})")
    return Failed(
        means="Members who come back after a while can be kept on plain HTTP by a hostile network.",
        observed=f"max-age={parsed.max_age_s} ({shown})",
        wanted="max-age=31536000 (one year), at least 180 days",
        fix=_HSTS_STEPS,
        who="your developer",
        effort_min=5,
        takes_effect="at each visitor's next visit",
        see=_hsts_command(host),
        severity=Severity.RISK if parsed.max_age_s < DAY_S else None,
    )


@check(severity=Severity.BLOCKER, impact=Impact.SIGN_IN, bar="https")
def hsts_breaks_subdomain(entrance: Entrance, reach: HstsReach) -> Result:
    """HSTS covers a subdomain that cannot do HTTPS.

    Why: `includeSubDomains` makes browsers refuse plain HTTP for every name below, for as long as
    max-age says; a name without working HTTPS is then dead for everybody who was on the main site,
    and taking the header away does not bring it back before that time is over.

    Fix: Give the subdomain working HTTPS, or leave `includeSubDomains` (and `preload`) away.
    """
    host = entrance.subject.name
    value = first_header(entrance.https_root, host)
    parsed = parse_hsts(value) if value is not None else None
    if parsed is None or not parsed.include_subdomains or parsed.max_age_s == 0:
        return NotApplicable(reason="HSTS does not cover subdomains here")
    broken = [n for n in reach.names if n.trouble]
    if not broken:
        return Passed(evidence=f"{len(reach.names)} names below can follow")
    own = [n for n in broken if n.because is None]
    first = (own or broken)[0]
    names = ", ".join(n.name for n in broken[:5])
    return Failed(
        means=f"Who has been on {host} can no longer open {names}: the browser refuses plain HTTP.",
        observed=f"{value}; {first.name}: {first.trouble}",
        wanted="HTTPS on every name below, or no includeSubDomains",
        fix=(
            (
                f"At once: send `Strict-Transport-Security: max-age={parsed.max_age_s}` on {host}, "
                "without includeSubDomains and preload."
            ),
            (
                f"Give {names} working HTTPS: `sudo certbot --nginx -d {first.name}`, or the platform's "
                "custom domains."
            ),
            "When all of them work, add `; includeSubDomains` again.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at each visitor's next visit to the main site",
        see=f"{_hsts_command(host)}; {headers_of(f'https://{first.name}/')}",
        severity=Severity.BLOCKER if any(n.declared for n in broken) else Severity.RISK,
        because=None if own else first.because,
    )


def _instead_of_pages(entrance: Entrance, own: Sequence[Exchange]) -> str:
    """Return what answers in the server's place, or before it; empty where the server itself does.

    Such an answer often lacks what the server sends.
    """
    if entrance.because is not None and own[-1].status == 401:
        return "a password is asked for"
    if all(answer.status >= 500 for answer in own):
        return "only a server error was seen"
    return "everything is refused" if all(answer.status == 403 for answer in own) else ""


def _hsts_command(host: str) -> str:
    return f"{headers_of(f'https://{host}/')} | grep -i strict-transport-security"
