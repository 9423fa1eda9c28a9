"""Each web host of the lab runs and shows its fault, and the healthy one shows none."""

import datetime as dt
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import pycurl
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .servers import Lab, addresses
from .servers.site import FINGERPRINTED
from .servers.visit import Reply, resolve, visit
from .servers.web_hosts import HOSTS

pytestmark = pytest.mark.lab

_TIMEOUT_S = 10.0
_PROTECTION = (
    "strict-transport-security",
    "content-security-policy",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
)


def url(label: str, path: str = "/", scheme: str = "https") -> str:
    return f"{scheme}://{label}.lab.test{path}"


def hops(lab: Lab, start: str, most: int = 12) -> list[str]:
    """Every location from `start` on, until an answer is no redirect or `most` were followed."""
    seen: list[str] = []
    at = start
    while len(seen) < most:
        reply = visit(lab, at)
        if reply.status not in (301, 302, 307, 308):
            break
        at = reply.headers["location"]
        if at.startswith("/"):
            at = urlsplit(start)._replace(path=at).geturl()
        seen.append(at)
    return seen


def curl_error(lab: Lab, target: str) -> tuple[int, str]:
    with pytest.raises(pycurl.error) as caught:
        visit(lab, target)
    code, message = caught.value.args
    return int(code), str(message)


def posts(lab: Lab, label: str) -> list[int]:
    return [visit(lab, url(label, "/login"), post="name=x&password=y").status for _ in range(10)]


