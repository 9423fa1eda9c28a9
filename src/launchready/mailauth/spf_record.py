"""The syntax of an SPF record (RFC 7208, 4.5, 4.6.1 and 12): strict, and without look-ups."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Literal, TypeAlias

from launchready.mailauth.names import printable, shown
from launchready.mailauth.spf_macros import (
    MacroString,
    SpfSyntaxError,
    parse_macro_string,
)

Qualifier: TypeAlias = Literal["+", "-", "~", "?"]
Kind: TypeAlias = Literal["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"]

LOOKUP_KINDS: frozenset[str] = frozenset(("include", "a", "mx", "ptr", "exists"))

_PROBLEMS_MAX = 20
_FLAGS = re.IGNORECASE | re.ASCII

_VERSION = re.compile(rb"v=spf1(?= |\Z)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_MECHANISM = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?![a-z0-9_.-])(.*)",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_DUAL_CIDR = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z", re.ASCII)
_TOPLABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_EXPAND = r"%(?:\{[a-z][0-9]*r?[.\-+,/_=]*\}|[%_-])"
_ENDS_IN_MACRO = re.compile(
    rf"(?:[\x21-\x24\x26-\x7e]|{_EXPAND})*{_EXPAND}", re.IGNORECASE | re.ASCII
)
_QNUM = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IP4 = re.compile(rf"({_QNUM}(?:\.{_QNUM}){{3}})(?:/(0|[1-9][0-9]?))?", re.ASCII)
_IP6 = re.compile(r"([0-9a-f:.]+)(?:/(0|[1-9][0-9]{0,2}))?", re.IGNORECASE | re.ASCII)
_LOOKS_LIKE_IP4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}(?:/.*)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One directive. `domain` is empty where the current domain is meant."""

    text: str
    kind: Kind
    qualifier: Qualifier
    domain: MacroString = ()
    network: str = ""
    prefix4: int = 32
    prefix6: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifier:
    """`redirect`, `exp` or an unknown modifier, whose value is checked and then ignored."""

    text: str
    name: str
    value: MacroString


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRecord:
    """A record's terms in order, and what is wrong with it: one sentence for each fault."""

    text: str
    mechanisms: tuple[Mechanism, ...]
    modifiers: tuple[Modifier, ...]
    problems: tuple[str, ...]

    @property
    def redirect(self) -> Modifier | None:
        """The redirect modifier (RFC 7208, 6.1)."""
        return next((each for each in self.modifiers if each.name == "redirect"), None)

    @property
    def explanation(self) -> Modifier | None:
        """The exp modifier (RFC 7208, 6.2)."""
        return next((each for each in self.modifiers if each.name == "exp"), None)


