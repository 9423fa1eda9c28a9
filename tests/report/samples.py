"""Reports made by hand: a launch with every kind of outcome, judged and folded as a run does it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from launchready.facts import LAUNCH, Fact, Gap, Key, Subject, host_subject
from launchready.facts.declared import Declared
from launchready.facts.dns import Alias, Resolution, ResolverAnswer
from launchready.facts.exposure import Reach
from launchready.facts.tls import Certificate, Handshake
from launchready.facts.ways import Entrance, Walk
from launchready.finding import (
    BarLine,
    Check,
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)
from launchready.judge import judge
from launchready.report.model import Report
from launchready.report.routing import routing_map
from launchready.verdict import decide
from tests.making import AT, DOMAIN, exchange, manifest, walk

TOML = """
[launch]
domain = "example.org"
name = "The Beekeepers"
edge = "cloudflare"
timezone = "Europe/Berlin"
[hosts."www.example.org"]
redirects_to = "example.org"
[hosts."app.example.org"]
login = true
origin = ["203.0.113.80"]
[hosts."community.example.org"]
[hosts."docs.example.org"]
edge = "none"
"""

POLICY = (
    "Content-Security-Policy: default-src 'self'; img-src 'self' data: https://images.example.net; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Fact):
    """A fact of the samples: `what` decides what the checks say."""

    plain: ClassVar[str] = "the sample"

    what: str = "good"

    @property
    def fault(self) -> str:
        return "broken" if self.what == "broken" else ""


def seen(subject: Subject, what: str = "good") -> Seen:
    return Seen(subject=subject, at=AT, how="by hand", what=what)


def failed(**changes: object) -> Failed:
    values: dict[str, object] = {
        "means": "Browsers refuse the site, so nobody can sign in.",
        "observed": "expired 2 days ago",
        "wanted": "valid for at least 21 days",
        "fix": (
            "Renew the certificate: `certbot renew --force-renewal`",
            "Reload the web server so that it serves the new one: `nginx -s reload`",
        ),
        "who": "your developer",
        "effort_min": 15,
        "takes_effect": "at once",
        "see": "curl -sSI https://app.example.org/",
    }
    return Failed(**(values | changes))  # type: ignore[arg-type]


def make_check(
    name: str,
    say: Callable[[str, str], Result],
    *,
    family: str = "tls",
    severity: Severity = Severity.BLOCKER,
    impact: Impact = Impact.SIGN_IN,
    bar: BarLine | None = None,
    owns: bool = False,
) -> Check:
    """Return a check that says what `say` makes of the sample's word and the subject's name."""

    def judged(x: Seen) -> Result:
        return say(x.what, x.subject.name)

    judged.__name__ = name.replace("-", "_")
    judged.__module__ = f"checks.{family}"
    judged.__doc__ = (
        f"{name.capitalize().replace('-', ' ')}.\n\n"
        "Why: Members meet it on the first day.\n\nFix: Do what the report says."
    )
    prevents = [(Seen, "broken")] if owns else []
    return check(severity=severity, impact=impact, bar=bar, prevents=prevents)(judged)


@check(severity=Severity.BLOCKER, impact=Impact.SIGN_IN, bar="sign-in")
def needs_the_parent(x: Parent[Seen], launch: Declared) -> Result:
    """Something above is broken.

    Why: It is.

    Fix: Mend it.
    """
    return Passed(evidence=f"{x.subject} and {launch.subject} are there")


def _certificate_check() -> Check:
    def say(what: str, name: str) -> Result:
        if what == "broken":
            return failed(see=f"openssl s_client -connect {name}:443 -servername {name}")
        return Passed(evidence="valid for 63 days")

    return make_check("certificate-expired", say, bar="https", owns=True)


def _page_check() -> Check:
    def say(what: str, name: str) -> Result:
        if what == "broken":
            return failed(
                means="Who types the name without https never arrives: the log-in page sends them round in circles.",
                observed="redirects in a loop",
                wanted="one redirect to https",
                fix=(
                    "Send every http request to https once: return 301 https://$host$request_uri;",
                ),
                effort_min=10,
                see=f"curl -sSIL http://{name}/login",
            )
        return Passed(evidence="one redirect")

    return make_check("redirect-loop", say, family="redirects", bar="redirects")


def _mail_checks() -> list[Check]:
    def spf(what: str, name: str) -> Result:
        if what != "mail":
            return Passed(evidence="4 of 10 look-ups")
        return failed(
            means="Mail to members may land in spam: receivers stop counting at ten look-ups.",
            observed="13 look-ups",
            wanted="10 at most",
            fix=(
                f"Replace the TXT record at {name} by: v=spf1 include:_spf.example.net ip4:203.0.113.7 -all",
            ),
            who="you",
            effort_min=20,
            takes_effect="within an hour",
            see=f"dig +short TXT {name}",
            evidence="include:_spf.one.example 5\n  include:_netblocks.one.example 4\ninclude:two.example 8",
        )

    def dmarc(what: str, name: str) -> Result:
        if what != "mail":
            return Passed(evidence="p=none with reports")
        return failed(
            means="Anybody can send mail in your community's name, and you would not hear of it.",
            observed="no DMARC record",
            wanted="a DMARC record with reports",
            fix=(
                f'Add this DNS record:\n_dmarc.{name}. 3600 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@{name}"',
            ),
            who="you",
            effort_min=15,
            takes_effect="within an hour",
            see=f"dig +short TXT _dmarc.{name}",
        )

    return [
        make_check("spf-too-many-lookups", spf, family="mail", impact=Impact.EMAIL, bar="mail"),
        make_check("dmarc-missing", dmarc, family="mail", impact=Impact.EMAIL, bar="mail"),
    ]


def _mild_checks() -> list[Check]:
    def csp(what: str, _name: str) -> Result:
        if what == "good":
            return failed(
                means="If a script slips into a page, nothing keeps it from running.",
                observed="no Content-Security-Policy",
                wanted="a policy that names what the page loads",
                fix=(f"Send this header with every page: {POLICY}",),
                effort_min=45,
            )
        return NotApplicable(reason="no page to protect")

    def ipv6(what: str, name: str) -> Result:
        if what == "good":
            return failed(
                means="Members on phones that only have IPv6 reach you by a detour.",
                observed="no AAAA record",
                wanted="an AAAA record",
                fix=("Switch IPv6 on at your edge.",),
                who="your host",
                effort_min=10,
                see=f"dig +short AAAA {name}",
            )
        return Passed(evidence="2001:db8::5")

    def limit(_what: str, _name: str) -> Result:
        return Unproven(
            reason="the active checks were not asked for",
            ours=True,
            how_to_prove="Run again with --active.",
        )

    return [
        make_check("csp-missing", csp, family="exposure", severity=Severity.RISK,
                   impact=Impact.EXPOSURE),
        make_check("no-ipv6", ipv6, family="dns", severity=Severity.ADVICE, impact=Impact.SPEED),
        make_check("log-in-not-limited", limit, family="rate-limits", impact=Impact.SIGN_IN,
                   bar="abuse"),
    ]  # fmt: skip


def checks() -> list[Check]:
    return [_certificate_check(), _page_check(), *_mail_checks(), *_mild_checks()]


def resolution(name: str, *addresses: str, alias: str = "") -> Resolution:
    aliases = (Alias(owner=name, target=alias, ttl_s=300),) if alias else ()
    answer = ResolverAnswer(
        resolver="203.0.113.53",
        rcode="NOERROR" if addresses else "NXDOMAIN",
        v4=addresses,
        aliases=aliases,
    )
    return Resolution(subject=host_subject(name, DOMAIN), at=AT, how="dig", answers=(answer,))


def handshake(name: str, *, days: int = 63) -> Handshake:
    certificate = Certificate(
        subject=f"CN={name}", issuer="CN=An Issuer", issuer_organization="Issuer", names=(name,),
        names_total=1, not_before=AT - timedelta(days=20), not_after=AT + timedelta(days=days),
        key_type="EC", key_bits=256, signature_hash="sha256", self_signed=False,
        fingerprint_sha256="00" * 32,
    )  # fmt: skip
    return Handshake(
        subject=host_subject(name, DOMAIN), at=AT, how="TLS", accepted=True,
        trust="expired" if days < 0 else "trusted", chain=(certificate,),
    )  # fmt: skip


def hop(
    url: str, to: str = "", status: int = 301, **headers: str
) -> tuple[str, int, dict[str, str]]:
    fields = {k.replace("_", "-"): v for k, v in headers.items()}
    return url, status, fields | ({"location": to} if to else {})


def a_walk(*hops: tuple[str, int, dict[str, str]], end: str = "answer") -> Walk:
    made = [exchange(url, status=status, headers=fields) for url, status, fields in hops]
    return walk(*made, end=end)  # type: ignore[arg-type]


def entrance(name: str, http: Walk | None, https: Walk | None) -> Entrance:
    return Entrance(
        subject=host_subject(name, DOMAIN), at=AT, how="GET", http_root=http, https_root=https,
        http_deep=None, https_deep=None, deep_path="/x", deep_query="y=1", http_closed=False,
    )  # fmt: skip


def world_facts() -> list[Fact | Gap]:
    """Return what routing shows: a redirect, an edge, an origin around it, a dead host, a gap."""
    apex, www, app = "example.org", "www.example.org", "app.example.org"
    community, docs = "community.example.org", "docs.example.org"
    cloud = {"cf_ray": "8a1", "server": "cloudflare"}
    at_apex = hop(f"https://{apex}/", status=200, **cloud)
    found: list[Fact | Gap] = [
        resolution(apex, "203.0.113.5", "203.0.113.6"),
        resolution(www, "203.0.113.5", alias=apex),
        resolution(app, "203.0.113.7"),
        resolution(community),
        resolution(docs, "203.0.113.90"),
        handshake(apex),
        handshake(www),
        handshake(app, days=-2),
        entrance(apex, a_walk(hop(f"http://{apex}/", f"https://{apex}/"), at_apex), a_walk(at_apex)),
        entrance(
            www,
            a_walk(
                hop(f"http://{www}/", f"https://{www}/"),
                hop(f"https://{www}/", f"https://{apex}/"),
                at_apex,
            ),
            a_walk(hop(f"https://{www}/", f"https://{apex}/"), at_apex),
        ),
        entrance(
            app,
            a_walk(hop(f"http://{app}/", f"http://{app}/login"), hop(f"http://{app}/login", f"http://{app}/"), end="loop"),
            a_walk(hop(f"https://{app}/", status=200, **cloud)),
        ),
        Reach(
            subject=host_subject(app, DOMAIN), at=AT, how="GET", origin="203.0.113.80",
            reachable=True, status=200, same_site=True, detail="answers with the site itself",
        ),
    ]  # fmt: skip
    resolved = Key(Resolution, host_subject(community, DOMAIN))
    for kind in (Handshake, Entrance):
        key = Key(kind, host_subject(community, DOMAIN))
        found.append(Gap(key=key, reason="the name does not resolve", because=resolved))
    docs_key = host_subject(docs, DOMAIN)
    found += [
        Gap(key=Key(Handshake, docs_key), reason="no answer within 10 seconds"),
        Gap(key=Key(Entrance, docs_key), reason="no answer within 10 seconds"),
    ]
    return found


def sample_facts() -> list[Fact | Gap]:
    """Return the facts that the sample checks judge."""
    apex, app = host_subject("example.org", DOMAIN), host_subject("app.example.org", DOMAIN)
    below = Subject("route", "https://app.example.org/members", app)
    docs = host_subject("docs.example.org", DOMAIN)
    return [
        seen(apex, "good"),
        seen(app, "broken"),
        seen(host_subject("www.example.org", DOMAIN), "mail"),
        Gap(key=Key(Seen, below), reason="the handshake failed", because=Key(Seen, app)),
        Gap(
            key=Key(Seen, docs),
            reason="a bot protection answered instead of the site",
            how_to_prove="Allow this machine's address at the edge and run again.",
        ),
    ]


def report(
    *,
    catalogue: Sequence[Check] | None = None,
    facts: Sequence[Fact | Gap] | None = None,
    toml: str = TOML,
    **changes: object,
) -> Report:
    """Return the sample report: a no-go with blockers, risks, advice, consequences and gaps."""
    declared = Declared(
        subject=LAUNCH, at=AT, how="by hand", manifest=manifest(toml), from_file=True
    )
    judged = [*(sample_facts() if facts is None else facts), declared]
    observed = {f.key: f for f in judged}
    outcomes = judge(checks() if catalogue is None else catalogue, observed)
    around = {f.key: f for f in world_facts()}
    made = Report(
        verdict=decide(observed, observed, outcomes),
        domain="example.org",
        name="The Beekeepers",
        started=AT,
        finished=AT + timedelta(seconds=9),
        timezone="Europe/Berlin",
        manifest_file="launchready.toml",
        routing=routing_map(manifest(toml), around, AT),
        cache_safe=(
            ("https://example.org/static/app.4f2a.js", "fingerprinted, so it never changes"),
        ),
        cache_dynamic=(("https://app.example.org/login", "it sets a session"),),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def healthy() -> Report:
    """Return a report in which everything passed."""
    good = [c for c in checks() if c.severity is Severity.BLOCKER and c.family != "rate-limits"]
    return report(catalogue=good, facts=[seen(host_subject("example.org", DOMAIN))])
