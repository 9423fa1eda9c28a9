"""The lab's name servers, resolvers and mail servers run and show their faults."""

import smtplib
import ssl

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from .servers import Lab, addresses
from .servers.resolvers import STALE_ADDRESS
from .servers.visit import resolve
from .servers.zone import STALE_SERIAL
from .servers.zones import BIG_TXT_BYTES, LONG_TTL_S

pytestmark = pytest.mark.lab

_TIMEOUT_S = 10.0
_WEB = addresses.WEB


def ask(
    server: str, name: str, kind: str = "A", *, flags: int = dns.flags.RD, tcp: bool = False
) -> dns.message.Message:
    address, _, port = server.rpartition(":")
    query = dns.message.make_query(name, kind, want_dnssec=True, flags=flags)
    if tcp:
        return dns.query.tcp(query, address, timeout=_TIMEOUT_S, port=int(port))
    answer, _ = dns.query.udp_with_fallback(query, address, timeout=_TIMEOUT_S, port=int(port))
    return answer


def values(message: dns.message.Message, kind: str) -> list[str]:
    wanted = dns.rdatatype.from_text(kind)
    return sorted(
        rdata.to_text() for rrset in message.answer if rrset.rdtype == wanted for rdata in rrset
    )


def text_of(lab: Lab, name: str) -> list[str]:
    """TXT records with their strings joined, as RFC 7208, section 3.3, says."""
    answer = ask(lab.resolver, name, "TXT")
    return sorted(
        b"".join(rdata.strings).decode()
        for rrset in answer.answer
        if rrset.rdtype == dns.rdatatype.TXT
        for rdata in rrset
    )


def published_server(lab: Lab, published: str) -> str:
    return lab.dial[f"{published}:53"]


def test_the_resolver_validates_the_signed_zone_from_the_root(lab: Lab) -> None:
    answer = ask(lab.resolver, "good.lab.test")
    assert values(answer, "A") == [_WEB]
    assert answer.flags & dns.flags.AD


def test_an_unsigned_zone_is_insecure_but_answered(lab: Lab) -> None:
    answer = ask(lab.resolver, "www.insecure.test")
    assert values(answer, "A") == [_WEB]
    assert not answer.flags & dns.flags.AD


@pytest.mark.parametrize("zone", ["bogus.test", "lapsed.test", "wrong-ds.test"])
def test_a_bogus_zone_fails_and_answers_with_checking_disabled(lab: Lab, zone: str) -> None:
    assert ask(lab.resolver, f"www.{zone}").rcode() == dns.rcode.SERVFAIL
    unchecked = ask(lab.resolver, f"www.{zone}", flags=dns.flags.RD | dns.flags.CD)
    assert unchecked.rcode() == dns.rcode.NOERROR
    assert values(unchecked, "A") == [_WEB]


def test_the_stale_secondary_has_an_older_serial_and_another_address(lab: Lab) -> None:
    assert f" {STALE_SERIAL} " in values(ask(lab.stale_nameserver, "stale.test", "SOA"), "SOA")[0]
    assert values(ask(lab.stale_nameserver, "www.stale.test"), "A") == ["203.0.113.98"]
    assert values(ask(lab.nameserver, "www.stale.test"), "A") == [_WEB]


def test_the_parent_refers_and_does_not_answer_for_its_children(lab: Lab) -> None:
    referral = ask(lab.parent_nameserver, "good.lab.test", flags=0)
    assert not referral.flags & dns.flags.AA
    assert not referral.answer
    kinds = {rrset.rdtype for rrset in referral.authority}
    assert {dns.rdatatype.NS, dns.rdatatype.DS} <= kinds


def test_the_lame_server_refuses_the_zone_delegated_to_it(lab: Lab) -> None:
    for zone in ("lame.test", "half-lame.test"):
        assert ask(lab.stale_nameserver, zone, "SOA", flags=0).rcode() == dns.rcode.REFUSED
    assert ask(lab.resolver, "www.lame.test").rcode() == dns.rcode.SERVFAIL


def test_nothing_answers_on_the_silent_name_server(lab: Lab) -> None:
    with pytest.raises(OSError, match="refused"):
        ask(published_server(lab, addresses.NS_SILENT), "silent.test", tcp=True)


