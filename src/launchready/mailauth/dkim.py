"""Verify the DKIM signatures of a message (RFC 6376, 6; RFC 8301; RFC 8463)."""

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from launchready.mailauth.dkim_canonical import canonical_body, signed_octets
from launchready.mailauth.dkim_key import DkimKey, DkimKeyResult, key_name, load_key, read_key
from launchready.mailauth.dkim_signature import DkimSignature, parse_dkim_signature
from launchready.mailauth.lookups import Asking, Question
from launchready.mailauth.mail_fields import MailField, MailMessage, parse_message

DkimOutcome: TypeAlias = Literal["pass", "fail", "permerror", "temperror", "none"]

_SIGNATURES_MAX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimVerdict:
    """One signature and what became of it.

    `from_signed` says whether every From field is covered. `body_length` is l= in octets and
    `body_unsigned_octets` how much of the canonical body it leaves open to anybody's additions.
    """

    result: DkimOutcome
    reason: str
    domain: str
    selector: str
    algorithm: str
    bits: int
    identity_domain: str
    signed_headers: tuple[str, ...]
    from_signed: bool
    body_length: int | None
    body_unsigned_octets: int
    signed_at_s: int | None
    expires_at_s: int | None
    expired: bool
    testing: bool


def verify_message(raw: bytes, *, now_s: int | None = None) -> Asking[tuple[DkimVerdict, ...]]:
    """Return a verdict on each DKIM signature, the topmost first; nothing if there is none.

    Without `now_s` (seconds since 1970) expiry is not judged. Only the first 16 signatures are
    verified; the keys of all are asked for at once.
    """
    message = parse_message(raw)
    return (yield from verify_parsed(message, now_s=now_s))


def verify_parsed(
    message: MailMessage, *, now_s: int | None = None
) -> Asking[tuple[DkimVerdict, ...]]:
    """Do what `verify_message` does for a message that is parsed already."""
    fields = message.named("dkim-signature")
    signatures = [(field, parse_dkim_signature(field)) for field in fields[:_SIGNATURES_MAX]]
    names = {
        (signature.domain, signature.selector): name
        for _, signature in signatures
        if not signature.problem
        and (name := key_name(signature.domain, signature.selector)) is not None
    }
    wanted = tuple(dict.fromkeys(names.values()))
    found: dict[str, DkimKeyResult] = {}
    if wanted:
        answers = yield tuple(Question(name=name, rdtype="TXT") for name in wanted)
        found = {name: read_key(name, answer) for name, answer in zip(wanted, answers, strict=True)}
    verdicts: list[DkimVerdict] = []
    for field, signature in signatures:
        name = names.get((signature.domain, signature.selector))
        verdicts.append(_verdict(message, field, signature, found[name] if name else None, now_s))
    verdicts += [
        _said(
            message,
            parse_dkim_signature(field),
            "permerror",
            f"more than {_SIGNATURES_MAX} signatures; this one is not verified",
        )
        for field in fields[_SIGNATURES_MAX:]
    ]
    return tuple(verdicts)


def _verdict(
    message: MailMessage,
    field: MailField,
    signature: DkimSignature,
    found: DkimKeyResult | None,
    now_s: int | None,
) -> DkimVerdict:
    if signature.problem:
        return _said(message, signature, "permerror", signature.problem)
    if found is None:
        return _said(message, signature, "permerror", "s= and d= make no name to ask for")
    if found.status == "error":
        return _said(message, signature, "temperror", found.problem)
    if found.key is None:
        return _said(message, signature, "permerror", found.problem)
    key = found.key
    if key.problems:
        return _said(message, signature, "permerror", key.problems[0], key=key)
    if signature.algorithm != f"{key.key_type}-sha256":
        reason = f"a={signature.algorithm}, but the key is for {key.key_type}"
        return _said(message, signature, "permerror", reason, key=key)
    if key.exact_identity and signature.identity_domain != signature.domain:
        reason = "the key has t=s, so i= must name the domain of d= itself"
        return _said(message, signature, "permerror", reason, key=key)
    result, reason = _verified(message, field, signature, key)
    expired = (
        now_s is not None and signature.expires_at_s is not None and now_s > signature.expires_at_s
    )
    if result == "pass" and expired:
        result, reason = "fail", "the signature has expired"
    return _said(message, signature, result, reason, key=key, expired=expired)


def _verified(
    message: MailMessage, field: MailField, signature: DkimSignature, key: DkimKey
) -> tuple[DkimOutcome, str]:
    body = canonical_body(message.body, signature.body_canonical)
    if signature.body_length is not None:
        if signature.body_length > len(body):
            return (
                "permerror",
                f"l= covers {signature.body_length} octets, the body has {len(body)}",
            )
        body = body[: signature.body_length]
    if hashlib.sha256(body).digest() != signature.body_hash:
        return "fail", "the body was changed after signing"
    octets = signed_octets(
        message.fields, signature.signed_headers, field, signature.header_canonical
    )
    if not _matches(key, signature.signature, octets):
        return "fail", "the signature does not match the header fields"
    return "pass", "the signature matches"


def _matches(key: DkimKey, signature: bytes, octets: bytes) -> bool:
    # Loading OpenSSL takes a while and most callers never verify a message.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    loaded = load_key(key)
    if loaded is None:
        return False
    try:
        if isinstance(loaded, RSAPublicKey):
            loaded.verify(signature, octets, PKCS1v15(), SHA256())
        else:
            # Ed25519 signs the hash, not the text (RFC 8463, 3).
            loaded.verify(signature, hashlib.sha256(octets).digest())
    except (InvalidSignature, ValueError):
        return False
    return True


def _said(
    message: MailMessage,
    signature: DkimSignature,
    result: DkimOutcome,
    reason: str,
    *,
    key: DkimKey | None = None,
    expired: bool = False,
) -> DkimVerdict:
    froms = len(message.named("from"))
    unsigned = 0
    if signature.body_length is not None:
        body = canonical_body(message.body, signature.body_canonical)
        unsigned = max(0, len(body) - signature.body_length)
    return DkimVerdict(
        result=result,
        reason=reason,
        domain=signature.domain,
        selector=signature.selector,
        algorithm=signature.algorithm,
        bits=key.bits if key else 0,
        identity_domain=signature.identity_domain,
        signed_headers=signature.signed_headers,
        from_signed=0 < froms <= signature.signed_headers.count("from"),
        body_length=signature.body_length,
        body_unsigned_octets=unsigned,
        signed_at_s=signature.signed_at_s,
        expires_at_s=signature.expires_at_s,
        expired=expired,
        testing=key is not None and key.testing,
    )
