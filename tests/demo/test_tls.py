import asyncio
import datetime as dt
import ssl
from collections.abc import Callable
from pathlib import Path

import pycurl
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from launchready.demo import DemoLaunch, Running, healthy, running
from launchready.demo.description import CertificateOptions
from tests.demo.asking import ask

APP = "https://app.willow.example/login"
VERSIONS = {
    "1.0": pycurl.SSLVERSION_TLSv1_0 | pycurl.SSLVERSION_MAX_TLSv1_0,
    "1.1": pycurl.SSLVERSION_TLSv1_1 | pycurl.SSLVERSION_MAX_TLSv1_1,
    "1.2": pycurl.SSLVERSION_TLSv1_2 | pycurl.SSLVERSION_MAX_TLSv1_2,
    "1.3": pycurl.SSLVERSION_TLSv1_3 | pycurl.SSLVERSION_MAX_TLSv1_3,
}


async def certificate(demo: Running, address: str, name: str | None) -> x509.Certificate:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    _, writer = await asyncio.open_connection(
        "127.0.0.1", demo.port(address, 443), ssl=context, server_hostname=name
    )
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(der)


async def test_every_host_is_trusted_under_its_own_name(willow: Running) -> None:
    for host in willow.launch.hosts:
        assert (await ask(willow, f"https://{host.name}/")).status in {200, 301, 302, 404}


async def test_the_newest_versions_are_spoken_and_the_old_are_not(willow: Running) -> None:
    for version in ("1.2", "1.3"):
        assert (await ask(willow, APP, tls=VERSIONS[version])).status == 200
    for version in ("1.0", "1.1"):
        with pytest.raises(pycurl.error) as refused:
            await ask(willow, APP, tls=VERSIONS[version])
        assert refused.value.args[0] == pycurl.E_SSL_CONNECT_ERROR


async def test_a_host_can_accept_the_old_versions(tmp_path: Path) -> None:
    launch = healthy()
    launch.host("app").tls_versions = ("1.0", "1.1", "1.2", "1.3")
    async with running(launch, tmp_path) as demo:
        for version in VERSIONS.values():
            assert (await ask(demo, APP, tls=version)).status == 200


def _expired(options: CertificateOptions) -> None:
    options.days_left = -3


def _other_name(options: CertificateOptions) -> None:
    options.names = ["www.willow.example"]


def _incomplete(options: CertificateOptions) -> None:
    options.complete_chain = False


def _self_signed(options: CertificateOptions) -> None:
    options.issuer = "self"


def _unknown(options: CertificateOptions) -> None:
    options.issuer = "unknown"


def _sha1(options: CertificateOptions) -> None:
    options.signature_hash = "sha1"


def _weak(options: CertificateOptions) -> None:
    options.key = "rsa1024"


@pytest.mark.parametrize(
    "spoil", [_expired, _other_name, _incomplete, _self_signed, _unknown, _sha1, _weak]
)
async def test_a_spoilt_certificate_is_refused_and_the_page_is_there_without_verification(
    tmp_path: Path, spoil: Callable[[CertificateOptions], None]
) -> None:
    launch = healthy()
    spoil(launch.host("app").certificate)
    async with running(launch, tmp_path) as demo:
        with pytest.raises(pycurl.error) as refused:
            await ask(demo, APP)
        assert refused.value.args[0] == pycurl.E_PEER_FAILED_VERIFICATION
        unverified = await ask(demo, APP, insecure=True, tls=VERSIONS["1.2"])
    assert unverified.status == 200


async def test_a_certificate_is_made_as_described(tmp_path: Path) -> None:
    launch = healthy()
    options = launch.host("app").certificate
    options.key, options.signature_hash, options.days_left = "rsa1024", "sha1", 5
    options.names = ["app.willow.example", *(f"n{i}.willow.example" for i in range(500))]
    async with running(launch, tmp_path) as demo:
        made = await certificate(demo, "203.0.113.12", "app.willow.example")
    key = made.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 1024
    assert made.signature_hash_algorithm is not None
    assert made.signature_hash_algorithm.name == "sha1"
    left = made.not_valid_after_utc - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=4.9) < left <= dt.timedelta(days=5)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(names.get_values_for_type(x509.DNSName)) == 501


async def test_a_client_without_sni_gets_the_hosts_certificate(willow: Running) -> None:
    made = await certificate(willow, "203.0.113.12", None)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["app.willow.example"]


async def test_an_open_origin_has_a_certificate_for_each_name(tmp_path: Path) -> None:
    launch = healthy()
    for label in ("app", "community"):
        origin = launch.host(label).origin
        assert origin is not None
        origin.open = True
    async with running(launch, tmp_path) as demo:
        for label in ("app", "community"):
            made = await certificate(demo, "198.51.100.10", f"{label}.willow.example")
            assert made.subject.rfc4514_string() == f"CN={label}.willow.example"


def _closed(launch: DemoLaunch) -> None:
    launch.host("app").https_open = False


def _garbled(launch: DemoLaunch) -> None:
    launch.host("app").garbled = True


@pytest.mark.parametrize(
    ("spoil", "error"),
    [(_closed, pycurl.E_COULDNT_CONNECT), (_garbled, pycurl.E_SSL_CONNECT_ERROR)],
)
async def test_a_port_that_speaks_no_tls_is_refused(
    tmp_path: Path, spoil: Callable[[DemoLaunch], None], error: int
) -> None:
    launch = healthy()
    spoil(launch)
    async with running(launch, tmp_path) as demo:
        with pytest.raises(pycurl.error) as refused:
            await ask(demo, APP)
    assert refused.value.args[0] == error
