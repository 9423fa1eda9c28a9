"""What is collected of a domain's mail, from a name server that answers well, badly or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.checks.mail.spf_meaning import spf_allows_everyone
from launchready.collect.mail import records as mail
from launchready.collect.opening import open_world
from launchready.collect.world import World
from launchready.derive.mail.mta_sts import (
    covered,
    parse_sts_policy,
    sts_record_problem,
    sts_records,
    tls_rpt_problem,
    tls_rpt_records,
)
from launchready.expected import mail_domain
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.dns import Zone
from launchready.facts.http import Exchange
from launchready.facts.mail import Dkim, Dmarc, MtaSts, Mx, Selectors, Spf, TlsRpt
from launchready.gather import Gatherer
from launchready.manifest import parse_manifest
from tests.collect.nameserver import Respond, resolver, serving
from tests.making import exchange, outcome

F = TypeVar("F", bound=Fact)
DOMAIN = "example.org"
MANIFEST = '[launch]\ndomain = "example.org"\n'
Records = Mapping[str, Mapping[str, list[str]]]


@dataclass(slots=True)
class Asked:
    gatherer: Gatherer
    world: World

    async def ask(self, kind: type[F], name: str = DOMAIN) -> F | Gap:
        return await self.gatherer.ask(kind, self.domain(name))

    async def fact(self, kind: type[F], name: str = DOMAIN) -> F:
        found = await self.ask(kind, name)
        assert isinstance(found, kind), found
        assert not self.gatherer.crashes
        return found

    async def key(self, selector: str) -> Dkim | Gap:
        name = f"{selector}._domainkey.{DOMAIN}"
        return await self.gatherer.ask(Dkim, Subject("selector", name, self.domain(DOMAIN)))

    def domain(self, name: str) -> Subject:
        return mail_domain(self.world.manifest, name)


@asynccontextmanager
async def asked(
    respond: Respond | Records,
    *,
    manifest: str = MANIFEST,
    zone: str = "",
    page: Exchange | str = "nothing listens",
    query_s: float = 4.0,
) -> AsyncIterator[Asked]:
    """Yield what collects from this server; `zone` is the fault of the zone, `page` the policy."""

    async def zones(subject: Subject, world: World, _ask: object) -> Zone:
        return Zone(
            subject=subject, at=world.now(), how="test", apex=subject.name, nameservers=(),
            parent_ns=(), child_ns=(), absent="org" if zone == "absent" else "",
            dnssec="bogus" if zone == "bogus" else "secure",
        )  # fmt: skip

    async def pages(subject: Subject, _world: World, _ask: object) -> Exchange | Gap:
        if isinstance(page, Exchange):
            return page
        return Gap(key=Key(Exchange, subject), reason=page, ours=page == "offline")

    answers = respond if callable(respond) else resolver(respond)
    async with (
        serving(answers) as server,
        open_world(
            parse_manifest(manifest),
            resolvers=[f"{server.address}:{server.port}"],
            query_s=query_s,
        ) as world,
    ):
        known = {**mail.COLLECTORS, Zone: zones, Exchange: pages}
        yield Asked(Gatherer(world=world, collectors=known), world)


def txt(text: str) -> dict[str, list[str]]:
    return {"TXT": [f'"{text}"']}


def declaring(line: str) -> str:
    return f'{MANIFEST}[mail.domains."{DOMAIN}"]\n{line}\n'


SPF = txt("v=spf1 ip4:192.0.2.25 include:_spf.example.net -all")
INCLUDED = txt("v=spf1 ip4:198.51.100.0/28 -all")


async def test_an_spf_record_comes_with_its_tree() -> None:
    async with asked({DOMAIN: SPF, "_spf.example.net": INCLUDED}) as here:
        found = await here.fact(Spf)
    assert (found.audit.lookups, found.audit.includes, found.fault) == (
        1,
        ("_spf.example.net",),
        "",
    )


async def test_declared_addresses_and_networks_are_evaluated_and_services_are_not() -> None:
    senders = 'senders = ["192.0.2.25", "198.51.100.0/27", "google"]'
    records = {DOMAIN: SPF, "_spf.example.net": INCLUDED}
    async with asked(records, manifest=declaring(senders)) as here:
        found = await here.fact(Spf)
    assert [(s, r.result if r else None) for s, r in found.senders] == [
        ("192.0.2.25", "pass"),
        ("198.51.100.0/27", "pass"),
        ("198.51.100.0/27", "fail"),
        ("google", None),
    ]


async def test_an_include_that_depends_on_the_sender_is_tried_with_an_address_that_nobody_has() -> (
    None
):
    records = {
        DOMAIN: txt("v=spf1 include:%{i}.s.example.net -all"),
        "240.0.0.1.s.example.net": txt("v=spf1 -all"),
    }
    async with asked(records) as here:
        found = await here.fact(Spf)
    assert found.stranger is not None
    assert found.stranger.result == "fail"


@pytest.mark.parametrize("term", ["exists:always.example.net", "exists:%{ir}.by.example.net"])
async def test_an_exists_that_matches_whoever_sends_is_seen(term: str) -> None:
    records = {
        DOMAIN: txt(f"v=spf1 {term} -all"),
        "always.example.net": {"A": ["127.0.0.2"]},
        "1.0.0.240.by.example.net": {"A": ["127.0.0.2"]},
    }
    async with asked(records) as here:
        found = await here.fact(Spf)
    assert outcome(spf_allows_everyone, found).status == "failed"


async def test_a_domain_without_spf_is_a_fact() -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.1"]}}) as here:
        assert (await here.fact(Spf)).fault == "missing"


@pytest.mark.parametrize("text", ["spf1 mx -all", "v=spf1;mx", " v=spf1 mx", "v=spf2.0/pra mx"])
async def test_a_record_that_was_meant_as_spf_is_kept(text: str) -> None:
    async with asked({DOMAIN: txt(text)}) as here:
        found = await here.fact(Spf)
    assert (found.fault, found.lookalikes) == ("missing", (text,))


@pytest.mark.parametrize(
    ("zone", "records"),
    [("absent", resolver({})), ("bogus", resolver({}, rcodes={DOMAIN: "SERVFAIL"}))],
)
async def test_a_zone_that_cannot_be_looked_up_explains_what_is_missing(
    zone: str, records: Respond
) -> None:
    async with asked(records, zone=zone) as here:
        for kind in (Spf, Mx):
            found = await here.ask(kind)
            assert isinstance(found, Gap)
            assert found.because is not None
            assert found.because.kind is Zone


async def test_a_domain_that_does_nothing_and_does_not_exist_is_a_fact() -> None:
    silent = f'{MANIFEST}[mail.domains."{DOMAIN}"]\nsends = false\n'
    async with asked(resolver({}), manifest=silent, zone="absent") as here:
        spf = await here.fact(Spf)
        assert spf.because == Key(Zone, here.domain(DOMAIN))
        assert (await here.fact(Mx)).records == ()
        assert (await here.fact(Dmarc)).result.policy is None


async def test_a_server_that_fails_in_a_good_zone_is_a_fact() -> None:
    names = [DOMAIN, f"_dmarc.{DOMAIN}", f"s1._domainkey.{DOMAIN}"]
    async with asked(resolver({}, rcodes=dict.fromkeys(names, "SERVFAIL"))) as here:
        assert (await here.fact(Spf)).fault == "lookup-fails"
        assert (await here.fact(Dmarc)).fault == "lookup-fails"
        assert (await here.fact(Mx)).fault == "lookup-fails"
        key = await here.key("s1")
        assert isinstance(key, Dkim)
        assert key.fault == "lookup-fails"


@pytest.mark.parametrize("kind", [Spf, Selectors, Dmarc, Mx, MtaSts, TlsRpt])
async def test_resolvers_that_never_answer_are_our_own_limit(kind: type[Fact]) -> None:
    async with asked(lambda _query, _transport: [], query_s=0.2) as here:
        found = await here.ask(kind)
    assert isinstance(found, Gap)
    assert found.ours


KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


async def test_a_key_is_read() -> None:
    async with asked({f"s1._domainkey.{DOMAIN}": txt(KEY)}) as here:
        found = await here.key("s1")
        missing = await here.key("s2")
    assert isinstance(found, Dkim)
    assert isinstance(missing, Dkim)
    assert (found.result.status, missing.fault) == ("found", "missing")


async def test_a_key_behind_an_alias_is_read() -> None:
    records = {
        f"s1._domainkey.{DOMAIN}": {"CNAME": ["s1.example.net."]},
        "s1.example.net": txt(KEY),
    }
    async with asked(records) as here:
        found = await here.key("s1")
    assert isinstance(found, Dkim)
    assert found.result.key is not None


async def test_declared_selectors_are_taken_as_they_are() -> None:
    async with asked({}, manifest=declaring('selectors = ["own"]')) as here:
        assert (await here.fact(Selectors)).names == ("own",)


async def test_usual_selectors_are_tried_where_none_is_declared() -> None:
    async with asked({f"google._domainkey.{DOMAIN}": txt(KEY)}) as here:
        found = await here.fact(Selectors)
    assert (found.names, found.none_exist) == (("google",), False)


async def test_the_selectors_of_a_declared_service_are_tried() -> None:
    records = {f"zendesk1._domainkey.{DOMAIN}": txt(KEY)}
    async with asked(records, manifest=declaring('senders = ["zendesk"]')) as here:
        assert (await here.fact(Selectors)).names == ("zendesk1",)


async def test_keys_of_unusual_names_are_neither_found_nor_denied() -> None:
    async with asked({f"x9z._domainkey.{DOMAIN}": txt(KEY)}) as here:
        found = await here.fact(Selectors)
    assert (found.names, found.none_exist) == ((), False)


async def test_a_name_that_does_not_exist_proves_that_no_key_does() -> None:
    async with asked({DOMAIN: SPF}) as here:
        assert (await here.fact(Selectors)).none_exist


async def test_a_wildcard_that_revokes_every_selector_names_none() -> None:
    plain = resolver({})
    revoked = resolver({f"any._domainkey.{DOMAIN}": txt("v=DKIM1; p=")})

    def respond(query: object, transport: object) -> object:
        name = str(query.question[0].name).lower()  # type: ignore[attr-defined]
        if name.endswith(f"._domainkey.{DOMAIN}."):
            known = resolver({name.rstrip("."): txt("v=DKIM1; p=")})
            return known(query, transport)  # type: ignore[arg-type]
        chosen = revoked if name.startswith("_domainkey") else plain
        return chosen(query, transport)  # type: ignore[arg-type]

    async with asked(respond) as here:  # type: ignore[arg-type]
        assert (await here.fact(Selectors)).names == ()


async def test_a_policy_comes_with_the_consent_of_its_report_addresses() -> None:
    records = {
        f"_dmarc.{DOMAIN}": txt("v=DMARC1; p=reject; rua=mailto:a@reports.example,mailto:b@example.org"),
        f"{DOMAIN}._report._dmarc.reports.example": txt("v=DMARC1"),
    }  # fmt: skip
    async with asked(records) as here:
        found = await here.fact(Dmarc)
    assert (found.result.policy, [a.consent for a in found.report_addresses]) == (
        "reject", ["given", "not needed"],
    )  # fmt: skip


async def test_the_brands_domain_is_the_one_that_holds_the_record_above() -> None:
    manifest = '[launch]\ndomain = "app.example.org"\n[mail.domains."mail.example.org"]\n'
    records = {f"_dmarc.{DOMAIN}": txt("v=DMARC1; p=reject")}
    async with asked(records, manifest=manifest) as here:
        found = await here.fact(Dmarc, "mail.example.org")
    assert (found.brand_domain, found.result.organizational_domain) == (DOMAIN, DOMAIN)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("v=DMARC1; p=x", "broken"), ("v=dmarc1; p=reject", "broken"), ("yes", "missing")],
)
async def test_what_is_no_policy_is_told_from_what_was_meant_as_one(text: str, fault: str) -> None:
    async with asked({f"_dmarc.{DOMAIN}": txt(text)}) as here:
        assert (await here.fact(Dmarc)).fault == fault


async def test_mail_exchanges_come_with_addresses_and_aliases() -> None:
    records = {
        DOMAIN: {"MX": ["20 backup.example.org.", "10 mx.example.org."]},
        "mx.example.org": {"A": ["192.0.2.25"], "AAAA": ["2001:db8::25"]},
        "backup.example.org": {"CNAME": ["real.example.net."]},
        "real.example.net": {"A": ["192.0.2.26"]},
    }
    async with asked(records) as here:
        found = await here.fact(Mx)
    assert [(r.preference, r.exchange, r.addresses, r.alias) for r in found.records] == [
        (10, "mx.example.org", ("192.0.2.25", "2001:db8::25"), ""),
        (20, "backup.example.org", ("192.0.2.26",), "real.example.net"),
    ]


async def test_a_null_mx_has_no_records() -> None:
    async with asked({DOMAIN: {"MX": ["0 ."]}}, manifest=declaring("sends = false")) as here:
        found = await here.fact(Mx)
    assert (found.null, found.records, found.fault) == (True, (), "")


async def test_without_mx_mail_goes_to_the_names_own_address() -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.1"]}}) as here:
        assert (await here.fact(Mx)).implicit_address


@pytest.mark.parametrize(
    ("exchange_name", "fault"),
    [("gone.example.org.", "unresolvable"), ("192.0.2.25.", "is-address")],
)
async def test_an_exchange_that_leads_nowhere_is_the_records_fault(
    exchange_name: str, fault: str
) -> None:
    async with asked({DOMAIN: {"MX": [f"10 {exchange_name}"]}}) as here:
        assert (await here.fact(Mx)).fault == fault


STS = {f"_mta-sts.{DOMAIN}": {"TXT": ['"v=STSv1; id=20261101"']}}
URL = f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt"
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 604800\r\n"
PLAIN = {"content-type": "text/plain; charset=utf-8"}


def policy(body: str = POLICY, **more: object) -> Exchange:
    return exchange(URL, body=body, **({"headers": PLAIN} | more))  # type: ignore[arg-type]


async def test_a_policy_is_read() -> None:
    async with asked(STS, page=policy()) as here:
        found = await here.fact(MtaSts)
    assert (found.mode, found.mx_patterns, found.max_age_s, found.problem) == (
        "enforce", ("mx.example.org",), 604800, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (policy(verified=False), "certificate"),
        (policy(status=301), "redirects"),
        (policy(status=404), "status 404"),
        (policy(headers={"content-type": "text/html"}), "text/html"),
        (policy(challenge="Cloudflare"), "bot protection"),
        (policy("version: STSv1\nmode: enforce\nmax_age: 1\n"), "names no mx"),
        ("nothing listens", "cannot be fetched: nothing listens"),
    ],
)
async def test_a_policy_that_senders_do_not_take_is_a_problem(
    page: Exchange | str, problem: str
) -> None:
    async with asked(STS, page=page) as here:
        assert problem in (await here.fact(MtaSts)).problem


async def test_a_policy_that_only_our_network_hides_is_our_own_limit() -> None:
    async with asked(STS, page="offline") as here:
        found = await here.ask(MtaSts)
    assert isinstance(found, Gap)
    assert found.ours


async def test_without_a_record_no_policy_is_fetched() -> None:
    async with asked({DOMAIN: SPF}) as here:
        found = await here.fact(MtaSts)
        assert (found.record, found.problem) == ("", "")
        assert Exchange not in {key.kind for key in here.gatherer.observed}


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([b"v=STSv1; id=1"], ""),
        ([b"v=STSv1; id=1;"], ""),
        ([b"v=STSv1; id=1; x=y"], ""),
        ([b"v=STSv1"], "no id="),
        ([b"v=STSv1; id=a-b"], "letters and digits"),
        ([b"v=STSv2; id=1"], "does not begin"),
        ([b"v=STSv1; id=1", b"v=STSv1; id=2"], "2 records"),
    ],
)
def test_an_mta_sts_record_is_read_strictly(texts: list[bytes], problem: str) -> None:
    found = sts_record_problem(sts_records(texts))
    assert (problem in found) if problem else not found


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (POLICY, ""),
        ("version: STSv1\nmode: none\nmax_age: 86400", ""),
        (POLICY.replace("enforce", "strict"), "mode"),
        (POLICY.replace("STSv1", "STSv2"), "version"),
        (POLICY.replace("604800", "99999999"), "more than"),
        (POLICY.replace("604800", "x"), "max_age"),
        (POLICY.replace("mx.example.org", "mx example"), "no host name"),
        ("<html>", "no colon"),
        ("x: y\n" * 40000, "longer than"),
    ],
)
def test_a_policy_file_is_read_strictly(body: str, problem: str) -> None:
    found = parse_sts_policy(body.encode()).problem
    assert (problem in found) if problem else not found


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([b"v=TLSRPTv1; rua=mailto:t@example.org"], ""),
        ([b"v=TLSRPTv1;rua=https://t.example/x,mailto:t@example.org"], ""),
        ([b"v=TLSRPTv1"], "no rua="),
        ([b"v=TLSRPTv1; rua=t@example.org"], "neither"),
        ([b"v=TLSRPTv1; rua=mailto:nobody"], "neither"),
        ([b"v=TLSRPTv2; rua=mailto:t@example.org"], "does not begin"),
        ([b"v=TLSRPTv1; rua=mailto:t@example.org"] * 2, "2 records"),
    ],
)
async def test_a_tls_reporting_record_is_read_strictly(texts: list[bytes], problem: str) -> None:
    found = tls_rpt_problem(tls_rpt_records(texts))
    assert (problem in found) if problem else not found


async def test_a_tls_reporting_record_is_collected() -> None:
    async with asked({f"_smtp._tls.{DOMAIN}": txt("v=TLSRPTv1; rua=mailto:t@example.org")}) as here:
        assert (await here.fact(TlsRpt)).problem == ""


@given(st.binary(max_size=300))
def test_any_bytes_are_a_policy_or_a_problem(body: bytes) -> None:
    found = parse_sts_policy(body)
    assert found.problem or found.mode in {"enforce", "testing", "none"}


@given(st.lists(st.one_of(st.binary(max_size=80), st.from_regex(rb"v=STSv1;[ -~]{0,60}"))))
def test_any_records_are_one_record_or_a_problem(texts: list[bytes]) -> None:
    for records, problem in (
        (sts_records(texts), sts_record_problem),
        (tls_rpt_records(texts), tls_rpt_problem),
    ):
        if records and not problem(records):
            assert len(records) == 1


@given(st.text(max_size=60), st.lists(st.text(max_size=60)))
def test_only_a_named_server_is_covered(host: str, patterns: list[str]) -> None:
    if covered(host, patterns):
        assert any(p.removeprefix("*.") in host.lower() for p in patterns)


LOGIN = MANIFEST + f'[routes]\n"{DOMAIN}/login" = "auth"\n'


@pytest.mark.parametrize("kind", [Spf, Selectors, Dmarc, Mx])
@pytest.mark.parametrize("records", [{}, {DOMAIN: txt("google-site-verification=x")}])
async def test_a_domain_without_any_record_for_mail_is_silent(
    kind: type[Spf | Selectors | Dmarc | Mx], records: Records
) -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.80"]}, **records}) as here:
        assert (await here.fact(kind)).silent


@pytest.mark.parametrize(
    "records",
    [
        {DOMAIN: {"MX": ["10 mx.example.org."]}},
        {DOMAIN: SPF},
        {DOMAIN: txt("spf2.0/pra -all")},
        {f"_dmarc.{DOMAIN}": txt("v=DMARC1; p=none")},
        {f"x9z._domainkey.{DOMAIN}": txt(KEY)},
    ],
    ids=["MX", "SPF", "meant as SPF", "DMARC", "DKIM"],
)
async def test_any_record_for_mail_says_that_the_domain_may_send(records: Records) -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.80"]}, **records}) as here:
        assert not (await here.fact(Mx)).silent


@pytest.mark.parametrize("manifest", [declaring(""), LOGIN], ids=["mail domain", "log-in page"])
async def test_a_manifest_that_tells_of_mail_is_taken_at_its_word(manifest: str) -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.80"]}}, manifest=manifest) as here:
        assert not (await here.fact(Spf)).silent


async def test_a_wildcard_for_hosts_is_no_sign_of_mail() -> None:
    plain = resolver({DOMAIN: {"A": ["192.0.2.80"]}})

    def respond(query: object, transport: object) -> object:
        name = str(query.question[0].name).lower().rstrip(".")  # type: ignore[attr-defined]
        known = resolver({name: {"A": ["192.0.2.80"]}}) if name.endswith(f".{DOMAIN}") else plain
        return known(query, transport)  # type: ignore[arg-type]

    async with asked(respond) as here:  # type: ignore[arg-type]
        assert (await here.fact(Mx)).silent


async def test_a_failing_look_up_is_no_silence() -> None:
    plain = resolver({DOMAIN: {"A": ["192.0.2.80"]}})

    def respond(query: dns.message.Message, transport: str) -> object:
        if str(query.question[0].name).startswith("_dmarc."):
            reply = dns.message.make_response(query)
            reply.set_rcode(dns.rcode.SERVFAIL)
            return [reply.to_wire()]
        return plain(query, transport)  # type: ignore[arg-type]

    async with asked(respond) as here:  # type: ignore[arg-type]
        assert not (await here.fact(Mx)).silent
