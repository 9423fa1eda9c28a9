"""What the DNS and the mail servers say of a domain's mail."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar, Literal

from launchready.facts.spf_faults import SpfFault, spf_fault
from launchready.facts.subject import Fact, Key
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
    """For each declared sending address: SPF's result for it. None for a service, judged by the tree.

    A network stands twice, with the results of its first and its last address.
    """
    stranger: SpfResult | None = None
    """SPF's result for an address that nobody has, where terms depend on the sender or on what exists."""
    lookalikes: tuple[str, ...] = ()
    """TXT records that were meant as SPF but do not begin as one must (RFC 7208 section 4.5)."""
    exchanges: tuple[str, ...] = ()
    """Names of the domain's MX, looked up where there is no SPF record."""
    misplaced: tuple[str, str] | None = None
    """Where an SPF record stands by mistake, and that record; looked up where there is none."""
    silent: bool = False
    """Nothing says whether mail is sent as this domain: neither the manifest nor any record."""

    @property
    def fault(self) -> SpfFault | Literal[""]:
        """What keeps the record from being judged, or makes receivers ignore the whole of it."""
        return spf_fault(self.audit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors(Fact):
    """The DKIM selectors of a sending domain: those declared, or those found by common names."""

    plain: ClassVar[str] = "the DKIM selectors"

    entry: MailDomainEntry
    names: tuple[str, ...]
    guessed: tuple[str, ...] = ()
    """The common names that were tried; none when selectors are declared."""
    none_exist: bool = False
    """Nothing exists at or below `_domainkey` (NXDOMAIN, RFC 8020), so there is no key at all."""
    trouble: str = ""
    """Why that could not be told."""
    silent: bool = False
    """Nothing says whether mail is sent as this domain: neither the manifest nor any record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim(Fact):
    """The DKIM key of a selector (RFC 6376 section 3.6)."""

    plain: ClassVar[str] = "the DKIM key"

    domain: str
    selector: str
    result: DkimKeyResult
    misplaced: tuple[str, str] | None = None
    """Where a key stands by mistake, and its record; looked up where there is none."""
    alias: str = ""
    """Where the selector's name leads as an alias, if there is no key."""

    @property
    def fault(self) -> Literal["lookup-fails", "missing", "several", "revoked", ""]:
        """Why there is no key to judge."""
        match self.result.status:
            case "error":
                return "lookup-fails"
            case "missing":
                return "missing"
            case "several":
                return "several"
            case _:
                return "revoked" if self.result.key and self.result.key.revoked else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc(Fact):
    """The DMARC policy that applies to a domain (RFC 9989)."""

    plain: ClassVar[str] = "the DMARC policy"

    entry: MailDomainEntry
    result: DmarcResult
    report_addresses: tuple[ReportAddress, ...] = ()
    misplaced: tuple[str, str] | None = None
    """Where a policy stands by mistake, and that record; looked up where there is none."""
    alias: str = ""
    """Where the domain's own `_dmarc` leads as an alias, if there is no policy."""
    brand_domain: str = ""
    """The organizational domain of the launch's own domain, with which the sender should align."""
    silent: bool = False
    """Nothing says whether mail is sent as this domain: neither the manifest nor any record."""

    @property
    def fault(self) -> Literal["lookup-fails", "several", "broken", "missing", ""]:
        """Why no policy, or another one than was meant, applies."""
        if self.result.result == "temperror":
            return "lookup-fails"
        above = self.result.walked
        if any(stop.found == "several" for stop in above if self._counts(stop.domain)):
            return "several"
        if self.result.published_policy is None:
            meant = self.result.parsed or any(stop.lookalikes for stop in above)
            return "broken" if meant or self.result.result == "permerror" else "missing"
        return "broken" if self.result.parsed and not self.result.parsed.sound else ""

    def _counts(self, domain: str) -> bool:
        """Whether a record at this name of the walk would apply to the domain."""
        found = (self.result.from_domain, self.result.policy_domain)
        return domain in found or (self.result.policy_domain is None and "." in domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRecord:
    """One MX record and the addresses of its exchange."""

    preference: int
    exchange: str
    addresses: tuple[str, ...]
    alias: str = ""
    """Target, when the exchange is a CNAME, which RFC 2181 section 10.3 forbids."""
    trouble: str = ""
    """Why its addresses could not be looked up, when the DNS failed."""

    @property
    def numeric(self) -> bool:
        """Whether an address stands where a name must (RFC 1035 section 3.3.9)."""
        try:
            ip_address(self.exchange)
        except ValueError:
            return False
        return True


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
    trouble: str = ""
    """Why the records could not be looked up, when the DNS failed."""
    silent: bool = False
    """Nothing says whether mail is sent as this domain: neither the manifest nor any record."""

    @property
    def unresolved(self) -> tuple[MxRecord, ...]:
        """The records whose exchange is a name without address."""
        return tuple(r for r in self.records if not r.addresses and not r.trouble and not r.numeric)

    @property
    def fault(
        self,
    ) -> Literal["lookup-fails", "is-address", "unresolvable", "is-alias", "missing", ""]:
        """Why mail servers cannot be found."""
        if self.trouble or (self.records and all(r.trouble for r in self.records)):
            return "lookup-fails"
        if any(r.numeric for r in self.records):
            return "is-address"
        if self.unresolved:
            return "unresolvable"
        wanted = self.entry.sends and self.entry.receives is not False and not self.silent
        if wanted and not self.records:
            return "missing"
        return "is-alias" if any(r.alias for r in self.records) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTalk(Fact):
    """What came of talking to one mail exchange, before other exchanges are compared."""

    plain: ClassVar[str] = "the talk with the mail server"

    end: Literal["talked", "refused", "no greeting", "no connection"]
    """`no connection`: a time-out or no way there, which may be our own network."""
    address: str = ""
    banner: str = ""
    starttls: bool = False
    tls_accepted: bool = False
    tls_detail: str = ""
    name_matches: bool | None = None
    trusted: bool | None = None
    trust_detail: str = ""
    detail: str = ""
    ours: bool = False
    """The server turns away our own network, as on a block list, or our machine has no way to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer(Fact):
    """A conversation with one mail exchange on port 25, up to STARTTLS; no mail is sent."""

    plain: ClassVar[str] = "the mail server"

    reachable: bool
    banner: str
    starttls: bool
    tls_accepted: bool
    tls_detail: str = ""
    """Version and certificate, or why the handshake failed."""
    name_matches: bool | None = None
    """Whether the certificate names the exchange; None without a handshake."""
    trusted: bool | None = None
    """Whether a public authority vouches for the certificate today; None without a handshake."""
    trust_detail: str = ""
    """Why it is not trusted, in OpenSSL's words."""
    detail: str = ""
    """Why it is not reachable, or what was odd."""
    address: str = ""
    """The published address that answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MtaSts(Fact):
    """The MTA-STS record and policy of a domain (RFC 8461)."""

    plain: ClassVar[str] = "the MTA-STS policy"

    record: str
    """The record; empty when there is none."""
    policy: str
    """The policy file as it was fetched; empty when it could not be."""
    mode: str
    mx_patterns: tuple[str, ...]
    max_age_s: int
    problem: str = ""
    """What is wrong with record or policy; receivers then act as if there were none."""
    because: Key | None = None
    """The key of the web host's own trouble, when that is why there is no policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRpt(Fact):
    """The SMTP TLS reporting record of a domain (RFC 8460)."""

    plain: ClassVar[str] = "the TLS-RPT record"

    records: tuple[str, ...]
    problem: str = ""
