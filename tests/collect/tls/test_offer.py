"""What servers ask of a handshake: told as browsers meet it, which is less than libraries take."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from launchready.collect.tls.offer import lacking
from launchready.facts.http import Exchange
from tests.collect.certificates import P256, Authority, leaf_by_openssl, server_context
from tests.collect.handshakes import AT_443, HOST, ca, issuing, page, root, shake
from tests.collect.worlds import PUBLISHED, loopback_world, serving
from tests.report.chromium import find

__all__ = ["ca", "issuing", "root"]

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl command makes these certificates"
)
RSA = ("rsa:2048",)
TAKEN = [
    "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
    "AES128-GCM-SHA256", "AES256-SHA",
]  # fmt: skip
REFUSED = ["ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256", "AES256-SHA256"]


def with_cipher(issuing: Authority, name: str, cipher: str) -> ssl.SSLContext:
    context = server_context(
        leaf_by_openssl(name, by=issuing, key=RSA), version=ssl.TLSVersion.TLSv1_2
    )
    context.set_ciphers(cipher)
    return context


def with_group(
    issuing: Authority, name: str, group: str, version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    context = server_context(leaf_by_openssl(name, by=issuing, key=P256), version=version)
    context.set_ecdh_curve(group)
    return context


@pytest.mark.parametrize("cipher", TAKEN)
async def test_a_cipher_that_browsers_offer_is_taken(
    issuing: Authority, ca: Path, cipher: str
) -> None:
    assert (await shake(with_cipher(issuing, HOST, cipher), ca)).trust == "trusted"


@pytest.mark.parametrize("cipher", REFUSED)
async def test_ciphers_that_only_libraries_offer_are_refused_and_named(
    issuing: Authority, ca: Path, cipher: str
) -> None:
    found = await shake(with_cipher(issuing, HOST, cipher), ca)
    assert (found.accepted, found.fault) == (False, "refused")
    assert found.refusal == f"no cipher in common with browsers: it takes {cipher}"


async def test_a_server_that_prefers_a_cipher_of_libraries_gives_browsers_another(
    issuing: Authority, ca: Path
) -> None:
    context = with_cipher(issuing, HOST, f"{REFUSED[0]}:{TAKEN[0]}")
    assert (await shake(context, ca)).trust == "trusted"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_key_exchange_that_chromium_lacks_is_refused_and_named(
    issuing: Authority, ca: Path, version: ssl.TLSVersion
) -> None:
    found = await shake(with_group(issuing, HOST, "secp521r1", version), ca)
    assert (found.accepted, found.fault) == (False, "refused")
    assert found.refusal == "no key exchange in common with browsers: it takes secp521r1"


def small_group(folder: Path) -> Path:
    made = folder / "group.pem"
    subprocess.run(
        ["openssl", "dhparam", "-dsaparam", "-out", made, "1024"], capture_output=True, check=True
    )
    return made


async def test_pages_come_from_a_server_whose_diffie_hellman_group_is_small(
    issuing: Authority, ca: Path, tmp_path: Path
) -> None:
    group = small_group(tmp_path)
    cipher = "DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"
    context = with_cipher(issuing, HOST, cipher)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_dh_params(str(group))
    async with (
        serving(page, tls=context) as port,
        loopback_world({AT_443: port, f"{PUBLISHED}:80": 1}, ca=ca) as here,
    ):
        found = await here.get(f"https://{HOST}/")
    assert isinstance(found, Exchange), found
    assert found.status == 200


@pytest.mark.parametrize(
    ("cipher", "group", "words"),
    [
        ("TLS_AES_128_GCM_SHA256", "X25519MLKEM768", ""),
        ("AES128-SHA", "", ""),
        ("", "", ""),
        ("ECDHE-RSA-AES128-SHA", "x448", "no key exchange in common with browsers: it takes x448"),
    ],
)
def test_what_is_not_told_is_not_held_against_a_server(cipher: str, group: str, words: str) -> None:
    assert lacking(cipher, group) == words


async def opens_in_chromium(context: ssl.SSLContext, profile: Path) -> bool:
    chromium = find()
    async with serving(page, tls=context) as port:
        done = await asyncio.to_thread(
            subprocess.run,
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                "--ignore-certificate-errors", f"--user-data-dir={profile}",
                f"https://127.0.0.1:{port}/",
            ],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    return "harbour" in done.stdout


@pytest.mark.parametrize(
    ("cipher", "opens"), [(c, True) for c in TAKEN] + [(c, False) for c in REFUSED]
)
async def test_chromium_takes_and_refuses_the_same_ciphers(
    issuing: Authority, tmp_path: Path, cipher: str, *, opens: bool
) -> None:
    context = with_cipher(issuing, "localhost", cipher)
    assert await opens_in_chromium(context, tmp_path) is opens


@pytest.mark.parametrize(("group", "opens"), [("secp384r1", True), ("secp521r1", False)])
async def test_chromium_takes_and_refuses_the_same_groups(
    issuing: Authority, tmp_path: Path, group: str, *, opens: bool
) -> None:
    context = with_group(issuing, "localhost", group)
    assert await opens_in_chromium(context, tmp_path) is opens
