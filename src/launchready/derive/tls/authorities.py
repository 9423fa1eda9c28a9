"""Certificate authorities by the names that CAA records know them by (RFC 8659)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from launchready.facts.dns import CaaRecord

# A word of the issuer's organization → the issuer domain names that it answers to, as its
# certification practice statement (section 4.2.1) lists them.
_NAMES: dict[str, tuple[str, ...]] = {
    "let's encrypt": ("letsencrypt.org",),
    "internet security research group": ("letsencrypt.org",),
    "google trust services": ("pki.goog", "google.com"),
    "digicert": (
        "digicert.com", "www.digicert.com", "digicert.ne.jp", "cybertrust.ne.jp", "thawte.com",
        "geotrust.com", "rapidssl.com", "symantec.com", "volusion.digitalcertvalidation.com",
        "stratossl.digitalcertvalidation.com", "intermediatecertificate.digitalcertvalidation.com",
        "1and1.digitalcertvalidation.com",
    ),
    "thawte": ("digicert.com", "thawte.com"),
    "geotrust": ("digicert.com", "geotrust.com"),
    "rapidssl": ("digicert.com", "rapidssl.com"),
    "quovadis": ("quovadisglobal.com", "digicert.com"),
    "sectigo": (
        "sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com",
        "entrust.net", "affirmtrust.com",
    ),
    "comodo": ("sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com"),
    "usertrust": (
        "sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com",
    ),
    "zerossl": ("sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com"),
    "cpanel": ("sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com"),
    "gandi": ("sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com"),
    "amazon": ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com", "aws.amazon.com"),
    "globalsign": ("globalsign.com",),
    "godaddy": ("godaddy.com", "starfieldtech.com"),
    "starfield": ("starfieldtech.com", "godaddy.com"),
    "entrust": ("entrust.net", "affirmtrust.com", "sectigo.com"),
    "ssl corp": ("ssl.com",),
    "microsoft": ("microsoft.com",),
    "buypass": ("buypass.com", "buypass.no"),
    "actalis": ("actalis.it",),
    "identrust": ("identrust.com",),
    "hellenic academic": ("harica.gr",),
    "harica": ("harica.gr",),
    "swisssign": ("swisssign.com", "swisssign.net", "swissign.com"),
    "unizeto": ("certum.pl", "certum.eu"),
    "asseco": ("certum.pl", "certum.eu"),
    "certainly": ("certainly.com",),
    "apple": ("pki.apple.com",),
    "telekom security": ("telesec.de",),
    "t-systems": ("telesec.de",),
    "d-trust": ("d-trust.net", "dtrust.de", "d-trust.de"),
    "trustwave": ("trustwave.com", "securetrust.com"),
    "e-szigno": ("e-szigno.hu",),
    "microsec": ("e-szigno.hu",),
    "certsign": ("certsign.ro",),
    "twca": ("twca.com.tw",),
    "taiwan-ca": ("twca.com.tw",),
    "chunghwa": ("cht.com.tw", "tfca.com.tw"),
    "secom": ("secomtrust.net",),
    "cybertrust japan": ("cybertrust.ne.jp",),
    "emudhra": ("emsign.com",),
    "certigna": ("certigna.fr",),
    "dhimyotis": ("certigna.fr",),
    "izenpe": ("izenpe.com", "izenpe.eus"),
    "firmaprofesional": ("firmaprofesional.com",),
    "naver": ("certificate.naver.com",),
}  # fmt: skip
# These sell certificates that other authorities make, under names of their own.
_RESELLERS = {
    "cloudflare": ("letsencrypt.org", "pki.goog", "ssl.com", "digicert.com", "sectigo.com"),
    "trustasia": ("digicert.com", "sectigo.com", "trustasia.com"),
}
_KNOWN_TAGS = {"issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"}  # fmt: skip
_CRITICAL = 0x80
_TAG = re.compile(r"[a-z0-9-]+")


def caa_names(organization: str) -> tuple[str, ...]:
    """Return the CAA names of an issuer's organization; empty when it is not known."""
    words = organization.lower().replace("\u2019", "'")
    words = words.replace("godaddy.com", "godaddy").replace("go daddy", "godaddy")
    for known, names in {**_NAMES, **_RESELLERS}.items():
        if words.startswith(known) or f" {known}" in words:
            return names
    return ()


def allowed_issuers(records: Iterable[CaaRecord], *, wildcard: bool) -> tuple[str, ...] | None:
    """Return the authorities that may issue (RFC 8659 section 4); empty: none, None: any.

    For a wildcard name the issuewild properties replace issue. A critical property that is not
    known keeps every authority from issuing (section 4.5), and a value that breaks the grammar names
    none (section 4.2).
    """
    records = list(records)
    if any(r.flags & _CRITICAL and r.tag not in _KNOWN_TAGS for r in records):
        return ()
    issue = [r for r in records if r.tag == "issue"]
    wild = [r for r in records if r.tag == "issuewild"]
    relevant = wild if wildcard and wild else issue
    if not relevant:
        return None
    return tuple(dict.fromkeys(name for name in map(_issuer, relevant) if name))


def _issuer(record: CaaRecord) -> str:
    """Return the name in an issue value; empty when there is none, or the value is malformed."""
    name, *parameters = (part.strip(" \t") for part in record.value.lower().split(";"))
    # A semicolon after the last parameter is against the letter of the grammar, and harms nobody.
    if parameters and not parameters[-1]:
        parameters.pop()
    pairs = [parameter.partition("=") for parameter in parameters]
    formed = all(
        sign
        and _TAG.fullmatch(tag.rstrip(" \t"))
        and all("!" <= c <= "~" for c in value.lstrip(" \t"))
        for tag, sign, value in pairs
    )
    name = name.rstrip(".")
    return name if formed and all(_TAG.fullmatch(label) for label in name.split(".")) else ""