def select_records(texts: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the TXT records that are SPF records (RFC 7208, 4.5): one is right."""
    return tuple(text for text in texts if _VERSION.match(text))


def parse_spf(raw: bytes | str) -> SpfRecord:
    """Parse a record that begins with `v=spf1`. Never raises: faults are in `problems`."""
    data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    text = data.decode("ascii", "backslashreplace")
    problems: list[str] = []
    mechanisms: list[Mechanism] = []
    modifiers: list[Modifier] = []
    if not _VERSION.match(data):
        problems.append("the record does not begin with v=spf1 and a space")
    if not data.isascii():
        problems.append(
            "the record has characters outside ASCII, such as a long dash or a curly quote"
        )
    for term in text[len("v=spf1") :].split(" "):
        if not term:
            continue
        try:
            if found := _MODIFIER.fullmatch(term):
                modifiers.append(_modifier(term, found[1].lower(), found[2]))
            else:
                mechanisms.append(_mechanism(term))
        except SpfSyntaxError as error:
            problems.append(f"{printable(term[:80])}: {error}")
    problems.extend(
        f"{name}= stands more than once"
        for name in ("redirect", "exp")
        if sum(each.name == name for each in modifiers) > 1
    )
    return SpfRecord(
        text=shown(data),
        mechanisms=tuple(mechanisms),
        modifiers=tuple(modifiers),
        problems=(
            *problems[:_PROBLEMS_MAX],
            *([f"and {len(problems) - _PROBLEMS_MAX} more"] if problems[_PROBLEMS_MAX:] else ()),
        ),
    )


def _modifier(term: str, name: str, value: str) -> Modifier:
    if name in ("redirect", "exp"):
        return Modifier(text=term, name=name, value=_domain_spec(value))
    # An unknown modifier may hold any macro string, so the explanation's letters as well.
    return Modifier(text=term, name=name, value=parse_macro_string(value, explanation=True))


def _mechanism(term: str) -> Mechanism:
    found = _MECHANISM.fullmatch(term)
    if found is None:
        if _LOOKS_LIKE_IP4.fullmatch(term.lstrip("+?~-")):
            raise SpfSyntaxError("an address needs ip4: before it")
        raise SpfSyntaxError("no mechanism has this name")
    qualifier: Qualifier = found[1] or "+"  # type: ignore[assignment]
    kind: Kind = found[2].lower()  # type: ignore[assignment]
    rest = found[3]
    match kind:
        case "all":
            if rest:
                raise SpfSyntaxError("all takes no argument")
            return Mechanism(text=term, kind=kind, qualifier=qualifier)
        case "include" | "exists":
            if not rest.startswith(":"):
                raise SpfSyntaxError(f"{kind} needs a domain")
            return Mechanism(
                text=term, kind=kind, qualifier=qualifier, domain=_domain_spec(rest[1:])
            )
        case "ptr":
            domain = _domain_spec(rest[1:]) if rest.startswith(":") else ()
            if rest and not domain:
                raise SpfSyntaxError("ptr takes a domain and nothing else")
            return Mechanism(text=term, kind=kind, qualifier=qualifier, domain=domain)
        case "a" | "mx":
            return _address_mechanism(term, kind, qualifier, rest)
        case "ip4" | "ip6":
            if not rest.startswith(":"):
                raise SpfSyntaxError(f"{kind} needs an address")
            network = _ip4(rest[1:]) if kind == "ip4" else _ip6(rest[1:])
            return Mechanism(text=term, kind=kind, qualifier=qualifier, network=network)


def _address_mechanism(term: str, kind: Kind, qualifier: Qualifier, rest: str) -> Mechanism:
    cidr = _DUAL_CIDR.search(rest)
    prefix4, prefix6 = cidr.groups() if cidr else (None, None)
    spec = rest[: cidr.start()] if cidr else rest
    domain: MacroString = ()
    if spec.startswith(":"):
        domain = _domain_spec(spec[1:])
    elif spec:
        raise SpfSyntaxError(f"{kind} takes a domain and prefix lengths: {kind}:domain/24//64")
    if prefix4 is not None and int(prefix4) > 32:
        raise SpfSyntaxError(f"/{prefix4} is more than the 32 bits of an IPv4 address")
    if prefix6 is not None and int(prefix6) > 128:
        raise SpfSyntaxError(f"//{prefix6} is more than the 128 bits of an IPv6 address")
    return Mechanism(
        text=term,
        kind=kind,
        qualifier=qualifier,
        domain=domain,
        prefix4=32 if prefix4 is None else int(prefix4),
        prefix6=128 if prefix6 is None else int(prefix6),
    )


def _domain_spec(text: str) -> MacroString:
    if not text:
        raise SpfSyntaxError("the domain is empty")
    pieces = parse_macro_string(text)
    if not (_ends_in_toplabel(text) or _ENDS_IN_MACRO.fullmatch(text)):
        if _LOOKS_LIKE_IP4.fullmatch(text):
            raise SpfSyntaxError("this is an address, not a domain: use ip4:")
        raise SpfSyntaxError("the domain does not end in a valid top-level label or a macro")
    return pieces


def _ends_in_toplabel(text: str) -> bool:
    _, dot, last = text.removesuffix(".").rpartition(".")
    return bool(dot) and _TOPLABEL.fullmatch(last) is not None and not last.isdigit()


def _ip4(text: str) -> str:
    found = _IP4.fullmatch(text)
    if found is None:
        raise SpfSyntaxError("not an IPv4 address or network")
    prefix = 32 if found[2] is None else int(found[2])
    if prefix > 32:
        raise SpfSyntaxError(f"/{prefix} is more than the 32 bits of an IPv4 address")
    return str(ip_network((int(IPv4Address(found[1])), prefix), strict=False))


def _ip6(text: str) -> str:
    found = _IP6.fullmatch(text)
    if found is None:
        raise SpfSyntaxError("not an IPv6 address or network")
    prefix = 128 if found[2] is None else int(found[2])
    if prefix > 128:
        raise SpfSyntaxError(f"/{prefix} is more than the 128 bits of an IPv6 address")
    try:
        start = IPv6Address(found[1])
    except ValueError:
        raise SpfSyntaxError("not an IPv6 address or network") from None
    return str(ip_network((start.packed, prefix), strict=False))
