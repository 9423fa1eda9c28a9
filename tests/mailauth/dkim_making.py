"""Keys, and messages that another program signed with them."""

import base64
import hashlib
import re

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from launchready.mailauth.dkim import DkimVerdict, verify_message
from launchready.mailauth.dkim_canonical import canonical_body, signed_octets
from launchready.mailauth.lookups import run
from launchready.mailauth.mail_fields import MailField
from tests.mailauth.mail_zones import Zones

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
RSA_P = base64.b64encode(
    RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
ED = ed25519.Ed25519PrivateKey.generate()
ED_SEED = base64.b64encode(ED.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
ED_P = base64.b64encode(ED.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
KEYS = {
    "s1._domainkey.example.test": {"TXT": [f"v=DKIM1; p={RSA_P}"]},
    "ed._domainkey.example.test": {"TXT": [f"v=DKIM1; k=ed25519; p={ED_P}"]},
}
MAIL = (
    b"From: Ann <ann@example.test>\r\nTo: bob@example.org\r\nSubject:  Hello \r\n\tagain\r\n"
    b"Date: Mon, 2 Jan 2023 10:00:00 +0000\r\n\r\nHi  Bob, \r\n\r\nsee you.\t\r\n\r\n\r\n"
)


def sign(
    mail: bytes = MAIL,
    *,
    ways: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
    algorithm: bytes = b"rsa-sha256",
    include: list[bytes] | None = None,
    length: bool = False,
    identity: bytes | None = None,
) -> bytes:
    selector, key = (b"ed", ED_SEED) if algorithm.startswith(b"ed") else (b"s1", RSA_PEM)
    header: bytes = dkim.sign(
        mail,
        selector,
        b"example.test",
        key,
        identity=identity,
        canonicalize=ways,
        signature_algorithm=algorithm,
        include_headers=include,
        length=length,
    )
    return header + mail


def verify(mail: bytes, zones: Zones | None = None, now_s: int | None = None) -> DkimVerdict:
    (verdict,) = run(verify_message(mail, now_s=now_s), zones or Zones(KEYS))
    return verdict


def tampered(old: bytes, new: bytes) -> bytes:
    mail = sign()
    assert re.search(old, mail) is not None
    return re.sub(old, new, mail, count=1)


def signed_until(expires_at_s: int) -> bytes:
    return signed_with(b"d=example.test; t=5; x=%d" % expires_at_s)


def signed_with(tags: bytes) -> bytes:
    body = base64.b64encode(hashlib.sha256(canonical_body(b"Hi\r\n", "relaxed")).digest())
    field = MailField(
        name="dkim-signature",
        raw=b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; s=ed;\r\n"
        b" %b; h=from; bh=%b; b=" % (tags, body),
    )
    author = MailField(name="from", raw=b"From: a@example.test")
    octets = signed_octets((author,), ("from",), field, "relaxed")
    value = base64.b64encode(ED.sign(hashlib.sha256(octets).digest()))
    return field.raw + value + b"\r\n" + author.raw + b"\r\n\r\nHi\r\n"
