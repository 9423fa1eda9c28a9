"""The syntax of a DMARC policy record (RFC 9989, 4.7 and 4.8) and of its reporting URIs."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import unquote

from launchready.mailauth.names import host_domain, printable

Policy: TypeAlias = Literal["none", "quarantine", "reject"]
Mode: TypeAlias = Literal["r", "s"]
Psd: TypeAlias = Literal["y", "n", "u"]

_WSP = " \t"
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?=;|\Z)")
_LOOKS_LIKE_ONE = re.compile(r"\s*v\s*=\s*dmarc", re.IGNORECASE)
# The value takes its leading white space along: two ways to match it would cost quadratic time.
_TAG = re.compile(r"([A-Za-z]+)[ \t]*=([\t\x20-\x3a\x3c-\x7e]+)")
_URI = re.compile(r"([a-z][a-z0-9+.-]*):([a-z0-9._~:/?#\[\]@$&'()*+;=%-]+)", re.IGNORECASE)
_SIZE = re.compile(r"(.*)!([0-9]+[kmgt]?)", re.IGNORECASE | re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_FO = re.compile(r"[01ds](?::[01ds])*", re.IGNORECASE)
_POLICIES = ("none", "quarantine", "reject")
_REMOVED = ("pct", "rf", "ri")  # RFC 7489 had them, RFC 9989 has not
_KNOWN = ("v", "p", "sp", "np", "adkim", "aspf", "fo", "rua", "ruf", "t", "psd")
_TAGS_MAX = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUri:
    """One address of rua or ruf. `domain` is where a mailto: goes; `problem` is empty if valid."""

    text: str
    scheme: str
    address: str
    domain: str
    size_limit: str
    problem: str

    @property
    def valid(self) -> bool:
        """Whether the URI is syntactically valid (RFC 9989, 4.8)."""
        return not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """A policy record. Values that are not valid are None, or the default where there is one.

    `tags` are all tags as written, `leftovers` those that RFC 9989 removed, `unknown` those that
    no RFC defines; both are ignored. `problems` has one sentence for each fault.
    """

    text: str
    tags: tuple[tuple[str, str], ...]
    p: Policy | None
    sp: Policy | None
    np: Policy | None
    adkim: Mode
    aspf: Mode
    fo: tuple[str, ...]
    rua: tuple[ReportUri, ...]
    ruf: tuple[ReportUri, ...]
    testing: bool
    psd: Psd
    leftovers: tuple[tuple[str, str], ...]
    unknown: tuple[tuple[str, str], ...]
    invalid: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def reports(self) -> bool:
        """Whether at least one address for aggregate reports is valid."""
        return any(uri.valid for uri in self.rua)

    @property
    def sound(self) -> bool:
        """Whether p is valid and neither sp nor np is invalid (RFC 9989, 4.10.1)."""
        return self.p is not None and not {"sp", "np"} & set(self.invalid)


def looks_like_dmarc(raw: bytes) -> bool:
    """Whether someone meant this TXT record to be a policy record, valid or not."""
    return _LOOKS_LIKE_ONE.match(raw[:64].decode("ascii", "replace")) is not None


def parse_dmarc(raw: bytes | str) -> DmarcRecord | None:
    """Parse a policy record; None if it does not begin with `v=DMARC1`. Never raises.

    The first of several tags of the same name counts. Tag names and keywords are compared
    without regard to case, as ABNF literals are.
    """
    text = raw.decode("ascii", "backslashreplace") if isinstance(raw, bytes) else raw
    version = _VERSION.match(text)
    if version is None:
        return None
    problems: list[str] = []
    tags: dict[str, str] = {"v": "DMARC1"}
    parts = text[version.end() :].split(";")[1:]
    for index, part in enumerate(parts[:_TAGS_MAX]):
        tag = part.strip(_WSP)
        if not tag:
            if index + 1 < len(parts):
                problems.append("an empty tag stands between two semicolons")
            continue
        found = _TAG.fullmatch(tag)
        if found is None:
            problems.append(f"{tag[:40]!a} is not a tag with a value")
        elif found[1].lower() in tags:
            problems.append(f"{found[1].lower()}= stands more than once; the first one counts")
        else:
            tags[found[1].lower()] = found[2].strip(_WSP)
    if len(parts) > _TAGS_MAX:
        problems.append(f"more than {_TAGS_MAX} tags; the rest is ignored")
    return _record(text, tags, problems)


def _record(text: str, tags: dict[str, str], problems: list[str]) -> DmarcRecord:
    invalid: list[str] = []

    def choice(name: str, allowed: tuple[str, ...]) -> str | None:
        value = tags.get(name)
        if value is None:
            return None
        if value.lower() in allowed:
            return value.lower()
        invalid.append(name)
        problems.append(f"{name}={value[:40]} is none of {', '.join(allowed)}")
        return None

    def uris(name: str) -> tuple[ReportUri, ...]:
        found = parse_report_uris(tags[name]) if name in tags else ()
        problems.extend(f"{name}: {uri.problem}" for uri in found if not uri.valid)
        return found

    p = choice("p", _POLICIES)
    if "p" not in tags:
        problems.append("p= is missing")
    fo = tags.get("fo", "0")
    if not _FO.fullmatch(fo) or {"0", "1"} <= set(fo.split(":")):
        invalid.append("fo")
        problems.append(f"fo={fo[:40]} is no list of 0 or 1, d and s")
        fo = "0"
    return DmarcRecord(
        text=printable(text),
        tags=tuple(tags.items()),
        p=p,  # type: ignore[arg-type]
        sp=choice("sp", _POLICIES),  # type: ignore[arg-type]
        np=choice("np", _POLICIES),  # type: ignore[arg-type]
        adkim=choice("adkim", ("r", "s")) or "r",  # type: ignore[arg-type]
        aspf=choice("aspf", ("r", "s")) or "r",  # type: ignore[arg-type]
        fo=tuple(fo.lower().split(":")),
        rua=uris("rua"),
        ruf=uris("ruf"),
        testing=choice("t", ("y", "n")) == "y",
        psd=choice("psd", ("y", "n", "u")) or "u",  # type: ignore[arg-type]
        leftovers=tuple((name, value) for name, value in tags.items() if name in _REMOVED),
        unknown=tuple(
            (name, value) for name, value in tags.items() if name not in (*_KNOWN, *_REMOVED)
        ),
        invalid=tuple(invalid),
        problems=tuple(problems),
    )


def parse_report_uris(value: str) -> tuple[ReportUri, ...]:
    """Parse the comma-separated list of rua or ruf. Never raises."""
    return tuple(_uri(part.strip(_WSP)) for part in value.split(",")[:_TAGS_MAX])


def _uri(text: str) -> ReportUri:
    scheme = address = domain = size = problem = ""
    bare = text
    if sized := _SIZE.fullmatch(text):
        bare, size = sized[1], sized[2].lower()
    found = _URI.fullmatch(bare)
    if not text:
        problem = "an address is empty"
    elif found is None or _BAD_ESCAPE.search(bare):
        hint = f"; write mailto:{bare[:80]}" if "@" in bare and ":" not in bare else ""
        problem = f"{bare[:80]!a} is not a URI{hint}"
    else:
        scheme = found[1].lower()
        if scheme == "mailto":
            address = unquote(found[2].split("?", 1)[0], errors="replace")
            local, at, host = address.rpartition("@")
            domain = host_domain(host) or ""
            if not (at and local and domain) or any(c.isspace() for c in address):
                problem = f"{bare[:80]!a} has no valid mail address"
    return ReportUri(
        text=text, scheme=scheme, address=address, domain=domain, size_limit=size, problem=problem
    )
