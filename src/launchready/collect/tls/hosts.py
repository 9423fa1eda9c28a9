"""TLS of a host: its certificate as browsers judge it, and the old versions it still accepts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from cryptography import x509

from launchready.collect.tls.connection import answers_on_port_80, connect
from launchready.collect.tls.issuers import find_issuers
from launchready.collect.tls.old_versions import accepts
from launchready.collect.tls.staple import stapled
from launchready.collect.world import World
from launchready.derive.tls import certificate as certificates
from launchready.derive.tls.trust import MISSING_ISSUER, NAME_ONLY, Judged, judge_hello, worst_first
from launchready.expected import zone_of
from launchready.facts import Gap, Key, Subject, host_subject
from launchready.facts.dns import Resolution
from launchready.facts.tls import Handshake, Hello, OldProtocols, OtherAnswer, Presented
from launchready.gather import Ask

ADDRESSES_MAX = 6
LOOKS_MORE = 2
"""Of two servers behind one address, who looks three times in a row misses one in a quarter of the cases."""
SIBLINGS_MAX = 50


async def presented(subject: Subject, world: World, ask: Ask) -> Presented | Gap:
    """Return what every published address of a host presents on port 443, at most six of them."""
    key = Key(Presented, subject)
    addresses = await _addresses(key, world, ask)
    if isinstance(addresses, Gap):
        return addresses
    each = await asyncio.gather(*(_hellos(world, subject.name, a) for a in addresses))
    hellos = [hello for of_one in each for hello in of_one]
    if all(h.answer == "silent" for h in hellos):
        return _silence(key, hellos)
    how = f"TLS hello to {subject.name}:443"
    return Presented(subject=subject, at=world.now(), how=how, hellos=tuple(hellos))


async def handshake(subject: Subject, world: World, ask: Ask) -> Handshake | Gap:
    """Return the handshake with a host, of several addresses the one that answers worst."""
    shown = await ask(Presented, subject)
    if isinstance(shown, Gap):
        return Gap(
            key=Key(Handshake, subject), reason=shown.reason, because=shown.key,
            ours=shown.ours, how_to_prove=shown.how_to_prove,
        )  # fmt: skip
    told = [h for h in shown.hellos if h.answer != "silent"]
    judged = await asyncio.gather(*(_judge(subject, hello, world, ask) for hello in told))
    worst, *rest = worst_first(judged)
    return Handshake(
        subject=subject,
        at=shown.at,
        how=f"openssl s_client -connect {subject.name}:443 -servername {subject.name}",
        accepted=worst.accepted,
        refusal="" if worst.accepted else worst.detail,
        trust=worst.trust,
        trust_detail=worst.detail if worst.accepted else "",
        further=worst.further,
        chain=worst.chain,
        protocol=worst.hello.protocol,
        alpn=worst.hello.alpn,
        staple=worst.hello.staple,
        address=worst.hello.address,
        others=tuple(
            OtherAnswer(
                address=j.hello.address, accepted=j.accepted, trust=j.trust, detail=j.detail
            )
            for j in rest
        ),
    )


async def old_protocols(subject: Subject, world: World, ask: Ask) -> OldProtocols | Gap:
    """Return whether any address of a host accepts TLS 1.0 or 1.1 (RFC 8996)."""
    key = Key(OldProtocols, subject)
    addresses = await _addresses(key, world, ask)
    if isinstance(addresses, Gap):
        return addresses

    async def probe(version: int) -> bool | None:
        answers = await asyncio.gather(
            *(accepts(world, subject.name, address, version) for address in addresses)
        )
        if any(answers):
            return True
        return False if False in answers else None

    tls10, tls11, today = await asyncio.gather(
        probe(0x0301), probe(0x0302), ask(Handshake, subject)
    )
    if not tls10 and not tls11 and (isinstance(today, Gap) or today.fault == "refused"):
        # A port that refuses everything tells nothing about old versions.
        reason = today.reason if isinstance(today, Gap) else today.refusal
        return Gap(
            key=key, reason=reason, because=today.key, ours=isinstance(today, Gap) and today.ours
        )
    how = f"openssl s_client -connect {subject.name}:443 -tls1 -cipher ALL:@SECLEVEL=0"
    return OldProtocols(subject=subject, at=world.now(), how=how, tls10=tls10, tls11=tls11)


async def _addresses(key: Key, world: World, ask: Ask) -> list[str] | Gap:
    mapped = world.dial.by_host(key.subject.name, 443)
    if mapped is not None:
        return [mapped[0]]
    resolution = await ask(Resolution, key.subject)
    if isinstance(resolution, Gap):
        return Gap(key=key, reason=resolution.reason, because=resolution.key, ours=resolution.ours)
    if resolution.fault:
        return Gap(key=key, reason="the host does not resolve", because=resolution.key)
    return list(resolution.to_visit[:ADDRESSES_MAX])


async def _hellos(world: World, host: str, address: str) -> tuple[Hello, ...]:
    """Return what an address presents, once for each certificate that it shows in turn.

    Behind one address there may be several servers, of which one was not renewed.
    """
    first = await _hello(world, host, address)
    if not first.chain_der:
        return (first,)
    shown = {first.chain_der[0]: first}
    for _ in range(LOOKS_MORE):
        again = await connect(world, host, address)
        if again.chain_der:
            shown.setdefault(again.chain_der[0], again)
    return tuple([replace(h, staple=await stapled(world, host, h)) for h in shown.values()])


async def _hello(world: World, host: str, address: str) -> Hello:
    hello = await connect(world, host, address)
    if hello.answer != "silent" or hello.ours:
        return hello
    # Port 80 of the same address tells a filtered port from a network that is down.
    if await answers_on_port_80(world, host, address):
        said = "port 80 answers, but port 443 takes no connection"
        return Hello(address=address, answer="refused", message=said)
    return hello


def _silence(key: Key, hellos: list[Hello]) -> Gap:
    ours = all(h.ours for h in hellos)
    only_v6 = all(":" in h.address for h in hellos)
    how = (
        "Run it from a network with IPv6."
        if ours and only_v6
        else f"Run from another network: openssl s_client -connect {key.subject.name}:443"
    )
    return Gap(key=key, reason=hellos[0].message, ours=ours, how_to_prove=how)


async def _judge(subject: Subject, hello: Hello, world: World, ask: Ask) -> Judged:
    """Judge one answer; where an issuer is missing, find it and let OpenSSL judge again."""
    wrong_name = hello.answer == "rejected" and hello.verify_code <= NAME_ONLY
    if wrong_name:
        # libcurl looks at the name before it reports what OpenSSL says of the chain.
        again = await connect(world, subject.name, hello.address, any_name=True)
        # Another server behind the same address may have answered this time.
        same = again.chain_der[:1] == hello.chain_der[:1]
        hello = again if same and again.answer in {"verified", "rejected"} else hello
    if hello.answer != "rejected" or hello.verify_code not in MISSING_ISSUER:
        return judge_hello(subject.name, hello, world.now(), wrong_name=wrong_name)

    async def siblings() -> list[x509.Certificate]:
        hosts = [h.name for h in world.manifest.all_hosts.values() if h.web]
        found = await asyncio.gather(
            *(
                ask(Presented, host_subject(name, zone_of(world.manifest, name)))
                for name in hosts[:SIBLINGS_MAX]
                if name != subject.name
            )
        )
        loaded = [
            certificates.load(der)
            for shown in found
            if isinstance(shown, Presented)
            for other in shown.hellos
            for der in other.chain_der[1:]
        ]
        return [c for c in loaded if c is not None]

    issuers = await find_issuers(world, hello, siblings)
    completed = None
    if issuers.pem:
        completed = await connect(
            world, subject.name, hello.address, further_pem=issuers.pem, any_name=True
        )
    return judge_hello(
        subject.name, hello, world.now(), completed=completed,
        issuer_is_intermediate=issuers.intermediate, wrong_name=wrong_name,
    )  # fmt: skip


COLLECTORS = {Presented: presented, Handshake: handshake, OldProtocols: old_protocols}