def test_parent_and_child_name_different_servers_of_the_mismatched_zone(lab: Lab) -> None:
    referral = ask(lab.parent_nameserver, "mismatch.test", "NS", flags=0)
    parent = {rdata.to_text() for rdata in referral.authority[0]}
    child = set(values(ask(lab.nameserver, "mismatch.test", "NS"), "NS"))
    assert parent == {"ns1.hosting.test.", "ns-silent.hosting.test."}
    assert child == {"ns1.hosting.test.", "ns2.hosting.test."}


def test_the_second_resolver_disagrees_about_two_names_only(lab: Lab) -> None:
    assert values(ask(lab.resolver, "moved.lab.test"), "A") == [_WEB]
    assert values(ask(lab.stale_resolver, "moved.lab.test"), "A") == [STALE_ADDRESS]
    assert values(ask(lab.resolver, "vanished.lab.test"), "A") == [_WEB]
    assert ask(lab.stale_resolver, "vanished.lab.test").rcode() == dns.rcode.NXDOMAIN
    assert values(ask(lab.stale_resolver, "good.lab.test"), "A") == [_WEB]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("dangling.lab.test", "unclaimed.herokuapp.test."),
        ("dangling-service.lab.test", "unclaimed-launch.herokuapp.com."),
    ],
)
def test_the_dangling_alias_points_at_a_name_that_does_not_exist(
    lab: Lab, name: str, target: str
) -> None:
    answer = ask(lab.resolver, name)
    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert values(answer, "CNAME") == [target]


def test_an_alias_at_the_apex_hides_the_other_records(lab: Lab) -> None:
    assert values(ask(lab.resolver, "apex-alias.test"), "A") == [_WEB]
    for kind in ("SOA", "NS", "MX"):
        answer = ask(lab.nameserver, "apex-alias.test", kind)
        assert values(answer, "CNAME") == ["good.lab.test."]
        assert not values(answer, kind)


@pytest.mark.parametrize("name", ["loop-a.lab.test", "loop-self.lab.test"])
def test_an_alias_loop_has_no_answer(lab: Lab, name: str) -> None:
    answer = ask(lab.resolver, name)
    assert answer.rcode() == dns.rcode.SERVFAIL
    assert not values(answer, "A")


def test_a_chain_of_aliases_ends_at_an_address(lab: Lab) -> None:
    answer = ask(lab.resolver, "chain-0.lab.test")
    assert len(values(answer, "CNAME")) == 8
    assert values(answer, "A") == [_WEB]


def test_any_name_in_the_wildcard_zone_resolves(lab: Lab) -> None:
    assert values(ask(lab.resolver, "nobody-made-this.wildcard.test"), "A") == [_WEB]


@pytest.mark.parametrize(
    ("name", "kind", "wanted"),
    [
        ("private-address.lab.test", "A", ["10.0.0.5"]),
        ("link-local.lab.test", "A", ["169.254.169.254"]),
        ("loopback.lab.test", "A", ["127.0.0.1"]),
        ("claimed.lab.test", "A", [_WEB]),
        ("only-text.lab.test", "A", []),
        ("lab.test", "CAA", ['0 iodef "mailto:hostmaster@lab.test"', '0 issue "ca.lab.test"']),
        ("caa-forbids.lab.test", "CAA", ['0 issue ";"']),
        ("caa-other.lab.test", "CAA", ['0 issue "letsencrypt.org"']),
        ("caa-unknown-critical.lab.test", "CAA", ['128 nobodyknows "x"']),
        ("good.lab.test", "AAAA", [addresses.WEB_IPV6]),
        ("brand.test", "MX", ["10 mx.brand.test."]),
        ("never-sends.test", "MX", ["0 ."]),
        ("mx-missing.test", "MX", []),
        ("mx-dangling.test", "MX", ["10 gone.brand.test."]),
        ("mx-alias.test", "MX", ["10 mail.mx-alias.test."]),
        ("mx-address.test", "MX", ["10 203.0.113.25."]),
        ("parked.test", "TXT", []),
    ],
)
def test_a_record_is_answered_as_published(
    lab: Lab, name: str, kind: str, wanted: list[str]
) -> None:
    answer = ask(lab.resolver, name, kind)
    assert answer.rcode() == dns.rcode.NOERROR
    assert values(answer, kind) == wanted


