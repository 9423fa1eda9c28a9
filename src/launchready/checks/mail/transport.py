"""MTA-STS, TLS reporting, and domains that should say that they send nothing."""

from __future__ import annotations

from launchready.checks.mail.dmarc import unread
from launchready.checks.mail.wording import Words, change, dig, listed, publish
from launchready.derive.mail.dmarc_records import with_tags
from launchready.derive.mail.mta_sts import WANTED_MAX_AGE_S, covered
from launchready.facts import Key
from launchready.facts.mail import Dmarc, MtaSts, Mx, Spf, TlsRpt
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

_NO_MAIL = "the domain receives no mail"


def _receives(mx: Mx) -> NotApplicable | None:
    if mx.entry.receives is False or (not mx.records and not mx.trouble):
        return NotApplicable(reason=_NO_MAIL)
    return None


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def mta_sts_missing(mta_sts: MtaSts, mx: Mx) -> Result:
    """The domain does not ask senders to insist on encryption.

    Why: Without MTA-STS (RFC 8461) somebody between a sender and your mail server can switch the
    encryption off and read password resets.

    Fix: Publish a record and a policy file, first in testing mode.
    """
    if (other := _receives(mx)) is not None:
        return other
    if mta_sts.record:
        return Passed(evidence=mta_sts.record[:200])
    name = mta_sts.subject.name
    lines = ["version: STSv1", "mode: testing", *(f"mx: {r.exchange}" for r in mx.records)]
    lines.append(f"max_age: {WANTED_MAX_AGE_S}")
    return Words(
        means="Somebody on the way can read mail that members send you.",
        observed="no MTA-STS record",
        wanted="an MTA-STS record and policy",
        fix=(
            (
                f"Serve this file at https://mta-sts.{name}/.well-known/mta-sts.txt, as text/plain and without "
                f"redirect: {' / '.join(lines)} (one line each)."
            ),
            publish("TXT", f"_mta-sts.{name}", f"v=STSv1; id={mta_sts.at:%Y%m%dT%H%M%S}"),
            "When the TLS reports show no failures, change testing to enforce and the id to a new one.",
        ),
        effort_min=45,
        who="your developer",
    ).failed(dig("TXT", f"_mta-sts.{name}"))


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def mta_sts_broken(mta_sts: MtaSts, mx: Mx) -> Result:
    """The MTA-STS record and policy do not fit together.

    Why: With a policy that names other servers, senders that follow it refuse to deliver; with none
    that can be fetched they do not protect the mail (RFC 8461).

    Fix: Mend the record, the file or the certificate of its host.
    """
    if not mta_sts.record:
        return NotApplicable(reason="no MTA-STS record")
    name = mta_sts.subject.name
    if not mta_sts.problem:
        if mx.trouble:
            return Unproven(reason="the MX records could not be looked up", because=mx.key)
        left_out = [r for r in mx.records if not covered(r.exchange, mta_sts.mx_patterns)]
        if not left_out or mta_sts.mode == "none":
            return Passed(evidence=f"mode {mta_sts.mode}, {mta_sts.max_age_s} seconds")
        names = ", ".join(r.exchange for r in left_out)
        enforced = mta_sts.mode == "enforce"
        return Words(
            means="Senders that follow the policy refuse to deliver mail to you."
            if enforced
            else "The policy cannot be enforced as it is.",
            observed=f"the policy does not name {names}",
            wanted="a line mx: for every mail server",
            fix=(
                f"Add to https://mta-sts.{name}/.well-known/mta-sts.txt: "
                + " / ".join(f"mx: {r.exchange}" for r in left_out),
                change("TXT", f"_mta-sts.{name}", f"v=STSv1; id={mta_sts.at:%Y%m%dT%H%M%S}"),
            ),
            effort_min=15,
            who="your developer",
            takes_effect="within a day",
        ).failed(
            f"curl -sS https://mta-sts.{name}/.well-known/mta-sts.txt",
            evidence=mta_sts.policy[:2000],
            severity=None if enforced else Severity.ADVICE,
            because=mx.key if all(r.numeric or r in mx.unresolved for r in left_out) else None,
        )
    return Words(
        means="Mail to you is not protected on the way, although you meant it to be.",
        observed=mta_sts.problem,
        wanted="one valid record and a policy that can be fetched",
        fix=(
            f"The record: one TXT record at _mta-sts.{name}: v=STSv1; id={mta_sts.at:%Y%m%dT%H%M%S}",
            (
                f"The file: https://mta-sts.{name}/.well-known/mta-sts.txt answers with status 200, a certificate "
                "that browsers accept, Content-Type text/plain, and the lines version: STSv1, mode:, mx: and max_age:."
            ),
        ),
        effort_min=30,
        who="your developer",
    ).failed(
        f"{dig('TXT', f'_mta-sts.{name}')}; curl -sSi https://mta-sts.{name}/.well-known/mta-sts.txt",
        evidence=mta_sts.policy[:2000] or mta_sts.record,
        because=mta_sts.because,
    )


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def tls_rpt_missing(tls_rpt: TlsRpt, mx: Mx) -> Result:
    """The domain gets no reports on failed encryption.

    Why: When senders cannot deliver because of TLS, nobody tells you (RFC 8460).

    Fix: Publish an address for reports.
    """
    if (other := _receives(mx)) is not None:
        return other
    if tls_rpt.records:
        return Passed(evidence=tls_rpt.records[0][:200])
    name = tls_rpt.subject.name
    return Words(
        means="Nobody tells you when mail to you does not arrive for want of encryption.",
        observed="no TLS-RPT record",
        wanted="a TLS-RPT record",
        fix=(publish("TXT", f"_smtp._tls.{name}", f"v=TLSRPTv1; rua=mailto:tls-reports@{name}"),),
    ).failed(dig("TXT", f"_smtp._tls.{name}"))


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def tls_rpt_broken(tls_rpt: TlsRpt) -> Result:
    """The record for reports on failed encryption is not valid.

    Why: Senders ignore it (RFC 8460 section 3), and the reports that you count on do not come.

    Fix: Publish one valid record.
    """
    if not tls_rpt.records:
        return NotApplicable(reason="no TLS-RPT record")
    if not tls_rpt.problem:
        return Passed(evidence=tls_rpt.records[0][:200])
    name = tls_rpt.subject.name
    return Words(
        means="Nobody tells you when mail to you does not arrive for want of encryption.",
        observed=tls_rpt.problem,
        wanted="one valid record",
        fix=(change("TXT", f"_smtp._tls.{name}", f"v=TLSRPTv1; rua=mailto:tls-reports@{name}"),),
    ).failed(dig("TXT", f"_smtp._tls.{name}"), evidence="\n".join(tls_rpt.records))


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def never_sending_domain_open(spf: Spf, mx: Mx, dmarc: Dmarc) -> Result:
    """A domain that never sends mail does not say so.

    Why: Forgers prefer such domains, as nothing tells receivers that all of their mail is forged.
    A domain that no launchready.toml names and that has no record for mail is taken for one.

    Fix: Publish an SPF record that allows nobody, a DMARC policy of reject, and a null MX.
    """
    if spf.entry.sends and not spf.silent:
        return NotApplicable(reason="this domain sends mail")
    name = spf.subject.name
    if spf.because is not None:
        return _not_there(name, spf.because)
    if spf.audit.tree.found == "error":
        return Unproven(reason=f"the SPF record of {name} could not be looked up", because=spf.key)
    if dmarc.fault == "lookup-fails":
        return unread(dmarc)
    if mx.trouble:
        return Unproven(reason="the MX records could not be looked up", because=mx.key)
    open_: list[str] = []
    steps: list[str] = []
    if not _sends_nothing(spf):
        open_.append("SPF is not v=spf1 -all")
        have = spf.audit.tree.found == "record"
        steps.append((change if have else publish)("TXT", name, "v=spf1 -all"))
        if spf.audit.tree.found == "several":
            steps.append(f"Delete every other TXT record at {name} that begins with v=spf1.")
    if dmarc.result.policy != "reject":
        open_.append(f"the DMARC policy is {dmarc.result.policy or 'missing'}")
        own = dmarc.result.policy_domain == name
        record = with_tags(dmarc.result.record, {"p": "reject", "sp": None, "np": None, "t": None})
        steps.append(
            change("TXT", f"_dmarc.{name}", record)
            if own and dmarc.result.record
            else publish("TXT", f"_dmarc.{name}", "v=DMARC1; p=reject")
        )
    if not mx.null and (
        mx.entry.receives is False or (mx.entry.receives is None and not mx.records)
    ):
        open_.append("there is no null MX")
        steps.append((change if mx.records else publish)("MX", name, "0 ."))
    if not open_:
        return Passed(evidence="it says that it sends nothing")
    if spf.silent:
        if dmarc.result.policy == "reject":
            above = dmarc.result.policy_domain
            return Passed(evidence=f"the DMARC policy of {above} has forged mail refused")
        steps = [*_whether_it_sends(name), *steps]
    return Words(
        means=f"Anybody can write to members as {name}, and the mail is delivered.",
        observed=listed(open_),
        wanted="v=spf1 -all, p=reject and a null MX",
        fix=tuple(steps),
    ).failed(f"{dig('TXT', name)}; {dig('TXT', f'_dmarc.{name}')}; {dig('MX', name)}")


