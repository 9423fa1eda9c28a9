"""DKIM-Signature header fields (RFC 6376, 3.5): what a signature claims."""

import base64
import binascii
import re
from dataclasses import dataclass

from launchready.mailauth.dkim_canonical import Canonical
from launchready.mailauth.mail_fields import MailField
from launchready.mailauth.names import host_domain, is_at_or_below, printable
from launchready.mailauth.tag_list import colon_list, parse_tag_list, without_space

ALGORITHMS = ("rsa-sha256", "ed25519-sha256")

_REQUIRED = ("v", "a", "b", "bh", "d", "h", "s")
_NUMBER = re.compile(r"[0-9]{1,76}", re.ASCII)
_SEEN_AS_NUMBER_MAX = 10**12  # RFC 6376, 3.5: larger times may be cut


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSignature:
    """A signature as written. `problem` is empty if a verifier may go on with it.

    Times are seconds since 1970; `body_length` is l= in octets.
    """

    domain: str
    selector: str
    algorithm: str
    identity_domain: str
    header_canonical: Canonical
    body_canonical: Canonical
    signed_headers: tuple[str, ...]
    body_length: int | None
    signed_at_s: int | None
    expires_at_s: int | None
    body_hash: bytes
    signature: bytes
    problem: str


def parse_dkim_signature(field: MailField) -> DkimSignature:
    """Parse a signature field. Never raises: the first fault is in `problem`."""
    tags, faults = parse_tag_list(field.value.decode("utf-8", "backslashreplace"))
    problems = list(faults)
    problems += [f"{name}= is missing" for name in _REQUIRED if name not in tags]
    domain = _domain(tags.get("d", ""))
    if "d" in tags and not domain:
        problems.append("d= is not a domain")
    headers = tuple(printable(name.lower()) for name in colon_list(tags.get("h", "")))
    if "h" in tags and "from" not in headers:
        problems.append("h= does not name From")
    if tags.get("v", "1") != "1":
        problems.append("v= is not 1")
    algorithm = tags.get("a", "")
    if "a" in tags and algorithm not in ALGORITHMS:
        sha1 = " (RFC 8301 forbids it)" if algorithm == "rsa-sha1" else ""
        problems.append(f"a={algorithm[:40]} is no algorithm in use{sha1}")
    header_way, _, body_way = tags.get("c", "simple").partition("/")
    body_way = body_way or "simple"
    if not {header_way, body_way} <= {"simple", "relaxed"}:
        problems.append(f"c={tags.get('c', '')[:40]} is no known canonicalization")
    if "q" in tags and "dns/txt" not in colon_list(tags["q"]):
        problems.append("q= does not allow keys in the DNS")
    identity = _domain(tags["i"].rpartition("@")[2]) if "i" in tags else domain
    if "@" not in tags.get("i", "@"):
        problems.append("i= has no @ before its domain")
    elif domain and not (identity and is_at_or_below(identity, domain)):
        problems.append("i= is not at or below d=")
    numbers = {name: _number(tags, name, problems) for name in ("l", "t", "x")}
    signed, until = numbers["t"], numbers["x"]
    if signed is not None and until is not None and until <= signed < _SEEN_AS_NUMBER_MAX:
        problems.append("x= is not after t=")
    return DkimSignature(
        domain=domain or printable(tags.get("d", "")[:253]),
        selector=printable(tags.get("s", "")[:253]),
        algorithm=printable(algorithm[:40]),
        identity_domain=identity,
        header_canonical="relaxed" if header_way == "relaxed" else "simple",
        body_canonical="relaxed" if body_way == "relaxed" else "simple",
        signed_headers=headers,
        body_length=numbers["l"],
        signed_at_s=numbers["t"],
        expires_at_s=numbers["x"],
        body_hash=_octets(tags, "bh", problems),
        signature=_octets(tags, "b", problems),
        problem=printable(problems[0]) if problems else "",
    )


def _domain(text: str) -> str:
    """Return a domain-name (RFC 6376, 3.5): two labels or more, no final dot and no space."""
    found = host_domain(text) or ""
    return found if "." in found and text[:1] not in (" ", "\t") and text[-1] != "." else ""


def _number(tags: dict[str, str], name: str, problems: list[str]) -> int | None:
    value = tags.get(name)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        problems.append(f"{name}= is not a number")
        return None
    return min(int(value), _SEEN_AS_NUMBER_MAX)


def _octets(tags: dict[str, str], name: str, problems: list[str]) -> bytes:
    try:
        octets = base64.b64decode(without_space(tags.get(name, "")), validate=True)
    except (binascii.Error, ValueError):
        problems.append(f"{name}= is not base64")
        return b""
    if name in tags and not octets:
        problems.append(f"{name}= is empty")
    return octets
