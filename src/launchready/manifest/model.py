"""What may stand in `launchready.toml`, section by section, with the launch's defaults."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from launchready.manifest.app import ChatSection, GuardSection, VariableEntry
from launchready.manifest.routes import AccountEntry, OldUrlEntry, RouteEntry, with_roots
from launchready.manifest.section import Section
from launchready.manifest.values import (
    Address,
    Day,
    Domain,
    Hostname,
    Names,
    RouteUrl,
    Variable,
    dial_line,
    headed,
    hostname,
    no_circle,
    once,
    one_or_many,
    resolver,
    route_url,
)

EdgeName = Literal["cloudflare", "fastly", "cloudfront", "bunny", "vercel", "netlify", "none"]


class LaunchSection(Section):
    """`[launch]`: what goes live, where and when."""

    domain: Domain = Field(description="The community's own domain, such as example.org.")
    name: str = Field("", max_length=200, description="What members call the community.")
    date: Day | None = Field(None, description="The day the doors open.")
    timezone: str = Field("UTC", description="IANA time zone of the launch, such as Europe/Berlin.")
    edge: EdgeName | None = Field(
        None, description="The CDN in front of every host, unless a host says otherwise."
    )
    token: str = Field(
        "",
        max_length=200,
        description="Put this into a TXT record at _launchready.<domain>, or into "
        "/.well-known/launchready.txt, to allow active checks.",
    )
    switches_dns: bool = Field(
        False, description="true when DNS records will be changed for the launch (TTL is checked)."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo  # noqa: PLC0415

        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin") from None
        return value


class PeopleSection(Section):
    """`[people]`: who owns what. One name is a start; two who can reach a thing are safer."""

    domain: Names = Field((), description="Who can log in at the registrar.")
    dns: Names = Field((), description="Who can change DNS records.")
    hosting: Names = Field((), description="Who can deploy and roll back.")
    mail: Names = Field((), description="Who can change the mail provider's settings.")
    payments: Names = Field((), description="Who can log in at the payment provider.")
    alerts: Names = Field((), description="Who is told when it breaks.")


class HostEntry(Section):
    """`[hosts."app.example.org"]`: one host of the launch."""

    name: Hostname = ""
    redirects_to: Hostname | None = Field(
        None, description="This host only sends visitors on to another."
    )
    addresses: tuple[Address, ...] = Field((), description="The addresses it should publish.")
    cname: Hostname | None = Field(None, description="The name that it should be an alias of.")
    edge: EdgeName | None = Field(None, description="The CDN in front of this host.")
    origin: tuple[Address, ...] = Field(
        (), description="The server behind the edge, which visitors must not reach directly."
    )
    login: bool | None = Field(None, description="true when members can sign in on this host.")
    web: bool = Field(True, description="false for a name that serves no web pages.")

    @model_validator(mode="after")
    def _leads_elsewhere(self) -> HostEntry:
        if self.redirects_to is not None and self.redirects_to == self.name:
            raise ValueError(f"redirects_to names the host itself, {self.name}")
        return self

    @field_validator("origin", "addresses", mode="before")
    @classmethod
    def _many(cls, value: Any) -> Any:
        return one_or_many(value)


class MailDomainEntry(Section):
    """`[mail.domains."example.org"]`: a domain in the From of the launch's mail, or one that never sends."""

    name: Hostname = ""
    sends: bool = Field(True, description="false for a domain that never sends mail.")
    receives: bool | None = Field(None, description="false when nobody reads mail here.")
    senders: Names = Field(
        (),
        description="Services and addresses that send in its name: google, postmark, "
        "203.0.113.7, include:_spf.example.net.",
    )
    selectors: Names = Field((), description="DKIM selectors, as the mail provider names them.")


class MailSection(Section):
    """`[mail]`: the domains that mail is sent from."""

    domains: dict[Hostname, MailDomainEntry] = Field(default_factory=dict)

    @field_validator("domains", mode="before")
    @classmethod
    def _name_them(cls, value: Any) -> Any:
        return _named(value)


class NetworkSection(Section):
    """`[network]`: how to look, so that a launch can be audited before its DNS is switched."""

    resolvers: Annotated[
        tuple[Annotated[str, AfterValidator(resolver)], ...], BeforeValidator(one_or_many)
    ] = Field((), description="DNS resolvers to ask, as IP or IP:PORT.")
    dial: Annotated[
        tuple[Annotated[str, AfterValidator(dial_line)], ...], BeforeValidator(one_or_many)
    ] = Field((), description="HOST-OR-ADDRESS:PORT=ADDRESS:PORT: where to connect instead.")
    ca: str | None = Field(None, description="File with certificate authorities to trust as well.")