def test_the_long_ttl_is_a_week(lab: Lab) -> None:
    answer = ask(lab.nameserver, "long-ttl.lab.test")
    assert answer.answer[0].ttl == LONG_TTL_S


def test_the_big_text_comes_over_tcp_only(lab: Lab) -> None:
    address, _, port = lab.resolver.rpartition(":")
    query = dns.message.make_query("big-text.lab.test", "TXT")
    small = dns.query.udp(query, address, timeout=_TIMEOUT_S, port=int(port))
    assert small.flags & dns.flags.TC
    assert [len(text) for text in text_of(lab, "big-text.lab.test")] == [BIG_TXT_BYTES]


def test_many_addresses_are_all_answered(lab: Lab) -> None:
    assert len(values(ask(lab.resolver, "many-addresses.lab.test"), "A")) == 60


@pytest.mark.parametrize(
    ("name", "records", "part"),
    [
        ("brand.test", 1, f"ip4:{addresses.MX}"),
        ("spf-two.test", 2, "v=spf1 -all"),
        ("spf-plus-all.test", 1, "+all"),
        ("spf-eleven.test", 1, "include:_s11.mailer.test"),
        ("spf-void.test", 1, "a:no3.spf-void.test"),
        ("spf-itself.test", 1, "include:spf-itself.test"),
        ("spf-syntax.test", 1, "ip4:203.0.113.999"),
        ("_dmarc.brand.test", 1, "p=reject"),
        ("_dmarc.dmarc-two.test", 2, "p=none"),
        ("_dmarc.dmarc-leftovers.test", 1, "pct=50"),
        ("s1._domainkey.brand.test", 1, "k=rsa"),
        ("ed._domainkey.brand.test", 1, "k=ed25519"),
        ("s1._domainkey.dkim-testing.test", 1, "t=y"),
        ("s1._domainkey.dkim-two.test", 2, "n=b"),
        ("authorised.test._report._dmarc.mailer.test", 1, "v=DMARC1"),
    ],
)
def test_a_mail_record_is_answered_as_published(
    lab: Lab, name: str, records: int, part: str
) -> None:
    found = text_of(lab, name)
    assert len(found) == records
    assert any(part in text for text in found)


def test_every_served_domain_resolves_to_its_own_soa(lab: Lab) -> None:
    broken = {"bogus.test", "lapsed.test", "wrong-ds.test", "lame.test", "apex-alias.test"}
    for domain in set(lab.domains) - broken:
        assert values(ask(lab.resolver, domain, "SOA"), "SOA"), domain


def mail_session(lab: Lab, name: str) -> smtplib.SMTP:
    address, port = lab.dialled(resolve(lab, name), 25)
    session = smtplib.SMTP(address, port, local_hostname="visitor.lab.test", timeout=_TIMEOUT_S)
    session.ehlo()
    # smtplib verifies against the name that it connected to, which is an address here.
    session._host = name  # type: ignore[attr-defined]
    return session


def test_the_mail_server_offers_starttls_with_a_trusted_certificate(lab: Lab) -> None:
    with mail_session(lab, "mx.brand.test") as session:
        session.starttls(context=ssl.create_default_context(cafile=str(lab.ca_file)))
        assert session.ehlo()[0] == 250
        assert session.sendmail("a@lab.test", ["b@brand.test"], "Subject: hello\n\nhi\n") == {}


def test_the_plain_mail_server_offers_no_starttls(lab: Lab) -> None:
    with mail_session(lab, "mx-plain.brand.test") as session:
        assert session.has_extn("size")
        assert not session.has_extn("starttls")


def test_the_third_mail_server_presents_a_self_signed_certificate(lab: Lab) -> None:
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    with (
        mail_session(lab, "mx-self-signed.brand.test") as session,
        pytest.raises(ssl.SSLCertVerificationError, match="self-signed"),
    ):
        session.starttls(context=context)


def test_the_silent_mail_server_refuses(lab: Lab) -> None:
    with pytest.raises(ConnectionRefusedError):
        mail_session(lab, "mx-silent.brand.test")


def test_no_mail_server_relays_for_strangers(lab: Lab) -> None:
    with mail_session(lab, "mx.brand.test") as session:
        session.mail("a@lab.test")
        code, _ = session.rcpt("stranger@elsewhere.test")
    assert code == 554
