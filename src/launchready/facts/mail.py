"""What the DNS and the mail servers say of a domain's mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from launchready.facts.subject import Fact
from launchready.mailauth.dkim_key import DkimKeyResult
from launchready.mailauth.dmarc import DmarcResult
from launchready.mailauth.dmarc_reports import ReportAddress
from launchready.mailauth.spf_result import SpfAudit, SpfResult
from launchready.manifest import MailDomainEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf(Fact):
    """The SPF record of a domain with everything that it includes (RFC 7208)."""

    plain: ClassVar[str] = "the SPF record"

    entry: MailDomainEntry
    audit: SpfAudit
    senders: tuple[tuple[str, SpfResult | None], ...] = ()
    """For each declared sending address: SPF's result for it. None for a service, judged by the tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim(Fact):
    """The DKIM key of a selector (RFC 6376 section 3.6)."""

    plain: ClassVar[str] = "the DKIM key"

    domain: str
    selector: str
    result: DkimKeyResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc(Fact):
    """The DMARC policy that applies to a domain (RFC 9989)."""

    plain: ClassVar[str] = "the DMARC policy"

    entry: MailDomainEntry
    result: DmarcResult
    report_addresses: tuple[ReportAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRecord:
    """One MX record and the addresses of its exchange."""

    preference: int
    exchange: str
    addresses: tuple[str, ...]
    alias: str = ""
    """Target, when the exchange is a CNAME, which RFC 2181 section 10.3 forbids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mx(Fact):
    """The MX records of a domain (RFC 5321 section 5)."""

    plain: ClassVar[str] = "the MX records"

    entry: MailDomainEntry
    records: tuple[MxRecord, ...]
    null: bool
    """A null MX (RFC 7505): the domain accepts no mail."""
    implicit_address: bool
    """No MX, but an address at the name itself: mail goes there (RFC 5321 section 5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer(Fact):
    """A conversation with one mail exchange on port 25, up to STARTTLS; no mail is sent."""

    plain: ClassVar[str] = "the mail server"

    reachable: bool
    banner: str
    starttls: bool
    tls_accepted: bool
    tls_detail: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MtaSts(Fact):
    """The MTA-STS record and policy of a domain (RFC 8461)."""

    plain: ClassVar[str] = "the MTA-STS policy"

    record: str
    policy: str
    mode: str
    mx_patterns: tuple[str, ...]
    max_age_s: int
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRpt(Fact):
    """The SMTP TLS reporting record of a domain (RFC 8460)."""

    plain: ClassVar[str] = "the TLS-RPT record"

    records: tuple[str, ...]
    problem: str = ""
