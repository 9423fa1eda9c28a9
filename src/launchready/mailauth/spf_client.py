"""What the terms of an SPF record ask for one client (RFC 7208, 4.6.4, 5 and 7)."""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Literal

from launchready.mailauth.lookups import Answer, Asking, Question, Rdtype
from launchready.mailauth.names import address, is_at_or_below, query_name
from launchready.mailauth.spf_macros import MacroString, expand, fit_name, letters
from launchready.mailauth.spf_record import Mechanism
from launchready.mailauth.spf_result import Result

LOOKUPS_MAX = 10  # RFC 7208, 4.6.4
VOID_LOOKUPS_MAX = 2
MX_NAMES_MAX = 10
PTR_NAMES_MAX = 10


class StopError(Exception):
    """The evaluation ends here with temperror or permerror (RFC 7208, 2.6.6 and 2.6.7)."""

    def __init__(self, result: Literal["temperror", "permerror"], problem: str) -> None:
        super().__init__(problem)
        self.result: Result = result
        self.problem = problem


@dataclass(slots=True, kw_only=True)
class Check:
    """What all records of one evaluation share."""

    ip: IPv4Address | IPv6Address
    sender: str
    local_part: str
    sender_domain: str
    helo: str
    receiver: str
    now_s: int
    lookups: int = 0
    void_lookups: int = 0
    steps: list[str] = field(default_factory=list)

    @property
    def rdtype(self) -> Rdtype:
        """The type of the client's own addresses."""
        return "A" if self.ip.version == 4 else "AAAA"

    @property
    def reverse(self) -> str:
        """What the macro i expands to."""
        if isinstance(self.ip, IPv4Address):
            return str(self.ip)
        # Upper case as the published test-suite wants it; the DNS does not mind.
        return ".".join(self.ip.exploded.replace(":", "").upper())

    def say(self, depth: int, sentence: str) -> None:
        """Add a step."""
        self.steps.append("  " * depth + sentence)


def count_lookup(check: Check, text: str) -> None:
    """Count a term that asks the DNS; one too many ends the evaluation."""
    check.lookups += 1
    if check.lookups > LOOKUPS_MAX:
        raise StopError(
            "permerror", f"{text} is look-up number {check.lookups}; {LOOKUPS_MAX} are allowed"
        )


def matches(check: Check, domain: str, mechanism: Mechanism) -> Asking[bool]:
    """Whether a mechanism other than include matches the client (RFC 7208, 5)."""
    match mechanism.kind:
        case "all":
            return True
        case "ip4" | "ip6":
            network = ip_network(mechanism.network)
            return network.version == check.ip.version and check.ip in network
        case _:
            pass
    target = yield from target_name(check, domain, mechanism.domain)
    if target is None:
        return False
    match mechanism.kind:
        case "a":
            (answer,) = yield from ask_for_term(check, mechanism.text, ((target, check.rdtype),))
            return _holds(check, mechanism, answer)
        case "mx":
            return (yield from _mx(check, mechanism, target))
        case "exists":
            # An A query even for an IPv6 client (RFC 7208, 5.7).
            (answer,) = yield from ask_for_term(check, mechanism.text, ((target, "A"),))
            return bool(answer.names)
        case _:
            names = yield from validated_names(check, mechanism.text)
            return any(is_at_or_below(name, target) for name in names)


def _mx(check: Check, mechanism: Mechanism, domain: str) -> Asking[bool]:
    (answer,) = yield from ask_for_term(check, mechanism.text, ((domain, "MX"),))
    exchanges = answer.exchanges
    if len(exchanges) > MX_NAMES_MAX:
        raise StopError(
            "permerror",
            f"{mechanism.text}: {domain} has {len(exchanges)} MX records; "
            f"{MX_NAMES_MAX} are allowed",
        )
    hosts = [host for _, exchange in exchanges if (host := query_name(exchange)) is not None]
    answers = yield from ask_for_term(
        check, mechanism.text, tuple((host, check.rdtype) for host in hosts)
    )
    return any(_holds(check, mechanism, each) for each in answers)


