"""What can be wrong with the launch's certificates, TLS and HSTS."""

from __future__ import annotations

from launchready.demo.answers import Answer
from launchready.demo.defects.registry import defect
from launchready.demo.description import CertificateOptions, DemoLaunch, Host
from launchready.demo.willow import DOMAIN

_HSTS = "strict-transport-security"


@defect("certificate-expired")
def certificate_expired(launch: DemoLaunch) -> None:
    """The app's certificate ended three days ago."""
    launch.host("app").certificate.days_left = -3


@defect("certificate-not-yet-valid")
def certificate_not_yet_valid(launch: DemoLaunch) -> None:
    """The app's certificate begins in two days."""
    certificate = launch.host("app").certificate
    certificate.days_old = -2


@defect("certificate-expires-soon")
def certificate_expires_soon(launch: DemoLaunch) -> None:
    """The community's certificate ends in fifteen days and was not renewed."""
    launch.host("community").certificate.days_left = 15


@defect("certificate-expires-soon", variant="this-week")
def certificate_expires_this_week(launch: DemoLaunch) -> None:
    """The community's certificate ends in four days and was not renewed."""
    launch.host("community").certificate.days_left = 4


@defect("certificate-untrusted")
def certificate_untrusted(launch: DemoLaunch) -> None:
    """The community's certificate comes from an authority that nobody knows."""
    launch.host("community").certificate.issuer = "unknown"


@defect("certificate-untrusted", variant="self-signed")
def certificate_self_signed(launch: DemoLaunch) -> None:
    """The app has signed its certificate itself."""
    launch.host("app").certificate.issuer = "self"


@defect("certificate-wrong-host")
def certificate_wrong_host(launch: DemoLaunch) -> None:
    """The app shows the certificate of the hosting company's own host."""
    launch.host("app").certificate.names = ["shared-7.hosting.example"]


@defect("certificate-wrong-host", variant="expired-too")
def certificate_wrong_host_and_expired(launch: DemoLaunch) -> None:
    """The app shows the hosting company's certificate, which has also expired."""
    launch.host("app").certificate.names = ["shared-7.hosting.example"]
    launch.host("app").certificate.days_left = -3


@defect("certificate-chain-incomplete")
def certificate_chain_incomplete(launch: DemoLaunch) -> None:
    """The app's server sends its certificate without the one of its issuer."""
    launch.host("app").certificate.complete_chain = False


@defect("certificate-weak-key")
def certificate_weak_key(launch: DemoLaunch) -> None:
    """The app's certificate has an RSA key of 1024 bits."""
    launch.host("app").certificate.key = "rsa1024"


@defect("certificate-unsupported-algorithm")
def certificate_unsupported_algorithm(launch: DemoLaunch) -> None:
    """The app's certificate has an ECDSA key on P-521, with which Chrome makes no handshake."""
    launch.host("app").certificate.key = "ec521"


@defect("certificate-staple-missing")
def certificate_staple_missing(launch: DemoLaunch) -> None:
    """The app's certificate says must-staple, and its server staples nothing."""
    launch.host("app").certificate.must_staple = True


@defect("certificate-weak-signature")
def certificate_weak_signature(launch: DemoLaunch) -> None:
    """The app's certificate is signed with SHA-1."""
    launch.host("app").certificate.signature_hash = "sha1"


@defect("https-refused")
def https_refused(launch: DemoLaunch) -> None:
    """Nothing listens on the app's port 443."""
    launch.host("app").https_open = False


@defect("https-refused", variant="garbled")
def https_garbled(launch: DemoLaunch) -> None:
    """Something that is not TLS answers on the app's port 443."""
    launch.host("app").garbled = True


@defect("old-tls-accepted")
def old_tls_accepted(launch: DemoLaunch) -> None:
    """The app still accepts TLS 1.0 and 1.1."""
    launch.host("app").tls_versions = ("1.0", "1.1", "1.2", "1.3")


@defect("old-tls-accepted", variant="only-1-1")
def old_tls_1_1_accepted(launch: DemoLaunch) -> None:
    """The app still accepts TLS 1.1."""
    launch.host("app").tls_versions = ("1.1", "1.2", "1.3")


@defect("hsts-missing")
def hsts_missing(launch: DemoLaunch) -> None:
    """The app does not tell browsers to use HTTPS only."""
    launch.host("app").without_guard.add("hsts")


@defect("hsts-missing", variant="switched-off")
def hsts_switched_off(launch: DemoLaunch) -> None:
    """The app tells browsers to forget HSTS."""
    launch.host("app").headers[_HSTS] = "max-age=0"


@defect("hsts-malformed")
def hsts_malformed(launch: DemoLaunch) -> None:
    """The app's HSTS header parts its directives by a comma, so that browsers ignore it."""
    launch.host("app").headers[_HSTS] = "max-age=31536000, includeSubDomains"


@defect("hsts-too-short")
def hsts_too_short(launch: DemoLaunch) -> None:
    """The app's HSTS lasts for a day."""
    launch.host("app").headers[_HSTS] = "max-age=86400"


@defect("hsts-breaks-subdomain")
def hsts_breaks_subdomain(launch: DemoLaunch) -> None:
    """An old archive below the domain has no HTTPS, and the domain's HSTS covers it."""
    archive = Host(
        name=f"archive.{DOMAIN}",
        addresses=["203.0.113.40", "2001:db8:e::40"],
        certificate=CertificateOptions(names=[f"archive.{DOMAIN}"]),
        https_open=False,
        http_redirect=None,
    )
    archive.serve("/", Answer(body="<title>Archive</title><p>Letters of the first years.</p>"))
    launch.hosts.append(archive)
    launch.host().headers[_HSTS] = "max-age=31536000; includeSubDomains"
    launch.zone().add("A", "archive", archive.addresses[0])
    launch.zone().add("AAAA", "archive", archive.addresses[1])
    launch.manifest["hosts"][archive.name] = {"web": False}
