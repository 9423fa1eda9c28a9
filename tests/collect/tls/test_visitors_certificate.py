"""Servers that ask visitors for a certificate of their own: to ask for one is not to demand it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from launchready.facts import Gap
from launchready.facts.http import Exchange
from launchready.facts.tls import WANTS_CERTIFICATE, Handshake
from tests.collect.certificates import Authority, leaf, server_context
from tests.collect.handshakes import AT_443, HOST, ca, issuing, page, root, world_with
from tests.collect.worlds import PUBLISHED, serving

__all__ = ["ca", "issuing", "root"]

BOTH = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


async def seen(
    issuing: Authority, ca: Path, version: ssl.TLSVersion, asks: ssl.VerifyMode
) -> tuple[Handshake, Exchange | Gap]:
    context = server_context(leaf(HOST, by=issuing), version=version)
    context.load_verify_locations(cafile=ca)
    context.verify_mode = asks
    async with (
        serving(page, tls=context) as port,
        world_with({AT_443: port, f"{PUBLISHED}:80": 1}, ca) as here,
    ):
        shaken = await here.gatherer.ask(Handshake, here.host())
        assert isinstance(shaken, Handshake), shaken
        return shaken, await here.get(f"https://{HOST}/")


@pytest.mark.parametrize("version", BOTH)
async def test_a_server_that_demands_a_certificate_lets_nobody_in(
    issuing: Authority, ca: Path, version: ssl.TLSVersion
) -> None:
    shaken, answer = await seen(issuing, ca, version, ssl.CERT_REQUIRED)
    assert (shaken.accepted, shaken.refusal) == (False, WANTS_CERTIFICATE)
    assert isinstance(answer, Gap), answer
    assert answer.because == shaken.key


@pytest.mark.parametrize("version", BOTH)
async def test_a_server_that_only_asks_for_one_lets_everybody_in(
    issuing: Authority, ca: Path, version: ssl.TLSVersion
) -> None:
    shaken, answer = await seen(issuing, ca, version, ssl.CERT_OPTIONAL)
    assert (shaken.accepted, shaken.trust) == (True, "trusted")
    assert isinstance(answer, Exchange), answer
    assert answer.status == 200
