"""Domains that send mail, or should not: records of SPF, DKIM, DMARC and MX, each with its fault."""

import base64
import functools
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from . import addresses as at
from .zone import Zone

SENDER = at.MX
_TXT_STRING_LENGTH = 250
_GOOD_SPF = f"v=spf1 ip4:{SENDER} include:_spf.mailer.test -all"
_GOOD_DMARC = "v=DMARC1; p=reject; rua=mailto:dmarc@{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A DKIM key of the lab: its public record, and the private key to sign test mail with."""

    record: str
    private_pem: bytes


@functools.cache
def rsa_key(bits: int) -> DkimKey:
    """Return an RSA key and its record (RFC 6376, section 3.6.1), the same all session long."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=bits)
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        # dkimpy reads PKCS#1.
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    record = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    return DkimKey(record=record, private_pem=pem)


@functools.cache
def ed25519_key() -> DkimKey:
    """Return an Ed25519 key and its record (RFC 8463, section 4.2); private: base64 of the seed."""
    key = ed25519.Ed25519PrivateKey.generate()
    record = (
        f"v=DKIM1; k=ed25519; p={base64.b64encode(key.public_key().public_bytes_raw()).decode()}"
    )
    return DkimKey(record=record, private_pem=base64.b64encode(key.private_bytes_raw()))


def mail_zones() -> list[Zone]:
    """Return every zone whose subject is mail."""
    return [*_healthy(), *_spf_faults(), *_dkim_faults(), *_dmarc_faults(), *_mx_faults()]


def _txt(owner: str, value: str) -> str:
    # A character-string holds at most 255 bytes (RFC 1035, section 3.3.14).
    parts = [
        value[start : start + _TXT_STRING_LENGTH]
        for start in range(0, len(value), _TXT_STRING_LENGTH)
    ]
    return f"{owner} TXT " + " ".join(f'"{part}"' for part in parts) + "\n"


def _domain(
    name: str,
    purpose: str,
    *,
    spf: str | None = _GOOD_SPF,
    dmarc: str | None = _GOOD_DMARC,
    mx: str | None = "10 mx.brand.test.",
    dkim: str | None = None,
    more: str = "",
) -> Zone:
    """Return a domain that is healthy but for what is given."""
    records = f"@ A {at.WEB}\n"
    if spf is not None:
        records += _txt("@", spf)
    if dmarc is not None:
        records += _txt("_dmarc", dmarc.format(name))
    if mx is not None:
        records += f"@ MX {mx}\n"
    records += _txt("s1._domainkey", dkim if dkim is not None else rsa_key(2048).record)
    return Zone(name=name, purpose=purpose, records=records + more)


def _healthy() -> list[Zone]:
    mta_sts = _txt("_mta-sts", "v=STSv1; id=20240102030405")
    tls_rpt = _txt("_smtp._tls", "v=TLSRPTv1; rua=mailto:tls@brand.test")
    ed25519_selector = _txt("ed._domainkey", ed25519_key().record)
    return [
        _domain(
            "brand.test",
            "healthy: SPF, DKIM (s1: RSA 2048, ed: Ed25519), DMARC reject, MX with STARTTLS",
            more=(
                f"mx A {at.MX}\nmx-plain A {at.MX_PLAIN}\nmx-self-signed A {at.MX_SELF_SIGNED}\n"
                f"mx-silent A {at.MX_SILENT}\nmta-sts A {at.WEB}\n"
                f"{mta_sts}{tls_rpt}{ed25519_selector}"
            ),
        ),
        Zone(
            name="mailer.test",
            purpose="a mail service that brand.test includes",
            records=_txt("_spf", "v=spf1 ip4:198.51.100.128/28 ~all")
            + _txt("_dmarc", "v=DMARC1; p=reject; rua=mailto:d@mailer.test")
            + _txt("authorised.test._report._dmarc", "v=DMARC1")
            + "".join(_txt(f"_s{n}", f"v=spf1 ip4:203.0.113.{n} -all") for n in range(1, 13)),
        ),
        Zone(
            name="never-sends.test",
            purpose="sends no mail and says so: null SPF, null MX, DMARC reject",
            records=f"@ A {at.WEB}\n@ MX 0 .\n"
            + _txt("@", "v=spf1 -all")
            + _txt("_dmarc", "v=DMARC1; p=reject"),
        ),
        Zone(
            name="parked.test",
            purpose="sends no mail and does not say so: no SPF, no MX, no DMARC",
            records=f"@ A {at.WEB}\n",
        ),
    ]


def _spf_faults() -> list[Zone]:
    includes = " ".join(f"include:_s{n}.mailer.test" for n in range(1, 12))
    chain = "".join(_txt(f"c{n}", f"v=spf1 include:c{n + 1}.spf-deep.test -all") for n in range(11))
    return [
        _domain("spf-missing.test", "no SPF", spf=None),
        _domain("spf-two.test", "two SPF records", more=_txt("@", "v=spf1 -all")),
        _domain("spf-eleven.test", "eleven look-ups side by side", spf=f"v=spf1 {includes} -all"),
        _domain(
            "spf-deep.test",
            "twelve look-ups, one inside the other",
            spf="v=spf1 include:c0.spf-deep.test -all",
            more=chain + _txt("c11", "v=spf1 -all"),
        ),
        _domain(
            "spf-ten.test",
            "ten look-ups: healthy",
            spf="v=spf1 " + " ".join(includes.split()[:10]) + " -all",
        ),
        _domain(
            "spf-void.test",
            "three look-ups that find nothing",
            spf="v=spf1 a:no1.spf-void.test a:no2.spf-void.test a:no3.spf-void.test -all",
        ),
        _domain("spf-plus-all.test", "authorises everybody", spf="v=spf1 +all"),
        _domain("spf-no-all.test", "no all and no redirect", spf=f"v=spf1 ip4:{SENDER}"),
        _domain("spf-itself.test", "includes itself", spf="v=spf1 include:spf-itself.test -all"),
        _domain("spf-syntax.test", "not valid", spf="v=spf1 ip4:203.0.113.999 -all"),
        _domain(
            "spf-include-none.test",
            "includes a domain without SPF",
            spf="v=spf1 include:parked.test -all",
        ),
        _domain("spf-other-sender.test", "the MX may not send", spf="v=spf1 ip4:192.0.2.77 -all"),
    ]


def _dkim_faults() -> list[Zone]:
    good = rsa_key(2048).record
    return [
        _domain("dkim-revoked.test", "s1 is revoked (empty p)", dkim="v=DKIM1; k=rsa; p="),
        _domain(
            "dkim-testing.test",
            "s1 is in testing mode",
            dkim=good.replace("k=rsa;", "k=rsa; t=y;"),
        ),
        _domain("dkim-1024.test", "s1 has 1024 bits", dkim=rsa_key(1024).record),
        _domain("dkim-garbage.test", "s1 is no key", dkim="v=DKIM1; k=rsa; p=bm90IGEga2V5"),
        _domain("dkim-two.test", "s1 has two records", more=_txt("s1._domainkey", good + "; n=b")),
    ]


def _dmarc_faults() -> list[Zone]:
    return [
        _domain("dmarc-missing.test", "no DMARC", dmarc=None),
        _domain(
            "dmarc-none.test", "p=none with reports", dmarc="v=DMARC1; p=none; rua=mailto:d@{}"
        ),
        _domain("dmarc-no-reports.test", "no report address", dmarc="v=DMARC1; p=reject"),
        _domain("dmarc-invalid.test", "not valid", dmarc="v=DMARC1; p=block; p=none; rua=x"),
        _domain("dmarc-two.test", "two DMARC records", more=_txt("_dmarc", "v=DMARC1; p=none")),
        _domain(
            "dmarc-external.test",
            "reports to a domain that has not agreed",
            dmarc="v=DMARC1; p=reject; rua=mailto:d@mailer.test",
        ),
        _domain(
            "authorised.test",
            "reports to a domain that has agreed: healthy",
            dmarc="v=DMARC1; p=reject; rua=mailto:d@mailer.test",
        ),
        _domain(
            "dmarc-leftovers.test",
            "tags of RFC 7489 that RFC 9989 dropped",
            dmarc="v=DMARC1; p=quarantine; pct=50; rf=afrf; ri=86400; rua=mailto:d@{}",
        ),
    ]


def _mx_faults() -> list[Zone]:
    return [
        _domain("mx-missing.test", "no MX", mx=None),
        _domain("mx-plain.test", "the MX has no STARTTLS", mx="10 mx-plain.brand.test."),
        _domain(
            "mx-self-signed.test",
            "the MX presents a self-signed certificate",
            mx="10 mx-self-signed.brand.test.",
        ),
        _domain("mx-silent.test", "the MX refuses connections", mx="10 mx-silent.brand.test."),
        _domain("mx-dangling.test", "the MX does not exist", mx="10 gone.brand.test."),
        _domain(
            "mx-alias.test", "the MX is an alias", mx="10 mail", more="mail CNAME mx.brand.test.\n"
        ),
        _domain("mx-address.test", "the MX is an address", mx="10 203.0.113.25."),
    ]
