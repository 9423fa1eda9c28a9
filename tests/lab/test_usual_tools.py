"""The tools that people trust see in the lab what its own visitor sees."""

import subprocess

import pytest

from .servers import Lab, addresses
from .servers.process import path_of

pytestmark = pytest.mark.lab

_TIMEOUT_S = 20.0


def printed(tool: str, *arguments: str) -> str:
    """Everything that a tool says, whatever its exit status: a refusal is an answer here."""
    done = subprocess.run(
        [path_of(tool) or tool, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_TIMEOUT_S,
        check=False,
    )
    return done.stdout


def curl(lab: Lab, published: str, url: str) -> str:
    address, _ = lab.dialled(published, 443)
    return printed(
        "curl",
        *("-sSi", "-q", "--noproxy", "*", "--cacert", str(lab.ca_file)),
        *("--connect-to", f"::{address}:", url),
    )


def s_client(lab: Lab, published: str, port: int, name: str, *more: str) -> str:
    address, dialled_port = lab.dialled(published, port)
    return printed(
        *("openssl", "s_client", "-connect", f"{address}:{dialled_port}"),
        *("-servername", name, "-verify_hostname", name, "-CAfile", str(lab.ca_file), *more),
    )


def dig(server: str, *question: str) -> str:
    address, _, port = server.rpartition(":")
    return printed("dig", f"@{address}", "-p", port, "+tries=1", "+time=5", *question)


def test_dig_sees_secure_insecure_and_bogus_answers(lab: Lab) -> None:
    assert "flags: qr rd ra ad;" in dig(lab.resolver, "+dnssec", "good.lab.test")
    assert "flags: qr rd ra;" in dig(lab.resolver, "+dnssec", "insecure.test")
    assert "status: SERVFAIL" in dig(lab.resolver, "bogus.test")
    assert "status: NOERROR" in dig(lab.resolver, "+cdflag", "bogus.test")


def test_dig_is_refused_by_the_lame_server(lab: Lab) -> None:
    assert "status: REFUSED" in dig(lab.stale_nameserver, "+norecurse", "lame.test", "SOA")


def test_curl_sees_the_healthy_host_over_http_2(lab: Lab) -> None:
    answer = curl(lab, addresses.WEB, "https://good.lab.test/")
    assert answer.startswith("HTTP/2 200")
    assert "strict-transport-security: max-age=31536000" in answer


def test_curl_refuses_the_expired_host(lab: Lab) -> None:
    answer = curl(lab, addresses.WEB, "https://expired.lab.test/")
    assert "certificate has expired" in answer


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("good.lab.test", "0 (ok)"),
        ("expired.lab.test", "10 (certificate has expired)"),
        ("self-signed.lab.test", "18 (self-signed certificate)"),
        ("incomplete.lab.test", "21 (unable to verify the first certificate)"),
        ("wrong-host.lab.test", "62 (hostname mismatch)"),
    ],
)
def test_openssl_gives_its_verdict_on_a_certificate(lab: Lab, name: str, verdict: str) -> None:
    assert f"Verify return code: {verdict}" in s_client(lab, addresses.WEB, 443, name)


def test_openssl_agrees_on_tls_1_0_with_the_legacy_host_only(lab: Lab) -> None:
    old = ("-tls1", "-cipher", "DEFAULT:@SECLEVEL=0")
    legacy = s_client(lab, addresses.WEB_LEGACY_TLS, 443, "legacy-tls.lab.test", *old)
    assert "New, TLSv1.0, Cipher is ECDHE" in legacy
    healthy = s_client(lab, addresses.WEB, 443, "good.lab.test", *old)
    assert "New, (NONE), Cipher is (NONE)" in healthy


def test_openssl_trusts_the_mail_server_after_starttls(lab: Lab) -> None:
    answer = s_client(lab, addresses.MX, 25, "mx.brand.test", "-starttls", "smtp")
    assert "Verify return code: 0 (ok)" in answer
