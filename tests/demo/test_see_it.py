"""What stands under See it, run as it is pasted, shows what the demo's own servers serve."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from launchready.demo import Running
from launchready.demo.willow import addresses
from launchready.manifest import load_manifest
from launchready.report.model import Looking
from launchready.report.same_places import SamePlaces


def places(willow: Running) -> SamePlaces:
    network = load_manifest(willow.manifest).network
    looking = Looking(resolvers=network.resolvers, dial=network.dial, ca=network.ca or "")
    led = SamePlaces.of(looking, {})
    return SamePlaces(
        resolver=led.resolver, dial=led.dial, ca=led.ca,
        addresses={"app.willow.example": addresses("app")[0]},
    )  # fmt: skip


async def shown(willow: Running, see: str) -> str:
    program = see.split(maxsplit=1)[0]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    process = await asyncio.create_subprocess_shell(
        places(willow).command(see),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode(errors="replace")


async def test_curl_meets_the_app(willow: Running) -> None:
    see = "curl -sS -o /dev/null -D - https://app.willow.example/login"
    assert (await shown(willow, see)).startswith("HTTP/2 200")


async def test_dig_is_told_the_published_address(willow: Running) -> None:
    assert (await shown(willow, "dig +short A app.willow.example")).startswith("203.0.113.")


async def test_openssl_is_shown_the_hosts_certificate(willow: Running) -> None:
    see = (
        "openssl s_client -connect app.willow.example:443 -servername app.willow.example "
        "-verify_return_error </dev/null"
    )
    assert "Verify return code: 0 (ok)" in await shown(willow, see)
