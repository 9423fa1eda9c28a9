"""HTTPS records as resolvers give them, and the places that they name, tried."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from launchready.collect.dns import services
from launchready.derive.tls.encrypted_hello import outer_name
from launchready.facts import Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.services import Endpoint, HttpsRecord
from tests.collect.certificates import Authority, leaf, server_context
from tests.collect.handshakes import HOST, ca, hang_up, issuing, root
from tests.collect.nameserver import resolver
from tests.collect.nameserver import serving as serving_names
from tests.collect.worlds import PUBLISHED, loopback_world, serving

__all__ = ["ca", "issuing", "root"]

OLD = "203.0.113.9"
# As an edge publishes it.
ECH = "AEX+DQBBVwAgACBsF0X4qLXZs2zTsBPYX0bLKcLTjEFhuCZ5SmTpFCwsBgAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA="


async def found(
    record: str, ca: Path, issuing: Authority, *, names: tuple[str, ...] = (HOST,), **more: str
) -> HttpsRecord:
    """Return the fact; at OLD port 8443 answers with a certificate for `names`, and nothing else."""
    known = {
        HOST: {"HTTPS": [record] if record else []},
        **{n: {"A": [a]} for n, a in more.items()},
    }
    context = server_context(leaf(*names, by=issuing))
    async with (
        serving_names(resolver(known)) as dns,
        serving(hang_up, tls=context) as port,
        loopback_world(
            {f"{OLD}:8443": port, f"{PUBLISHED}:443": port, f"{OLD}:443": 1},
            ca=ca,
            request_s=5.0,
            collectors=services.COLLECTORS,
        ) as here,
    ):
        here.world.names.resolvers = (dns.at,)
        fact = await here.gatherer.ask(HttpsRecord, here.host())
    assert isinstance(fact, HttpsRecord), fact
    return fact


async def test_a_host_without_a_record_has_none(ca: Path, issuing: Authority) -> None:
    fact = await found("", ca, issuing)
    assert (fact.services, fact.endpoints, fact.trouble) == ((), (), "")


async def test_hints_at_the_hosts_own_address_are_not_tried_again(
    ca: Path, issuing: Authority
) -> None:
    fact = await found(f"1 . alpn=h2,h3 ipv4hint={PUBLISHED}", ca, issuing)
    assert fact.services[0].protocols == ("h2", "h3", "http/1.1")
    assert fact.endpoints == ()


async def test_a_hint_at_another_address_is_tried(ca: Path, issuing: Authority) -> None:
    fact = await found(f"1 . alpn=h2 ipv4hint={OLD}", ca, issuing)
    assert fact.endpoints == (Endpoint(address=OLD, port=443, name=HOST, answer="refused"),)


async def test_a_hint_at_a_private_address_is_told_and_not_tried(
    ca: Path, issuing: Authority
) -> None:
    fact = await found("1 . ipv4hint=10.0.0.5", ca, issuing)
    assert [e.answer for e in fact.endpoints] == ["private"]


@pytest.mark.parametrize(("name", "answer"), [(HOST, "verified"), ("other.org", "rejected")])
async def test_another_target_and_port_are_tried_by_the_hosts_name(
    ca: Path, issuing: Authority, name: str, answer: str
) -> None:
    more = {"edge.example.net": OLD}
    fact = await found("1 edge.example.net. port=8443", ca, issuing, names=(name,), **more)
    assert [(e.address, e.port, e.answer) for e in fact.endpoints] == [(OLD, 8443, answer)]


async def test_a_target_that_has_no_address_leads_nowhere(ca: Path, issuing: Authority) -> None:
    assert (await found("0 gone.example.net.", ca, issuing)).nowhere == ("gone.example.net",)


async def test_a_record_for_quic_alone_is_not_tried_over_tcp(ca: Path, issuing: Authority) -> None:
    fact = await found(f"1 . alpn=h3 no-default-alpn ipv4hint={OLD}", ca, issuing)
    assert fact.endpoints == ()


async def test_a_record_that_demands_what_browsers_do_not_know_is_passed_over(
    ca: Path, issuing: Authority
) -> None:
    fact = await found(f"1 . mandatory=key65000 key65000=x ipv4hint={OLD}", ca, issuing)
    assert fact.services == ()


@pytest.mark.parametrize(
    ("names", "answer"),
    [((HOST,), "rejected"), ((HOST, "cloudflare-ech.com"), "verified")],
    ids=["a server that knows nothing of it", "a server that stands by it"],
)
async def test_the_outer_name_of_encrypted_hellos_is_tried_at_the_host(
    ca: Path, issuing: Authority, names: tuple[str, ...], answer: str
) -> None:
    fact = await found(f"1 . alpn=h2 ech={ECH}", ca, issuing, names=names)
    (tried,) = fact.endpoints
    assert (tried.address, tried.name, tried.answer) == (PUBLISHED, "cloudflare-ech.com", answer)


async def test_a_host_that_does_not_resolve_has_its_record_looked_up_later(
    ca: Path,
) -> None:
    async with loopback_world(
        {}, ca=ca, addresses={HOST: ()}, collectors=services.COLLECTORS
    ) as here:
        fact = await here.gatherer.ask(HttpsRecord, here.host())
    assert isinstance(fact, Gap)
    assert fact.because == Key(Resolution, here.host())


def test_the_outer_name_is_read_from_a_real_configuration() -> None:
    assert outer_name(base64.b64decode(ECH)) == "cloudflare-ech.com"


@pytest.mark.parametrize("size", range(0, 71, 7))
def test_a_configuration_that_was_cut_off_names_nobody_or_a_part(size: int) -> None:
    assert "cloudflare-ech.com".startswith(outer_name(base64.b64decode(ECH)[:size]))


@pytest.mark.parametrize("version", [b"\xfe\x0a", b"\x00\x00"])
def test_a_configuration_of_another_version_names_nobody(version: bytes) -> None:
    raw = base64.b64decode(ECH)
    assert outer_name(raw[:2] + version + raw[4:]) == ""
