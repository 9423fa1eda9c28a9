"""How much a DMARC policy asks for, and for whom (RFC 9989)."""

from __future__ import annotations

from launchready.checks.mail.dmarc import applied, policy_name, unread
from launchready.checks.mail.wording import NOT_SENDING, Words, change, dig
from launchready.derive.mail.dmarc_records import with_tags
from launchready.facts.declared import Declared
from launchready.facts.mail import Dmarc
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
from launchready.mailauth.dmarc_record import DmarcRecord
from launchready.mailauth.names import is_at_or_below

_STRENGTH = {"none": 0, "quarantine": 1, "reject": 2}
_FORGED = "Anybody can write to members in your name, and the mail is delivered."
_READ_REPORTS = (
    "Read the reports of two to four weeks, until every service of yours passes with an aligned "
    "domain."
)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def dmarc_not_enforced(dmarc: Dmarc) -> Result:
    """The DMARC policy is still none.

    Why: p=none only asks for reports: forged mail in your name is delivered like yours.

    Fix: Read the reports, then go to quarantine, then to reject.
    """
    record = applied(dmarc)
    if not isinstance(record, DmarcRecord):
        return record
    policy = dmarc.result.published_policy
    if policy != "none":
        return Passed(evidence=f"p={policy}") if policy else NotApplicable(reason="no valid policy")
    name = policy_name(dmarc)
    tag = dmarc.result.policy_tag or "p"
    return Words(
        means=_FORGED,
        observed=f"{tag}=none",
        wanted=f"{tag}=quarantine, then {tag}=reject",
        fix=(
            _READ_REPORTS,
            change("TXT", name, with_tags(record.text, {tag: "quarantine"})),
            "Two weeks later: " + change("TXT", name, with_tags(record.text, {tag: "reject"})),
        ),
        effort_min=30,
        takes_effect="within an hour",
    ).failed(dig("TXT", name), evidence=record.text, because=dmarc.key if dmarc.fault else None)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def dmarc_test_mode(dmarc: Dmarc) -> Result:
    """The DMARC policy is in test mode.

    Why: t=y asks receivers to act one step milder than the policy says (RFC 9989 section 4.7).

    Fix: Take t=y out once the reports look right.
    """
    record = applied(dmarc)
    if not isinstance(record, DmarcRecord):
        return record
    if not record.testing:
        return Passed(evidence="no t=y")
    name = policy_name(dmarc)
    return Words(
        means="Forged mail in your name is treated more mildly than the policy says.",
        observed=f"t=y, so {dmarc.result.published_policy} counts as {dmarc.result.policy}",
        wanted="no t=y",
        fix=(_READ_REPORTS, change("TXT", name, with_tags(record.text, {"t": None}))),
        effort_min=15,
    ).failed(dig("TXT", name), evidence=record.text)


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def dmarc_subdomain_open(dmarc: Dmarc) -> Result:
    """The DMARC policy is milder for subdomains than for the domain.

    Why: Forgers write from made-up subdomains such as login.example.org, which members take for
    yours (RFC 9989 section 4.7: sp and np).

    Fix: Remove sp= and np=, or make them as strict as p=.
    """
    record = applied(dmarc)
    if not isinstance(record, DmarcRecord):
        return record
    if record.p is None:
        return NotApplicable(reason="no valid policy")
    if dmarc.result.policy_domain != dmarc.result.organizational_domain:
        return NotApplicable(reason="subdomains follow the record of the domain above")
    given = (("sp", record.sp), ("np", record.np))
    effective = {"sp": record.sp or record.p, "np": record.np or record.sp or record.p}
    milder = [n for n, v in effective.items() if _STRENGTH[v] < _STRENGTH[record.p]]
    if not milder:
        return Passed(evidence=f"p={record.p} for subdomains too")
    shown = [f"{n}={v}" for n, v in given if v is not None and n in milder]
    name = policy_name(dmarc)
    return Words(
        means=_FORGED.replace("in your name", "from a subdomain of yours"),
        observed=f"p={record.p}, but {', '.join(shown)}",
        wanted=f"{record.p} for subdomains too",
        fix=(change("TXT", name, with_tags(record.text, dict.fromkeys(milder))),),
    ).failed(dig("TXT", name), evidence=record.text)


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def dmarc_says_public_suffix(dmarc: Dmarc) -> Result:
    """The DMARC record says that the domain is a public suffix.

    Why: psd=y is for registries such as co.uk: below it every name is somebody else's, so that mail
    signed by the domain does not align with its own subdomains (RFC 9989 section 4.10.2).

    Fix: Remove psd=y.
    """
    record = applied(dmarc)
    if not isinstance(record, DmarcRecord):
        return record
    name = policy_name(dmarc)
    owner = name.removeprefix("_dmarc.")
    # One that stands above, at a registry, is as it should be.
    own = record.psd == "y" and "." in owner and dmarc.result.policy_tag != "np"
    if not own or owner != dmarc.subject.name:
        return Passed(evidence=f"psd={record.psd}")
    return Words(
        means="Mail from subdomains fails and may land in spam.",
        observed="psd=y",
        wanted="no psd=",
        fix=(change("TXT", name, with_tags(record.text, {"psd": None})),),
        effort_min=5,
    ).failed(dig("TXT", name), evidence=record.text)


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def from_not_aligned(dmarc: Dmarc, declared: Parent[Declared]) -> Result:
    """Mail comes from a domain that has nothing to do with the brand's.

    Why: Members do not know the domain and report the mail as phishing; what the brand's domain
    earns in reputation does not help it, and its DMARC policy does not protect it.

    Fix: Send from the brand's domain or a subdomain of it.
    """
    if not dmarc.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    brand, sender = declared.manifest.launch.domain, dmarc.subject.name
    if is_at_or_below(sender, brand) or is_at_or_below(brand, sender):
        return Passed(evidence=f"{sender} belongs to {brand}")
    if dmarc.result.organizational_domain == dmarc.brand_domain != "":
        return Passed(evidence=f"both belong to {dmarc.brand_domain}")
    if dmarc.fault == "lookup-fails":
        return unread(dmarc)
    if dmarc.result.policy_domain is None and sender.split(".")[-2:] == brand.split(".")[-2:]:
        # They may share a registered domain or only a public suffix; a DMARC record would tell.
        return Unproven(
            reason=f"no DMARC record says whether {sender} and {brand} belong together",
            because=dmarc.key if dmarc.fault else None,
            how_to_prove=f"Publish a DMARC record at the domain above {brand} that you registered.",
        )
    return Words(
        means="Members do not recognise the sender and take sign-in codes for phishing.",
        observed=f"mail comes from {sender}",
        wanted=f"{brand} or a subdomain of it",
        fix=(
            f"In the settings of the service that sends as {sender}, add {brand} (or mail.{brand}) as a sending domain.",
            "Publish the SPF and DKIM records that it shows for it.",
            f"Change the From of the mail, and [mail.domains] in launchready.toml from {sender} to the new domain.",
        ),
        effort_min=45,
        who="your developer",
        takes_effect="with the next mail",
    ).failed(dig("TXT", f"_dmarc.{sender}"))