def handshake(lab: Lab, name: str, version: ssl.TLSVersion) -> str | None:
    """The TLS version agreed on, with a client that would accept any security level."""
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    address = lab.dialled(resolve(lab, name), 443)
    with (
        socket.create_connection(address, timeout=_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.version()


def leaf(lab: Lab, name: str) -> x509.Certificate:
    """The leaf certificate that a host presents, whether or not to be trusted."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    address = lab.dialled(resolve(lab, name), 443)
    with (
        socket.create_connection(address, timeout=_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        der = secure.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)


def test_the_healthy_host_is_healthy(lab: Lab) -> None:
    assert hops(lab, url("good", "/events/?page=2", "http")) == [url("good", "/events/?page=2")]
    page = visit(lab, url("good"))
    assert page.status == 200
    assert page.http_version == pycurl.CURL_HTTP_VERSION_2_0
    assert page.headers["content-encoding"] == "gzip"
    assert all(name in page.headers for name in _PROTECTION)
    asset = visit(lab, url("good", FINGERPRINTED))
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    login = visit(lab, url("good", "/login"))
    assert login.status == 200
    assert login.headers["cache-control"] == "no-store"
    assert all("Secure; HttpOnly; SameSite=Lax" in cookie for cookie in login.cookies)
    assert visit(lab, url("good", "/account")).status == 401
    assert visit(lab, url("good", "/no-such-page")).status == 404
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert handshake(lab, "good.lab.test", version)


def test_the_apex_sends_path_and_query_to_the_healthy_host(lab: Lab) -> None:
    for scheme in ("http", "https"):
        assert hops(lab, f"{scheme}://lab.test/a?b=c") == [url("good", "/a?b=c")]


@pytest.mark.parametrize(
    ("label", "code", "words"),
    [
        ("expired", 60, "expired"),
        ("not-yet-valid", 60, "not yet valid"),
        ("self-signed", 60, "self-signed"),
        ("untrusted", 60, "unable to get local issuer"),
        ("incomplete", 60, "unable to get local issuer"),
        ("wrong-host", 60, "target host"),
        ("weak-key", 60, "too weak"),
        ("sha1", 60, "too weak"),
        ("http-only", 7, ""),
        ("http-only.hsts-subdomains", 7, ""),
        ("not-tls", 35, ""),
    ],
)
def test_a_host_with_faulty_tls_is_refused_by_a_visitor(
    lab: Lab, label: str, code: int, words: str
) -> None:
    found, message = curl_error(lab, url(label))
    assert found == code, message
    assert words in message


@pytest.mark.parametrize(("label", "days"), [("expires-in-5-days", 5), ("expires-in-15-days", 15)])
def test_a_certificate_that_ends_soon_is_trusted_and_has_that_many_days(
    lab: Lab, label: str, days: int
) -> None:
    assert visit(lab, url(label)).status == 200
    left = leaf(lab, f"{label}.lab.test").not_valid_after_utc - dt.datetime.now(dt.UTC)
    assert left.days == days


def test_the_weak_certificates_are_weak_in_one_way_each(lab: Lab) -> None:
    weak_key = leaf(lab, "weak-key.lab.test")
    key = weak_key.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 1024
    assert isinstance(weak_key.signature_hash_algorithm, hashes.SHA256)
    sha1 = leaf(lab, "sha1.lab.test")
    assert isinstance(sha1.public_key(), ec.EllipticCurvePublicKey)
    assert isinstance(sha1.signature_hash_algorithm, hashes.SHA1)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_only_the_legacy_host_accepts_old_tls(lab: Lab, version: ssl.TLSVersion) -> None:
    assert handshake(lab, "legacy-tls.lab.test", version)
    for name in ("good.lab.test", "weak-key.lab.test", "http-1.lab.test", "app.lab.test"):
        with pytest.raises(OSError, match=r"(?i)version|reset|eof|protocol"):
            handshake(lab, name, version)


@pytest.mark.parametrize("label", ["http-1", "legacy-tls"])
def test_a_host_without_http_2_answers_with_http_1(lab: Lab, label: str) -> None:
    assert visit(lab, url(label)).http_version == pycurl.CURL_HTTP_VERSION_1_1


def test_the_redirect_loop_never_ends(lab: Lab) -> None:
    followed = hops(lab, url("redirect-loop"))
    assert len(followed) == 12
    assert set(followed) == {url("redirect-loop"), url("redirect-loop", "/again")}


def test_the_fourth_hop_is_the_last(lab: Lab) -> None:
    followed = hops(lab, url("four-hops"))
    assert len(followed) == 4
    assert visit(lab, followed[-1]).status == 200


def test_path_and_query_are_dropped_by_the_hosts_that_say_so(lab: Lab) -> None:
    assert hops(lab, url("drops-path", "/events/?a=b", "http"))[0] == url("drops-path")
    assert hops(lab, url("drops-query", "/events/?a=b", "http"))[0] == url(
        "drops-query", "/events/"
    )


def test_the_log_in_is_downgraded_to_http(lab: Lab) -> None:
    assert hops(lab, url("downgrade", "/login")) == [url("downgrade", "/login", "http")]
    assert visit(lab, url("downgrade", "/login", "http")).status == 200


def test_redirects_lead_to_private_addresses(lab: Lab) -> None:
    host = "redirect-to-private"
    assert visit(lab, url(host)).headers["location"] == "http://10.0.0.5/"
    metadata = visit(lab, url(host, "/metadata")).headers["location"]
    assert metadata == "http://169.254.169.254/latest/meta-data/"


@pytest.mark.parametrize("label", ["http-copy", "http-only", "http-only.hsts-subdomains"])
def test_port_80_serves_the_site_itself(lab: Lab, label: str) -> None:
    reply = visit(lab, url(label, "/", "http"))
    assert reply.status == 200
    assert "Bread at home" in reply.body


def test_the_host_that_is_not_tls_speaks_http_on_port_443(lab: Lab) -> None:
    address = lab.dialled(addresses.WEB_NOT_TLS, 443)
    with socket.create_connection(address, timeout=_TIMEOUT_S) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\nHost: not-tls.lab.test\r\n\r\n")
        assert plain.recv(12) == b"HTTP/1.1 200"


_FAULTS: list[tuple[str, str, Callable[[Reply], bool]]] = [
    ("hsts-short", "/", lambda r: r.headers["strict-transport-security"] == "max-age=300"),
    (
        "hsts-subdomains",
        "/",
        lambda r: "includeSubDomains" in r.headers["strict-transport-security"],
    ),
    ("autoindex", "/files/", lambda r: "Index of /files/" in r.body and "members-2024" in r.body),
    ("exposed", "/.env", lambda r: r.status == 200 and "DATABASE_PASSWORD=" in r.body),
    ("exposed", "/.git/HEAD", lambda r: r.status == 200 and r.body.startswith("ref: refs/")),
    ("exposed", "/.git/config", lambda r: r.status == 200 and "[core]" in r.body),
    ("exposed", "/backup.sql", lambda r: r.status == 200 and "CREATE TABLE" in r.body),
    ("spa", "/.env", lambda r: r.status == 200 and "<!doctype html>" in r.body),
    ("spa", "/f6d1-no-such-path", lambda r: r.status == 200 and "<!doctype html>" in r.body),
    ("bare", "/", lambda r: r.status == 200 and not set(_PROTECTION) & set(r.headers)),
    ("bare", FINGERPRINTED, lambda r: not {"content-encoding", "cache-control"} & set(r.headers)),
    ("cookies", "/login", lambda r: r.cookies == ("session=7f3a9c; Path=/",)),
    (
        "private-cached",
        "/account",
        lambda r: (
            r.status == 200
            and r.headers["cache-control"] == "public, max-age=3600"
            and len(r.cookies) == 1
            and "Signed in as" in r.body
        ),
    ),
    ("mixed", "/", lambda r: 'script src="http://' in r.body and 'img src="http://' in r.body),
    ("source-map", "/assets/app.js", lambda r: "sourceMappingURL=app.js.map" in r.body),
    ("source-map", "/assets/app.js.map", lambda r: '"sourcesContent"' in r.body),
    ("leaky-bundle", "/assets/app.js", lambda r: '"sk_live_' in r.body),
    ("stack-trace", "/boom", lambda r: r.status == 500 and "Traceback" in r.body),
    ("static-uncached", FINGERPRINTED, lambda r: r.headers["cache-control"] == "no-store"),
]


@pytest.mark.parametrize(("label", "path", "shows"), _FAULTS)
def test_a_host_shows_its_fault_and_the_healthy_one_does_not(
    lab: Lab, label: str, path: str, shows: Callable[[Reply], bool]
) -> None:
    assert shows(visit(lab, url(label, path)))
    assert not shows(visit(lab, url("good", path)))


@pytest.mark.parametrize(
    ("label", "origin", "allowed", "credentials"),
    [
        ("cors-reflected", "https://stranger.test", "https://stranger.test", True),
        ("cors-null", "null", "null", True),
        ("cors-public", "https://stranger.test", "*", False),
    ],
)
def test_an_api_answers_other_origins(
    lab: Lab, label: str, origin: str, allowed: str, credentials: bool
) -> None:
    reply = visit(lab, url(label, "/api"), headers={"Origin": origin})
    assert reply.headers["access-control-allow-origin"] == allowed
    assert ("access-control-allow-credentials" in reply.headers) is credentials


@pytest.mark.parametrize(("label", "refusal"), [("limited", 429), ("throttled", 403)])
def test_repeated_wrong_passwords_are_throttled(lab: Lab, label: str, refusal: int) -> None:
    answers = posts(lab, label)
    assert answers[0] == 401
    assert answers[-1] == refusal


def test_an_unlimited_log_in_goes_on_refusing(lab: Lab) -> None:
    assert posts(lab, "unlimited") == [401] * 10


def test_reading_the_log_in_page_does_not_use_up_the_limit(lab: Lab) -> None:
    assert {visit(lab, url("limited", "/login")).status for _ in range(10)} == {200}


def test_the_mail_policy_is_served(lab: Lab) -> None:
    policy = visit(lab, "https://mta-sts.brand.test/.well-known/mta-sts.txt")
    assert policy.status == 200
    assert "mx: mx.brand.test" in policy.body


def test_every_host_answers_on_port_80_under_its_own_name(lab: Lab) -> None:
    # The default server, which a host without a block of its own would fall to, says 404.
    for host in HOSTS:
        assert visit(lab, f"http://{host.name}/").status in (200, 301, 308), host.name
