"""DKIM key records (RFC 6376, 3.6.1; RFC 8301; RFC 8463): what a selector publishes."""

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from launchready.mailauth.lookups import Answer, Asking, ask
from launchready.mailauth.names import host_domain, printable, query_name
from launchready.mailauth.tag_list import colon_list, parse_tag_list, without_space

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

RSA_BITS_MIN = 1024  # verifiers must refuse less (RFC 8301, 3.2)
RSA_BITS_WANTED = 2048  # signers should use it (RFC 8301, 3.2)

KeyStatus: TypeAlias = Literal["found", "missing", "several", "error", "invalid name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """One key record. `problems` make it unusable, `warnings` only weaken it.

    `bits` is the size of an RSA modulus, 256 for Ed25519 and 0 where no key could be read;
    `public_key` is the p= value without white space. `revoked` means an empty p=.
    """

    text: str
    tags: tuple[tuple[str, str], ...]
    key_type: str
    bits: int
    public_key: str
    hashes: tuple[str, ...]
    services: tuple[str, ...]
    flags: tuple[str, ...]
    revoked: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether a verifier may accept signatures made with the key."""
        return not self.problems

    @property
    def testing(self) -> bool:
        """Whether the domain says that it only tests (t=y)."""
        return "y" in self.flags

    @property
    def exact_identity(self) -> bool:
        """Whether i= must name the signing domain itself (t=s)."""
        return "s" in self.flags


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKeyResult:
    """What stands at a selector. `key` is None unless exactly one record was found."""

    name: str
    status: KeyStatus
    key: DkimKey | None
    problem: str


def find_dkim_key(domain: str, selector: str) -> Asking[DkimKeyResult]:
    """Ask for the key of a selector and parse it."""
    name = key_name(domain, selector)
    if name is None:
        return DkimKeyResult(
            name=printable(f"{selector}._domainkey.{domain}"),
            status="invalid name",
            key=None,
            problem="selector and domain make no name to ask for",
        )
    answer = yield from ask(name, "TXT")
    return read_key(name, answer)


def key_name(domain: str, selector: str) -> str | None:
    """Return the name of a selector's record, or None if there is no such name."""
    host, prefix = host_domain(domain), host_domain(f"{selector}.x")
    if host is None or prefix is None:
        return None
    return query_name(f"{prefix.removesuffix('.x')}._domainkey.{host}")


def read_key(name: str, answer: Answer) -> DkimKeyResult:
    """Judge what a selector's name answers. TXT records of another kind are not keys."""
    if answer.failed:
        return DkimKeyResult(
            name=name,
            status="error",
            key=None,
            problem=f"{name} could not be asked for ({answer.detail or 'error'})",
        )
    keys = [key for text in answer.texts if not _of_another_kind(key := parse_dkim_key(text))]
    meant = [key for key in keys if any(tag in ("p", "v") for tag, _ in key.tags)] or keys
    if len(meant) > 1:
        # A record that begins with another version is discarded (RFC 6376, 3.6.1).
        meant = [key for key in meant if not _begins_with_another_version(key)] or meant
    if not meant:
        return DkimKeyResult(
            name=name, status="missing", key=None, problem=f"{name} has no key record"
        )
    if len(meant) > 1:
        return DkimKeyResult(
            name=name,
            status="several",
            key=None,
            problem=f"{name} has {len(meant)} key records where one is allowed",
        )
    return DkimKeyResult(name=name, status="found", key=meant[0], problem="")


def _begins_with_another_version(key: DkimKey) -> bool:
    return key.tags[:1] not in ((), (("v", "DKIM1"),)) and key.tags[0][0] == "v"


def _of_another_kind(key: DkimKey) -> bool:
    """Whether the record is SPF or the like, which a wildcard puts at every name."""
    return _begins_with_another_version(key) and all(tag != "p" for tag, _ in key.tags)


def parse_dkim_key(raw: bytes | str) -> DkimKey:
    """Parse a key record. Never raises: faults are in `problems`."""
    text = raw.decode("ascii", "backslashreplace") if isinstance(raw, bytes) else raw
    tags, faults = parse_tag_list(text)
    problems, warnings = list(faults), list[str]()
    names = list(tags)
    if "v" in tags and (tags["v"] != "DKIM1" or names[0] != "v"):
        problems.append("v= must be DKIM1 and stand first")
    kind = tags.get("k", "rsa")
    hashes = colon_list(tags["h"]) if "h" in tags else ()
    services = colon_list(tags["s"]) if "s" in tags else ("*",)
    flags = colon_list(tags["t"]) if "t" in tags else ()
    public_key = without_space(tags.get("p", ""))
    revoked = "p" in tags and not public_key
    if "h" in tags and "sha256" not in hashes:
        problems.append(f"h={tags['h'][:40]} does not allow sha256, the only hash in use")
    if not {"*", "email"} & set(services):
        problems.append(f"s={tags['s'][:40]} does not allow the key for mail")
    if "y" in flags:
        warnings.append("t=y says that the domain only tests DKIM")
    bits = 0
    if "p" not in tags:
        problems.append("p= is missing")
    elif revoked:
        problems.append("p= is empty: the key is revoked")
    elif kind not in ("rsa", "ed25519"):
        problems.append(f"k={kind[:40]} is no known type of key")
    else:
        bits = _bits(kind, public_key, problems)
    if kind == "rsa" and 0 < bits < RSA_BITS_MIN:
        problems.append(f"the RSA key has {bits} bits; verifiers refuse fewer than {RSA_BITS_MIN}")
    elif kind == "rsa" and 0 < bits < RSA_BITS_WANTED:
        warnings.append(f"the RSA key has {bits} bits, {RSA_BITS_WANTED} wanted")
    return DkimKey(
        text=printable(text),
        tags=tuple((name, printable(value)) for name, value in tags.items()),
        key_type=kind,
        bits=bits,
        public_key=public_key,
        hashes=hashes,
        services=services,
        flags=flags,
        revoked=revoked,
        problems=tuple(printable(problem) for problem in problems),
        warnings=tuple(warnings),
    )


def _bits(kind: str, public_key: str, problems: list[str]) -> int:
    try:
        octets = base64.b64decode(public_key, validate=True)
    except (binascii.Error, ValueError):
        problems.append("p= is not base64")
        return 0
    if kind == "ed25519":
        if len(octets) == 32:
            return 256
        problems.append(f"an Ed25519 key has 32 octets, this one has {len(octets)}")
        return 0
    key = _load_rsa(octets)
    if key is None:
        problems.append("p= is not an RSA public key")
        return 0
    return key.key_size


def _load_rsa(octets: bytes) -> "RSAPublicKey | None":
    """Load a SubjectPublicKeyInfo, or the bare RSAPublicKey that some publish instead."""
    # Loading OpenSSL takes a while and most callers never meet a key.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(octets)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def load_key(key: DkimKey) -> "RSAPublicKey | Ed25519PublicKey | None":
    """Return the key that verifies, or None if the record holds none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    if not key.bits:
        return None
    octets = base64.b64decode(key.public_key)
    if key.key_type == "ed25519":
        return Ed25519PublicKey.from_public_bytes(octets)
    return _load_rsa(octets)