class BudgetsSection(Section):
    """`[budgets]`: what may be spent and how long things may take."""

    ai_monthly: float | None = Field(
        None, ge=0,
        description="Spending limit at the AI provider a month, in US dollars as providers price.",
    )  # fmt: skip
    ai_monthly_tokens: int | None = Field(
        None, ge=0, description="Tokens that all members together may use a month."
    )
    ai_member_monthly: float | None = Field(
        None,
        ge=0,
        description="What one member may cost at the AI provider a month, in US dollars.",
    )
    ai_member_monthly_tokens: int | None = Field(
        None, ge=0, description="Tokens that one member may use a month."
    )
    page_s: float = Field(2.5, gt=0, description="Seconds until a page shows its main content.")
    first_byte_s: float = Field(0.8, gt=0, description="Seconds until a page's first byte.")
    expires_soon_days: int = Field(21, ge=1, le=90)


class AlertsSection(Section):
    """`[alerts]`: who is told when it breaks, and how that was tried."""

    monitor: str = Field("", description="The monitor that watches the launch, by name or URL.")
    tested: Day | None = Field(None, description="When a test alert last reached a person.")


class DeploymentSection(Section):
    """`[deployment]`: how it runs and how to go back."""

    rollback: str = Field(
        "", description="The command or the steps that bring back the last version."
    )
    ai_provider: str = Field(
        "", description="The AI provider that the chatbot calls; empty if none."
    )
    regions: int = Field(1, ge=1, description="In how many regions the app runs.")
    shards: int = Field(1, ge=1, description="Into how many pieces the database is split.")
    caches: Names = Field((), description="Caches between the visitor and the database, by name.")


class Manifest(Section):
    """A whole `launchready.toml`."""

    launch: LaunchSection
    people: PeopleSection = PeopleSection()
    hosts: dict[Hostname, HostEntry] = Field(default_factory=dict)
    routes: dict[RouteUrl, RouteEntry] = Field(default_factory=dict)
    redirects: dict[RouteUrl, OldUrlEntry] = Field(default_factory=dict)
    mail: MailSection = MailSection()
    accounts: dict[str, AccountEntry] = Field(default_factory=dict)
    network: NetworkSection = NetworkSection()
    budgets: BudgetsSection = BudgetsSection()
    alerts: AlertsSection = AlertsSection()
    deployment: DeploymentSection = DeploymentSection()
    environment: dict[Variable, VariableEntry] = Field(default_factory=dict)
    chat: ChatSection = ChatSection()
    guard: GuardSection = GuardSection()

    @field_validator("environment", mode="before")
    @classmethod
    def _name_variables(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        entries = {k: {"kind": e} if isinstance(e, str) else e for k, e in value.items()}
        return headed(entries, "name")

    @field_validator("hosts", mode="before")
    @classmethod
    def _name_hosts(cls, value: Any) -> Any:
        return _named(value)

    @field_validator("routes", mode="before")
    @classmethod
    def _name_routes(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        once(value, route_url)
        entries = {k: {"kind": e} if isinstance(e, str) else e for k, e in value.items()}
        return headed(entries, "url")

    @field_validator("redirects", mode="before")
    @classmethod
    def _name_redirects(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        once(value, route_url)
        # A table is a target as well, and refused as such: it must not pass for an entry.
        return {
            k: {"source": k, "target": t} if isinstance(t, str | dict) else t
            for k, t in value.items()
        }

    @field_validator("hosts")
    @classmethod
    def _hosts_end(cls, value: dict[str, HostEntry]) -> dict[str, HostEntry]:
        no_circle({n: h.redirects_to for n, h in value.items() if h.redirects_to is not None})
        return value

    @field_validator("redirects")
    @classmethod
    def _old_urls_end(cls, value: dict[str, OldUrlEntry]) -> dict[str, OldUrlEntry]:
        no_circle({old.source: old.target for old in value.values()})
        return value

    @cached_property
    def all_hosts(self) -> dict[str, HostEntry]:
        """Every host of the launch: declared ones, those of routes and accounts, and the domain."""
        hosts = dict.fromkeys([self.launch.domain, *self.hosts])
        for url in [r.url for r in self.routes.values()] + [
            url for a in self.accounts.values() for url in (a.login, a.private)
        ]:
            hosts.setdefault(urlsplit(url).hostname or self.launch.domain)
        return {name: self.hosts.get(name) or HostEntry(name=name) for name in hosts}

    @cached_property
    def all_routes(self) -> dict[str, RouteEntry]:
        """Every route by its URL: the declared ones, and the root of each web host with pages."""
        hosts = [h.name for h in self.all_hosts.values() if h.web and h.redirects_to is None]
        return with_roots(self.routes, hosts)

    @cached_property
    def mail_domains(self) -> dict[str, MailDomainEntry]:
        """Every mail domain; the launch's own counts as one that sends when none is declared."""
        if self.mail.domains:
            return dict(self.mail.domains)
        return {self.launch.domain: MailDomainEntry(name=self.launch.domain)}

    def edge_of(self, host: str) -> EdgeName | None:
        """Return the edge declared for a host, its own before the launch's; None if none."""
        entry = self.hosts.get(host)
        edge = entry.edge if entry and entry.edge is not None else self.launch.edge
        return None if edge == "none" else edge


def _named(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    once(value, hostname)
    return headed(value, "name")
