"""Facts of mail made from records, by the evaluators themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from launchready.facts import Fact, Gap, Subject, domain_subject
from launchready.facts.mail import Dkim, Dmarc, MtaSts, Mx, MxRecord, Selectors, Spf
from launchready.facts.spf_faults import sender_dependent
from launchready.finding import Check, Outcome
from launchready.mailauth.dkim_key import find_dkim_key
from launchready.mailauth.dmarc import evaluate_dmarc
from launchready.mailauth.dmarc_reports import audit_report_addresses
from launchready.mailauth.lookups import Answer, Question, Record, run
from launchready.mailauth.spf import evaluate_spf
from launchready.mailauth.spf_audit import audit_spf
from launchready.manifest import MailDomainEntry
from tests.making import AT, DOMAIN, outcomes

Zones = Mapping[tuple[str, str], Sequence[str | tuple[int, str]] | str]
"""(name, type) → texts or (preference, exchange); the word SERVFAIL for an error."""
DOMAIN_SUBJECT = domain_subject(DOMAIN)


def resolve(zones: Zones, question: Question) -> Answer:
    found = zones.get((question.name, question.rdtype))
    if found == "SERVFAIL":
        return Answer(status="error", detail="SERVFAIL")
    if found is None:
        exists = any(n == question.name or n.endswith(f".{question.name}") for n, _ in zones)
        return Answer(status="nodata" if exists else "nxdomain")
    records: list[Record] = [
        (each.encode(),) if question.rdtype == "TXT" and isinstance(each, str) else each
        for each in found
    ]
    return Answer(status="answer", records=tuple(records))


def entry(name: str = DOMAIN, **more: Any) -> MailDomainEntry:
    return MailDomainEntry(name=name, **more)


def spf(
    record: str | Sequence[str] = (),
    zones: Zones | None = None,
    *,
    senders: Sequence[str] = (),
    sends: bool = True,
    silent: bool = False,
) -> Spf:
    """The fact of a domain whose records these are; `senders` are declared."""
    own = [record] if isinstance(record, str) else record
    known: Zones = {(DOMAIN, "TXT"): own, (DOMAIN, "A"): ["192.0.2.80"], **(zones or {})}
    results = [
        (
            sender,
            run(
                evaluate_spf(ip=sender, helo=DOMAIN, mail_from=f"postmaster@{DOMAIN}"),
                lambda q: resolve(known, q),
            )
            if sender.replace(".", "").isdigit()
            else None,
        )
        for sender in senders
    ]
    audit = run(audit_spf(DOMAIN), lambda q: resolve(known, q))
    stranger = evaluate_spf(ip="240.0.0.1", helo=DOMAIN, mail_from=f"postmaster@{DOMAIN}")
    return Spf(
        subject=DOMAIN_SUBJECT, at=AT, how="test", entry=entry(sends=sends, senders=tuple(senders)),
        audit=audit,
        stranger=run(stranger, lambda q: resolve(known, q)) if sender_dependent(audit) else None,
        senders=tuple(results), silent=silent,
    )  # fmt: skip


def unreadable_spf(**more: object) -> Spf:
    return spf(zones={(DOMAIN, "TXT"): "SERVFAIL"}, **more)  # type: ignore[arg-type]


def sts(**more: object) -> MtaSts:
    values: dict[str, object] = {
        "record": "v=STSv1; id=1", "policy": "version: STSv1", "mode": "enforce",
        "mx_patterns": ("mx.example.org",), "max_age_s": 604800,
    }  # fmt: skip
    return MtaSts(subject=DOMAIN_SUBJECT, at=AT, how="test", **(values | more))  # type: ignore[arg-type]


def dkim(record: str | Sequence[str] = (), *, failing: bool = False, selector: str = "s1") -> Dkim:
    name = f"{selector}._domainkey.{DOMAIN}"
    texts = [record] if isinstance(record, str) else record
    zones: Zones = (
        {(name, "TXT"): "SERVFAIL"} if failing else ({(name, "TXT"): texts} if texts else {})
    )
    return Dkim(
        subject=Subject("selector", name, DOMAIN_SUBJECT), at=AT, how="test", domain=DOMAIN,
        selector=selector,
        result=run(find_dkim_key(DOMAIN, selector), lambda q: resolve(zones, q)),
    )  # fmt: skip


def selectors(*names: str, declared: Sequence[str] = (), **more: object) -> Selectors:
    return Selectors(
        subject=DOMAIN_SUBJECT, at=AT, how="test", entry=entry(selectors=tuple(declared)),
        names=names or tuple(declared), guessed=() if declared else ("s1", "google"),
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def dmarc(
    record: str | Sequence[str] = (),
    zones: Zones | None = None,
    *,
    name: str = DOMAIN,
    brand: str = DOMAIN,
    **more: object,
) -> Dmarc:
    texts = [record] if isinstance(record, str) else record
    known: Zones = {
        (DOMAIN, "A"): ["192.0.2.80"],
        (name, "A"): ["192.0.2.80"],
        **({(f"_dmarc.{name}", "TXT"): texts} if texts else {}),
        **(zones or {}),
    }
    result = run(evaluate_dmarc(name), lambda q: resolve(known, q))
    addresses = ()
    if result.parsed is not None and result.policy_domain is not None:
        asking = audit_report_addresses(result.policy_domain, result.parsed)
        addresses = run(asking, lambda q: resolve(known, q))  # type: ignore[assignment]
    subject = DOMAIN_SUBJECT if name == DOMAIN else domain_subject(name)
    return Dmarc(
        subject=subject, at=AT, how="test", entry=entry(name, **more), result=result,
        report_addresses=addresses, brand_domain=brand,
    )  # fmt: skip


def mx(
    *records: MxRecord,
    null: bool = False,
    implicit: bool = False,
    trouble: str = "",
    sends: bool = True,
    receives: bool | None = None,
) -> Mx:
    return Mx(
        subject=DOMAIN_SUBJECT, at=AT, how="test", entry=entry(sends=sends, receives=receives),
        records=records, null=null,
        implicit_address=implicit, trouble=trouble,
    )  # fmt: skip


def exchange(name: str = "mx.example.org", *addresses: str, **more: str) -> MxRecord:
    return MxRecord(preference=10, exchange=name, addresses=addresses or ("192.0.2.25",), **more)


def outcome(check: Check, fact: Fact | Gap, beside: Mx | None = None) -> Outcome:
    """The outcome for a domain whose MX is in order, unless another one is given."""
    (only,) = outcomes(check, fact, beside or mx(exchange()))
    return only


def without_address(name: str = "gone.example.org") -> MxRecord:
    return MxRecord(preference=10, exchange=name, addresses=())
