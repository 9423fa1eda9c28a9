"""Whether the mail servers answer, and can be spoken to over TLS that senders accept (RFC 3207)."""

from __future__ import annotations

from launchready.checks.mail.exchanges import BOUNCES
from launchready.checks.mail.wording import Words, smtp
from launchready.facts.mail import MailServer, MtaSts, Mx
from launchready.finding import (
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def mail_server_unreachable(server: MailServer, mx: Parent[Mx]) -> Result:
    """A mail server does not answer.

    Why: Mail to you waits at the senders for days and then bounces.

    Fix: Let the server answer on port 25, or take it out of the MX records.
    """
    if server.reachable:
        return Passed(evidence=server.banner[:100] or "it answers on port 25")
    name = server.subject.name
    nowhere = name in {r.exchange for r in mx.records if r.numeric or r in mx.unresolved}
    late = "Some mail to you is late, and lost if the other servers fail."
    return Words(
        means=BOUNCES if len(mx.records) == 1 else late,
        observed=server.detail or "no answer on port 25",
        wanted="an answer on port 25",
        fix=(
            _first_step(name, server.detail),
            f"If {name} is no longer in use, delete its MX record at {mx.subject.name}.",
        ),
        effort_min=20,
        who="your host",
        takes_effect="at once",
    ).failed(smtp(name), because=mx.key if nowhere and mx.fault else None)


def _first_step(name: str, detail: str) -> str:
    if detail.startswith("it publishes"):
        return f"At your DNS provider, give {name} the public address of the mail server."
    if detail.startswith("it greets with"):  # so it runs, and its firewall is open
        return f"Let the mail server at {name} take mail from everybody: it refuses in words."
    return f"Start the mail server at {name}, and open port 25 of its firewall to everybody."


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def mail_server_without_starttls(server: MailServer) -> Result:
    """A mail server offers no encryption that works.

    Why: Mail to you crosses the Internet as plain text, and senders that insist on TLS refuse (RFC
    3207).

    Fix: Switch STARTTLS on at the mail server.
    """
    if not server.reachable:
        return NotApplicable(reason="it does not answer")
    if server.starttls and server.tls_accepted:
        return Passed(evidence=server.tls_detail or "STARTTLS works")
    name = server.subject.name
    return Words(
        means="What members write to you can be read on the way.",
        observed=server.tls_detail or "it fails" if server.starttls else "no STARTTLS",
        wanted="STARTTLS that works",
        fix=(
            (
                f"Install a certificate for {name} on the mail server and switch STARTTLS on (Postfix: "
                "smtpd_tls_security_level = may, smtpd_tls_chain_files = …)."
            ),
            "If a provider runs the server, ask it to offer STARTTLS.",
        ),
        effort_min=30,
        who="your host",
        takes_effect="at once",
    ).failed(smtp(name))


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def mail_server_certificate(server: MailServer, mx: Parent[Mx], mta_sts: Parent[MtaSts]) -> Result:
    """The certificate of a mail server is not one that senders can verify.

    Why: Most senders deliver all the same, but those that verify refuse, and whoever sits between can
    read the mail. With an MTA-STS policy that says enforce, Gmail and Outlook verify (RFC 8461).

    Fix: Give the server a certificate of a public authority that names it.
    """
    if not server.reachable:
        return NotApplicable(reason="it does not answer")
    if not (server.starttls and server.tls_accepted):
        return NotApplicable(reason="it offers no encryption that works")
    name = server.subject.name
    faults = []
    if server.trusted is False:
        faults.append(server.trust_detail or "no public authority vouches for it")
    if server.name_matches is False:
        faults.append(f"it does not name {name}")
    if not faults:
        if server.trusted is None or server.name_matches is None:
            return Unproven(reason="its certificate was not verified")
        return Passed(evidence=server.tls_detail or "accepted")
    # With the server's own name in the MX record, the certificate is asked for that name.
    alias = mx.fault == "is-alias" and server.trusted is not False
    enforced = mta_sts.mode == "enforce" and not mta_sts.problem
    return Words(
        means="Senders that follow your MTA-STS policy refuse to deliver mail to you."
        if enforced
        else "Some senders refuse to deliver mail to you.",
        observed=f"the certificate is not accepted: {'; '.join(faults)}",
        wanted=f"a certificate of a public authority that names {name}",
        fix=(
            f"Get a certificate for {name} (`certbot certonly -d {name}`) and name it in the settings of the mail server.",
            "If a provider runs the server, ask it to do so.",
            *([_until_then(mx)] if enforced else []),
        ),
        effort_min=30,
        who="your host",
        takes_effect="at once",
    ).failed(
        f"{smtp(name)} 2>/dev/null | openssl x509 -noout -subject -issuer -dates",
        evidence=server.tls_detail,
        severity=Severity.RISK if enforced else None,
        because=mx.key if alias else None,
    )


def _until_then(mx: Mx) -> str:
    name = mx.subject.name
    return (
        f"Until then, write mode: testing in https://mta-sts.{name}/.well-known/mta-sts.txt, and another "
        f"id in the TXT record at _mta-sts.{name}."
    )
