"""Whether browsers accept the certificate, and for how long."""

from __future__ import annotations

from datetime import timedelta

from launchready.checks.tls.wording import (
    NO_CERTIFICATE,
    certificate_command,
    chain_command,
    days_shown,
    judge_trust,
)
from launchready.derive.tls.trust import first_end
from launchready.facts.declared import Declared
from launchready.facts.tls import Handshake
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

_DAY = timedelta(days=1)


_BLOCKER_DAYS = 7


_ISSUE = (
    (
        "Where a platform or CDN serves this host: open its settings for custom domains, add the host "
        "and wait until its certificate is issued."
    ),
    (
        "On a server of your own: `sudo certbot --nginx -d HOST` (or `--apache`), with the host's name "
        "in place of HOST."
    ),
    "Open the host in a private window: there must be no warning.",
)


_RENEW = (
    (
        "Where a platform or CDN serves this host: open its settings for custom domains; it says what "
        "keeps the certificate from being renewed."
    ),
    "On a server of your own: `sudo certbot renew`, then reload the web server.",
    (
        "Make sure that it renews by itself: `sudo certbot renew --dry-run`, and "
        "`systemctl list-timers` shows certbot."
    ),
)


_NEW_ISSUER = (
    (
        "Take the issuer's current certificate from the authority's site (certbot brings it with each "
        "renewal: `sudo certbot renew --force-renewal`) and put it after yours in the file that the "
        "server sends (`fullchain.pem`)."
    ),
    "Reload the web server.",
)


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "untrusted")],
)
def certificate_untrusted(handshake: Handshake) -> Result:
    """The certificate comes from nobody that browsers trust.

    Why: Browsers put a full-page warning in front of the site, and most people turn back; apps,
    webhooks and payment providers refuse to connect at all.

    Fix: Replace the certificate by one of a public authority; Let's Encrypt gives them for nothing.
    """
    return judge_trust(
        handshake,
        "untrusted",
        means="Members see a full-page warning that the connection is not private.",
        wanted="a certificate of an authority that browsers know",
        fix=_ISSUE,
        effort_min=20,
        passed="issued by {issuer}",
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "wrong-host")],
)
def certificate_wrong_host(handshake: Handshake) -> Result:
    """The certificate is for another host.

    Why: Browsers put a full-page warning in front of the site that members can hardly pass, and
    what answers may not even be your site.

    Fix: Get a certificate that names this host, and let the server send it for this name (SNI).
    """
    return judge_trust(
        handshake,
        "wrong-host",
        means="Members see a full-page warning that this may be somebody else's site.",
        wanted=f"a certificate that names {handshake.subject.name}",
        fix=(
            *_ISSUE[:2],
            (
                "Check that the web server has a block for this very name "
                "(nginx: `server_name HOST;` beside `listen 443 ssl;`) that uses the new certificate."
            ),
            _ISSUE[2],
        ),
        effort_min=20,
        passed="it names the host",
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "expired")],
)
def certificate_expired(handshake: Handshake) -> Result:
    """The certificate has expired.

    Why: Browsers put a full-page warning in front of the site, on a site with HSTS one that cannot
    be passed.

    Fix: Renew the certificate and find out why it was not renewed by itself.
    """
    return judge_trust(
        handshake,
        "expired",
        means="Members see a full-page warning that the site's certificate has expired.",
        wanted="a certificate that is valid today",
        fix=_RENEW,
        effort_min=20,
        passed="valid until {until}",
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "not-yet-valid")],
)
def certificate_not_yet_valid(handshake: Handshake) -> Result:
    """The certificate is not valid yet.

    Why: Browsers put a full-page warning in front of the site until the day on which it begins.

    Fix: Use a certificate that is valid today; check the clock of the machine that made it.
    """
    return judge_trust(
        handshake,
        "not-yet-valid",
        means="Members see a full-page warning until the day on which the certificate begins.",
        wanted="a certificate that is valid today",
        fix=(
            (
                "Go back to the certificate used before, or have a new one issued: "
                "`sudo certbot renew --force-renewal`."
            ),
            "Check the clock of the machine that issued it: `timedatectl`.",
        ),
        effort_min=20,
        passed="valid since {since}",
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Handshake, "incomplete")],
)
def certificate_chain_incomplete(handshake: Handshake) -> Result:
    """The server does not send the certificate of its issuer.

    Why: Some browsers fetch or remember the missing certificate and others do not, so that it
    works for you and fails for a part of the members; apps, webhooks and payment providers fail.

    Fix: Configure the file with the whole chain (`fullchain.pem`), not the certificate alone.
    """
    return judge_trust(
        handshake,
        "incomplete",
        means="Some members, most apps and the payment provider's webhooks cannot connect.",
        wanted="the certificate followed by the one of its issuer",
        fix=(
            (
                "nginx: `ssl_certificate /etc/letsencrypt/live/HOST/fullchain.pem;` in place of "
                "`cert.pem`. Apache: `SSLCertificateFile` with the same file."
            ),
            "Without certbot: append the issuer's certificate to yours, yours first, in one file.",
            "Reload the web server.",
        ),
        effort_min=10,
        passed="{count} certificates sent, up to a known authority",
        # The server's configuration lacks it, and a renewal alone does not bring it.
        alone={"expired", "not-yet-valid"},
    )


@check(
    severity=Severity.RISK,
    impact=Impact.SIGN_IN,
    bar="https",
)
def certificate_expires_soon(handshake: Handshake, declared: Parent[Declared]) -> Result:
    """The certificate expires soon and has not been renewed.

    Why: Certificates renew by themselves about thirty days before their end; one that comes
    closer has a renewal that fails, and on its last day everybody is locked out.

    Fix: Renew it now and find out why it was not renewed by itself.
    """
    if not handshake.chain:
        return NotApplicable(reason=NO_CERTIFICATE)
    leaf = handshake.chain[0]
    ends, ending = first_end(handshake.chain)
    if ends <= declared.now:
        return NotApplicable(reason="it has expired already")
    wanted_days = float(declared.manifest.budgets.expires_soon_days)
    blocker_days = float(min(_BLOCKER_DAYS, wanted_days))
    if leaf.logged and ending is leaf:
        # Public authorities issue certificates of six and of forty-five days, which are renewed
        # when a third of their time is left.
        lifetime_days = (leaf.not_after - leaf.not_before) / _DAY
        wanted_days = min(wanted_days, lifetime_days / 3)
        blocker_days = min(blocker_days, lifetime_days / 9)
    left_days = (ends - declared.now) / _DAY
    until = f"{ends:%Y-%m-%d %H:%M} UTC"
    if left_days >= wanted_days:
        return Passed(evidence=f"{days_shown(left_days)} left, until {until}")
    return Failed(
        means=f"In {days_shown(left_days)} members will see a full-page warning instead of the site.",
        observed=f"{days_shown(left_days)} left"
        + ("" if ending is leaf else f" for the certificate of its issuer, {ending.subject[:100]}"),
        wanted=days_shown(wanted_days),
        fix=_RENEW if ending is leaf else _NEW_ISSUER,
        who="your developer",
        effort_min=20,
        takes_effect="at once",
        see=certificate_command(handshake.subject.name, "-dates")
        if ending is leaf
        else chain_command(handshake.subject.name),
        evidence=f"{'it' if ending is leaf else 'the certificate of its issuer'} ends on {until}",
        severity=Severity.BLOCKER if left_days < blocker_days else Severity.RISK,
        because=handshake.key if handshake.fault else None,
    )
