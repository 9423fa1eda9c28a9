"""The demo's DNS put together: who holds which zone, and how servers and resolvers answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from launchready.demo.zone_answers import Contents, Found, build
from launchready.demo.zone_data import NameServer, Resolver, Zone

Responder = Callable[[dns.message.Message], "dns.message.Message | None"]
"""From a query to its response; None is silence."""

_ALIASES_MAX = 12


class Names:
    """Every zone of a launch, built once."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.zones = {dns.name.from_text(z.origin): z for z in zones}
        self.children: dict[str, list[Zone]] = {}
        for name, zone in self.zones.items():
            parent = self._parent(name)
            if parent is not None:
                self.children.setdefault(parent.origin, []).append(zone)
        self._built: dict[tuple[str, str], Contents] = {}
        for zone in self.zones.values():
            for server in zone.servers:
                self._build(zone, server)

    def _parent(self, name: dns.name.Name) -> Zone | None:
        while name != dns.name.root:
            name = name.parent()
            if name in self.zones:
                return self.zones[name]
        return None

    def _build(self, zone: Zone, server: NameServer) -> None:
        alike = "" if server.own is None and server.serial is None else server.name
        if (zone.origin, alike) not in self._built:
            children = self.children.get(zone.origin, [])
            self._built[zone.origin, alike] = Contents(build(zone, server, children))
        self._built[zone.origin, server.name] = self._built[zone.origin, alike]

    def contents(self, zone: Zone, server: NameServer) -> Contents:
        """Return the zone as the server holds it."""
        return self._built[zone.origin, server.name]

    def deepest(
        self, name: dns.name.Name, type_: dns.rdatatype.RdataType = dns.rdatatype.A
    ) -> Zone | None:
        """Return the zone that answers for a name, as delegations lead to it; None if none does."""
        if type_ == dns.rdatatype.DS and name != dns.name.root:
            # The parent itself answers for the DS of its child (RFC 4035 section 3.1.4.1).
            name = name.parent()
        while True:
            if name in self.zones:
                return self.zones[name]
            if name == dns.name.root:
                return None
            name = name.parent()

    def chain_security(self, zone: Zone) -> str:
        """Return `secure`, `insecure` or `bogus` for the zone under the root's trust anchor."""
        here: Zone | None = zone
        state = "secure"
        while here is not None:
            if here.security == "bogus":
                return "bogus"
            if here.security == "insecure":
                state = "insecure"
            here = self._parent(dns.name.from_text(here.origin))
        return state


def authority(names: Names, held: list[tuple[Zone, NameServer]]) -> Responder:
    """Return how one authoritative server answers for the zones that it holds."""

    def respond(query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        inside = [(z, s) for z, s in held if question.name.is_subdomain(_name(z))]
        response = _response(query)
        if not inside:
            response.set_rcode(dns.rcode.REFUSED)
            return response
        if question.rdtype == dns.rdatatype.DS and len(inside) > 1:
            inside = [(z, s) for z, s in inside if _name(z) != question.name]
        zone, server = max(inside, key=lambda pair: len(_name(pair[0])))
        if server.mode != "answers":
            return _unwilling(response, server.mode)
        found = names.contents(zone, server).ask(
            question.name, question.rdtype, secure=_wants_dnssec(query)
        )
        _fill(response, found)
        if found.cut is None:
            response.flags |= dns.flags.AA
        return response

    return respond


def recursive(names: Names, resolver: Resolver) -> Responder:
    """Return how one resolver answers: along aliases and delegations, validating unless CD is set."""

    def respond(query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        response = _response(query)
        response.flags |= dns.flags.RA
        if resolver.mode != "answers":
            return _unwilling(response, resolver.mode)
        override = _override(resolver, question)
        if isinstance(override, str):
            if override == "SILENT":
                return None
            response.set_rcode(dns.rcode.from_text(override))
            return response
        if override is not None:
            response.answer = [override]
            return response
        trusting = not resolver.validates or bool(query.flags & dns.flags.CD)
        _resolve(names, response, question, trusting=trusting, secure=_wants_dnssec(query))
        if not (_wants_dnssec(query) or query.flags & dns.flags.AD) or trusting:
            response.flags &= ~dns.flags.AD
        return response

    return respond


def _resolve(
    names: Names, response: dns.message.Message, question: dns.rrset.RRset,
    *, trusting: bool, secure: bool,
) -> None:  # fmt: skip
    name = question.name
    all_secure = True
    for _ in range(_ALIASES_MAX):
        zone = names.deepest(name, question.rdtype)
        state = names.chain_security(zone) if zone is not None else ""
        contents = None if zone is None else _first_working(names, zone)
        if zone is None or contents is None or (state == "bogus" and not trusting):
            response.answer.clear()
            response.set_rcode(dns.rcode.SERVFAIL)
            return
        all_secure = all_secure and state == "secure"
        found = contents.ask(name, question.rdtype, secure=secure)
        if found.cut is not None:
            # Delegated to servers that hold no such zone here: nobody answers.
            response.set_rcode(dns.rcode.SERVFAIL)
            return
        response.answer += found.answer
        if found.alias is None:
            response.authority = found.authority
            response.set_rcode(found.rcode)
            if all_secure:
                response.flags |= dns.flags.AD
            return
        name = found.alias
    response.set_rcode(dns.rcode.SERVFAIL)


def _first_working(names: Names, zone: Zone) -> Contents | None:
    delegated = zone.delegated or [s.name for s in zone.servers]
    for server in zone.servers:
        if server.mode == "answers" and server.name in delegated:
            return names.contents(zone, server)
    return None


def _override(resolver: Resolver, question: dns.rrset.RRset) -> dns.rrset.RRset | str | None:
    name = question.name.to_text().lower()
    type_ = dns.rdatatype.to_text(question.rdtype)
    said = resolver.overrides.get((name, type_), resolver.overrides.get((name, "*")))
    if said is None or isinstance(said, str):
        return said
    return dns.rrset.from_text_list(question.name, 300, dns.rdataclass.IN, question.rdtype, said)


def _name(zone: Zone) -> dns.name.Name:
    return dns.name.from_text(zone.origin)


def _wants_dnssec(query: dns.message.Message) -> bool:
    return bool(query.ednsflags & dns.flags.DO)


def _response(query: dns.message.Message) -> dns.message.Message:
    response = dns.message.make_response(query, our_payload=1232)
    response.flags |= query.flags & dns.flags.CD
    return response


def _unwilling(response: dns.message.Message, mode: str) -> dns.message.Message | None:
    if mode == "silent":
        return None
    if mode == "refuses":
        response.set_rcode(dns.rcode.REFUSED)
    elif mode == "fails":
        response.set_rcode(dns.rcode.SERVFAIL)
    # A lame server answers NOERROR, empty and without authority.
    return response


def _fill(response: dns.message.Message, found: Found) -> None:
    response.set_rcode(found.rcode)
    response.answer = found.answer
    response.authority = found.authority
    response.additional = found.additional