def _whether_it_sends(name: str) -> tuple[str, str]:
    """Return the steps before the records, which would keep the mail of a domain that sends out."""
    return (
        (
            f"If the community sends mail as {name} (sign-in codes, invitations, receipts), leave the "
            f'records below out: name what sends under [mail.domains."{name}"] in launchready.toml and '
            "audit again, which then says what to publish."
        ),
        f'If nobody sends as {name}, write sends = false under [mail.domains."{name}"], and publish:',
    )


def _not_there(name: str, zone: Key) -> Failed:
    """Return the finding about a domain that is not in the DNS at all.

    SPF then says `none` (RFC 7208 section 4.3) and there is no DMARC record of its own: nothing
    tells receivers to refuse, and who registers the name can make all of it pass.
    """
    return Words(
        means=f"Whoever registers {name} can write to members in its name, and the mail is delivered.",
        observed=f"{name} does not exist (NXDOMAIN): SPF says none, and it has no DMARC record",
        wanted="a domain that is yours and says that it sends nothing, or none that you name as yours",
        fix=(
            f"If {name} is misspelt, or not yours, correct it or take it out of [mail.domains] in launchready.toml.",
            f"If members know {name} as yours, register it before somebody else does. Then:",
            publish("TXT", name, "v=spf1 -all"),
            publish("TXT", f"_dmarc.{name}", "v=DMARC1; p=reject"),
            publish("MX", name, "0 ."),
        ),
    ).failed(dig("SOA", name), because=zone)


def _sends_nothing(spf: Spf) -> bool:
    """Whether the record allows nobody: all fails, and nothing before it can pass."""
    audit = spf.audit
    if spf.fault or audit.all_qualifier != "-":
        return False
    passing = {b.kind for b in audit.tree.branches if b.qualifier == "+"}
    return not passing
