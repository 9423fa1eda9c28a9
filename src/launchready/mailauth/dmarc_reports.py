"""Who may receive a domain's DMARC reports (RFC 9990, 4): destinations must agree to it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from launchready.mailauth.dmarc_record import DmarcRecord, ReportUri, parse_dmarc
from launchready.mailauth.dmarc_walk import walk_questions, walk_tree
from launchready.mailauth.lookups import Answer, Asking, Question
from launchready.mailauth.names import host_domain, query_name

Tag: TypeAlias = Literal["rua", "ruf"]
Consent: TypeAlias = Literal["not needed", "given", "missing", "unknown", "not checkable"]

_ADDRESSES_MAX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAddress:
    """One address of rua or ruf, and whether its domain agrees to receive reports.

    `asked` is the name of the TXT record that gives consent: `v=DMARC1` is enough there.
    """

    tag: Tag
    uri: ReportUri
    consent: Consent
    asked: str
    record: str


def audit_report_addresses(
    policy_domain: str, record: DmarcRecord
) -> Asking[tuple[ReportAddress, ...]]:
    """Return every reporting address with its consent; at most 32 addresses are looked at.

    Consent is needed where the organizational domain of the address differs from that of the
    domain that publishes the record. URIs other than mailto: cannot be checked.
    """
    domain = host_domain(policy_domain)
    rua: list[tuple[Tag, ReportUri]] = [("rua", uri) for uri in record.rua]
    ruf: list[tuple[Tag, ReportUri]] = [("ruf", uri) for uri in record.ruf]
    pairs = (rua + ruf)[:_ADDRESSES_MAX]
    if domain is None:
        return tuple(_address(tag, uri, "not checkable") for tag, uri in pairs)
    foreign = tuple(dict.fromkeys(uri.domain for _, uri in pairs if uri.domain not in ("", domain)))
    consents: dict[str, tuple[Consent, str, str]] = {domain: ("not needed", "", "")}
    if foreign:
        walks = [walk_questions(each) for each in (domain, *foreign)]
        answers = yield tuple(question for questions in walks for question in questions)
        orgs: list[str] = []
        at = 0
        for each, questions in zip((domain, *foreign), walks, strict=True):
            walked = walk_tree(each, answers[at : at + len(questions)])
            orgs.append(walked.organizational_domain)
            at += len(questions)
        for each, org in zip(foreign, orgs[1:], strict=True):
            if org == orgs[0]:
                consents[each] = ("not needed", "", "")
        external = [
            each
            for each in foreign
            if each not in consents and query_name(f"{domain}._report._dmarc.{each}") is not None
        ]
        names = [f"{domain}._report._dmarc.{each}" for each in external]
        if names:
            answers = yield tuple(Question(name=name, rdtype="TXT") for name in names)
            for each, name, answer in zip(external, names, answers, strict=True):
                consents[each] = (*_consent(answer), name)
    return tuple(
        _address(tag, uri, *consents.get(uri.domain, ("not checkable", "", "")))
        for tag, uri in pairs
    )


def _consent(answer: Answer) -> tuple[Consent, str]:
    if answer.failed:
        return "unknown", ""
    for text in answer.texts:
        if (found := parse_dmarc(text)) is not None:
            return "given", found.text
    return "missing", ""


def _address(
    tag: Tag,
    uri: ReportUri,
    consent: Consent,
    record: str = "",
    asked: str = "",
) -> ReportAddress:
    return ReportAddress(tag=tag, uri=uri, consent=consent, asked=asked, record=record)