def _holds(check: Check, mechanism: Mechanism, answer: Answer) -> bool:
    """Whether an address of the answer is the client's, within the prefix of its family."""
    prefix = mechanism.prefix4 if check.ip.version == 4 else mechanism.prefix6
    network = ip_network((check.ip.packed, prefix), strict=False)
    for text in answer.names:
        found = address(text)
        if found is not None and found.version == network.version and found in network:
            return True
    return False


def validated_names(check: Check, text: str) -> Asking[tuple[str, ...]]:
    """Return the client's names whose own addresses include it (RFC 7208, 5.5)."""
    # A second ptr asks again and its void answers count again, as those of any repeated term do.
    pointers = yield from ask_for_term(
        check, text, ((check.ip.reverse_pointer, "PTR"),), errors_stop=False
    )
    hosts = [
        host for name in pointers[0].names[:PTR_NAMES_MAX] if (host := query_name(name)) is not None
    ]
    answers = yield from ask_for_term(
        check, text, tuple((host, check.rdtype) for host in hosts), errors_stop=False
    )
    return tuple(
        host
        for host, answer in zip(hosts, answers, strict=True)
        if any(address(found) == check.ip for found in answer.names)
    )


def ask_for_term(
    check: Check,
    text: str,
    wanted: tuple[tuple[str, Rdtype], ...],
    *,
    errors_stop: bool = True,
) -> Asking[tuple[Answer, ...]]:
    """Ask for a term: a temporary error ends the evaluation, void answers are counted."""
    if not wanted:
        return ()
    answers = yield tuple(Question(name=name, rdtype=rdtype) for name, rdtype in wanted)
    for (name, rdtype), answer in zip(wanted, answers, strict=True):
        if answer.failed and errors_stop:
            raise StopError(
                "temperror",
                f"{text}: {rdtype} of {name} could not be asked for ({answer.detail or 'error'})",
            )
        if answer.void:
            check.void_lookups += 1
            if check.void_lookups > VOID_LOOKUPS_MAX:
                raise StopError(
                    "permerror",
                    f"{text}: {rdtype} of {name} is void look-up number "
                    f"{check.void_lookups}; {VOID_LOOKUPS_MAX} are allowed",
                )
    return answers


def never_matches(check: Check, spec: MacroString) -> bool:
    """Whether a term needs a local part that no domain name can hold (RFC 8616, 4)."""
    return not check.local_part.isascii() and bool(letters(spec) & {"s", "l"})


def target_name(check: Check, domain: str, spec: MacroString) -> Asking[str | None]:
    """Return the name that a domain-spec leads to, or None if it is no name to ask for."""
    if not spec:
        return domain
    if never_matches(check, spec):
        return None
    text = yield from expanded(check, domain, spec)
    return query_name(fit_name(text))


def expanded(check: Check, domain: str, spec: MacroString) -> Asking[str]:
    """Expand a macro string for the client and the current domain (RFC 7208, 7.3)."""
    used = letters(spec)
    values = {
        "s": check.sender,
        "l": check.local_part,
        "o": check.sender_domain,
        "d": domain,
        "i": check.reverse,
        "v": "in-addr" if check.ip.version == 4 else "ip6",
        "h": check.helo,
        "c": str(check.ip),
        "r": check.receiver,
        "t": str(check.now_s),
    }
    if "p" in used:
        names = yield from validated_names(check, "the macro p")
        values["p"] = _best_name(names, domain)
    return expand(spec, values)


def _best_name(names: tuple[str, ...], domain: str) -> str:
    """Prefer the domain itself, then a name under it, then any (RFC 7208, 7.3)."""
    if domain in names:
        return domain
    under = [name for name in names if is_at_or_below(name, domain)]
    return (under or list(names) or ["unknown"])[0]
