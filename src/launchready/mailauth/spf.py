"""Evaluate SPF for one sender: check_host() of RFC 7208, with the tree of what it looked up."""

from collections.abc import Generator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Literal, TypeAlias

from launchready.mailauth.lookups import Answer, Asking, Question, Rdtype, ask
from launchready.mailauth.names import address, is_address, is_at_or_below, query_name
from launchready.mailauth.spf_macros import (
    MacroString,
    SpfSyntaxError,
    expand,
    fit_name,
    letters,
    parse_macro_string,
)
from launchready.mailauth.spf_record import (
    LOOKUP_KINDS,
    Mechanism,
    Modifier,
    SpfRecord,
    parse_spf,
    select_records,
)

Result: TypeAlias = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Outcome: TypeAlias = Literal["match", "no match", "error", "not reached", "followed"]

LOOKUPS_MAX = 10  # RFC 7208, 4.6.4
VOID_LOOKUPS_MAX = 2
MX_NAMES_MAX = 10
PTR_NAMES_MAX = 10

_BY_QUALIFIER: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfTerm:
    """One term as it was evaluated. `lookups` counts it and all that stands under it."""

    text: str
    outcome: Outcome
    lookups: int = 0
    void_lookups: int = 0
    child: "SpfNode | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfNode:
    """One domain whose record was evaluated. `record` is empty where none was found."""

    domain: str
    record: str
    result: Result
    terms: tuple[SpfTerm, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """What check_host() returns, and how it got there.

    `mechanism` is the term that decided, `explanation` what the domain says to a refused sender,
    `problem` why a result is temperror, permerror or none. Look-ups are counted as RFC 7208,
    4.6.4 counts terms, void look-ups as queries without an answer.
    """

    result: Result
    domain: str
    mechanism: str
    explanation: str
    lookups: int
    void_lookups: int
    tree: SpfNode
    steps: tuple[str, ...]
    problem: str


class _StopError(Exception):
    """The evaluation ends here with temperror or permerror (RFC 7208, 2.6.6 and 2.6.7)."""

    def __init__(self, result: Literal["temperror", "permerror"], problem: str) -> None:
        super().__init__(problem)
        self.result: Result = result
        self.problem = problem


@dataclass(slots=True, kw_only=True)
class _Check:
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
    validated: tuple[str, ...] | None = None

    @property
    def rdtype(self) -> Rdtype:
        return "A" if self.ip.version == 4 else "AAAA"

    @property
    def reverse(self) -> str:
        if isinstance(self.ip, IPv4Address):
            return str(self.ip)
        # Upper case as the published test-suite wants it; the DNS does not mind.
        return ".".join(self.ip.exploded.replace(":", "").upper())

    def say(self, depth: int, sentence: str) -> None:
        self.steps.append("  " * depth + sentence)


@dataclass(slots=True, kw_only=True)
class _Record:
    """One record under evaluation."""

    domain: str
    text: str
    depth: int
    terms: list[SpfTerm] = field(default_factory=list)

    def node(self, result: Result, problem: str = "") -> SpfNode:
        return SpfNode(
            domain=self.domain,
            record=self.text,
            result=result,
            terms=tuple(self.terms),
            problem=problem,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    node: SpfNode
    mechanism: str = ""
    explanation: str = ""


def evaluate_spf(
    *,
    ip: str,
    helo: str,
    mail_from: str = "",
    domain: str | None = None,
    receiver: str = "unknown",
    now_s: int = 0,
    default_explanation: str = "",
) -> Asking[SpfResult]:
    """Return the SPF result for a client address and its MAIL FROM or, if empty, its HELO.

    `domain` replaces the domain whose record is asked for; `receiver` and `now_s` (seconds since
    1970) are what the macros r and t expand to. Raises ValueError if `ip` is no address.
    """
    client = address(ip)
    if client is None:
        raise ValueError(f"{ip!r} is not an IP address")
    helo = helo.strip()
    mail_from = mail_from.strip().removeprefix("<").removesuffix(">")
    local_part, _, sender_domain = (mail_from or f"postmaster@{helo}").rpartition("@")
    local_part = local_part or "postmaster"  # RFC 7208, 4.3
    checked = sender_domain if domain is None else domain
    check = _Check(
        ip=client,
        sender=f"{local_part}@{sender_domain}",
        local_part=local_part,
        sender_domain=sender_domain,
        helo=helo,
        receiver=receiver,
        now_s=now_s,
    )
    name = query_name(checked)
    problem = ""
    judged: _Judged
    if name is None or "." not in name or is_address(checked):
        problem = f"{checked!r} is not a domain name of several labels"
        check.say(0, f"{problem}, so there is no record to ask for")
        judged = _Judged(node=SpfNode(domain=checked, record="", result="none", problem=problem))
    else:
        judged = yield from _check_host(check, name, depth=0, explain=default_explanation)
    result = judged.node.result
    check.say(0, f"Result: {result}.")
    return SpfResult(
        result=result,
        domain=judged.node.domain,
        mechanism=judged.mechanism,
        explanation=judged.explanation if result == "fail" else "",
        lookups=check.lookups,
        void_lookups=check.void_lookups,
        tree=judged.node,
        steps=tuple(check.steps),
        problem=judged.node.problem,
    )


def _check_host(check: _Check, domain: str, *, depth: int, explain: str | None) -> Asking[_Judged]:
    """Evaluate the record of one domain; an error inside becomes the result of this domain.

    `explain` is the explanation to give when the record has none, or None where nobody asks.
    """
    answer = yield from ask(domain, "TXT")
    record = _Record(domain=domain, text="", depth=depth)
    if answer.failed:
        problem = f"the TXT records of {domain} could not be asked for ({answer.detail or 'error'})"
        check.say(depth, problem)
        return _Judged(node=record.node("temperror", problem))
    found = select_records(answer.texts)
    if not found:
        problem = f"{domain} has no SPF record"
        check.say(depth, problem)
        return _Judged(node=record.node("none", problem))
    if len(found) > 1:
        problem = f"{domain} has {len(found)} SPF records where one is allowed"
        check.say(depth, problem)
        return _Judged(node=record.node("permerror", problem))
    parsed = parse_spf(found[0])
    record.text = parsed.text
    check.say(depth, f"{domain} publishes: {parsed.text}")
    if parsed.problems:
        problem = f"the record of {domain} is not valid: {parsed.problems[0]}"
        check.say(depth, problem)
        return _Judged(node=record.node("permerror", problem))
    try:
        return (yield from _evaluate(check, record, parsed, explain))
    except _StopError as stop:
        check.say(depth, stop.problem)
        return _Judged(node=record.node(stop.result, stop.problem))


def _evaluate(
    check: _Check, record: _Record, parsed: SpfRecord, explain: str | None
) -> Asking[_Judged]:
    for index, mechanism in enumerate(parsed.mechanisms):
        if not (yield from _mechanism(check, record, mechanism)):
            continue
        record.terms.extend(
            SpfTerm(text=later.text, outcome="not reached")
            for later in parsed.mechanisms[index + 1 :]
        )
        result = _BY_QUALIFIER[mechanism.qualifier]
        check.say(record.depth, f"{mechanism.text} matches: {result}")
        explanation = ""
        if result == "fail" and explain is not None:
            explanation = yield from _explanation(check, record.domain, parsed, explain)
        return _Judged(node=record.node(result), mechanism=mechanism.text, explanation=explanation)
    if parsed.redirect is not None:
        return (yield from _redirect(check, record, parsed.redirect, explain))
    check.say(record.depth, f"nothing in the record of {record.domain} matches: neutral")
    return _Judged(node=record.node("neutral"))


def _mechanism(check: _Check, record: _Record, mechanism: Mechanism) -> Asking[bool]:
    """Judge one mechanism and write it into the record's terms, whatever comes of it."""
    lookups, voids = check.lookups, check.void_lookups
    outcome: Outcome = "error"
    child: list[SpfNode] = []
    try:
        if mechanism.kind in LOOKUP_KINDS:
            _count(check, mechanism.text)
        matched = yield from _matches(check, record, mechanism, child)
        outcome = "match" if matched else "no match"
    finally:
        record.terms.append(
            SpfTerm(
                text=mechanism.text,
                outcome=outcome,
                lookups=check.lookups - lookups,
                void_lookups=check.void_lookups - voids,
                child=child[0] if child else None,
            )
        )
    return matched


def _redirect(
    check: _Check, record: _Record, redirect: Modifier, explain: str | None
) -> Asking[_Judged]:
    """Go on with another domain's record, whose explanation counts too (RFC 7208, 6.1)."""
    lookups, voids = check.lookups, check.void_lookups
    outcome: Outcome = "error"
    child: SpfNode | None = None
    try:
        _count(check, redirect.text)
        target = yield from _target(check, record.domain, redirect.value)
        if target is None:
            raise _StopError("permerror", f"{redirect.text} does not lead to a domain name")
        check.say(record.depth, f"{redirect.text} is followed")
        judged = yield from _check_host(check, target, depth=record.depth + 1, explain=explain)
        child = judged.node
        if child.result == "none":
            raise _StopError("permerror", f"{redirect.text}: {child.problem}")
        outcome = "followed"
    finally:
        record.terms.append(
            SpfTerm(
                text=redirect.text,
                outcome=outcome,
                lookups=check.lookups - lookups,
                void_lookups=check.void_lookups - voids,
                child=child,
            )
        )
    return _Judged(
        node=record.node(child.result, child.problem),
        mechanism=judged.mechanism,
        explanation=judged.explanation,
    )


def _count(check: _Check, text: str) -> None:
    check.lookups += 1
    if check.lookups > LOOKUPS_MAX:
        raise _StopError(
            "permerror", f"{text} is look-up number {check.lookups}; {LOOKUPS_MAX} are allowed"
        )


def _matches(
    check: _Check, record: _Record, mechanism: Mechanism, child: list[SpfNode]
) -> Asking[bool]:
    match mechanism.kind:
        case "all":
            return True
        case "ip4" | "ip6":
            network = ip_network(mechanism.network)
            return network.version == check.ip.version and check.ip in network
        case _:
            pass
    domain = yield from _target(check, record.domain, mechanism.domain)
    match mechanism.kind:
        case "include":
            return (yield from _include(check, record, mechanism, domain, child))
        case "a":
            if domain is None:
                return False
            (answer,) = yield from _ask(check, mechanism.text, ((domain, check.rdtype),))
            return _holds(check, mechanism, answer)
        case "mx":
            return False if domain is None else (yield from _mx(check, mechanism, domain))
        case "exists":
            if domain is None:
                return False
            # An A query even for an IPv6 client (RFC 7208, 5.7).
            (answer,) = yield from _ask(check, mechanism.text, ((domain, "A"),))
            return bool(answer.names)
        case _:
            names = yield from _validated_names(check, mechanism.text)
            return domain is not None and any(is_at_or_below(name, domain) for name in names)


def _include(
    check: _Check,
    record: _Record,
    mechanism: Mechanism,
    domain: str | None,
    child: list[SpfNode],
) -> Asking[bool]:
    if domain is None:
        raise _StopError("permerror", f"{mechanism.text} does not lead to a domain name")
    check.say(record.depth, f"{mechanism.text} is asked")
    judged = yield from _check_host(check, domain, depth=record.depth + 1, explain=None)
    child.append(judged.node)
    match judged.node.result:
        case "pass":
            return True
        case "temperror":
            raise _StopError("temperror", f"{mechanism.text}: {judged.node.problem}")
        case "permerror" | "none":
            raise _StopError("permerror", f"{mechanism.text}: {judged.node.problem}")
        case _:
            return False


def _mx(check: _Check, mechanism: Mechanism, domain: str) -> Asking[bool]:
    (answer,) = yield from _ask(check, mechanism.text, ((domain, "MX"),))
    exchanges = answer.exchanges
    if len(exchanges) > MX_NAMES_MAX:
        raise _StopError(
            "permerror",
            f"{mechanism.text}: {domain} has {len(exchanges)} MX records; "
            f"{MX_NAMES_MAX} are allowed",
        )
    hosts = [host for _, exchange in exchanges if (host := query_name(exchange)) is not None]
    answers = yield from _ask(check, mechanism.text, tuple((host, check.rdtype) for host in hosts))
    return any(_holds(check, mechanism, each) for each in answers)


def _holds(check: _Check, mechanism: Mechanism, answer: Answer) -> bool:
    """Whether an address of the answer is the client's, within the prefix of its family."""
    prefix = mechanism.prefix4 if check.ip.version == 4 else mechanism.prefix6
    network = ip_network((check.ip.packed, prefix), strict=False)
    for text in answer.names:
        found = address(text)
        if found is not None and found.version == network.version and found in network:
            return True
    return False


def _validated_names(check: _Check, text: str) -> Asking[tuple[str, ...]]:
    """Return the client's names whose own addresses include it (RFC 7208, 5.5)."""
    if check.validated is None:
        check.validated = ()
        pointers = yield from _ask(
            check, text, ((check.ip.reverse_pointer, "PTR"),), errors_stop=False
        )
        hosts = [
            host
            for name in pointers[0].names[:PTR_NAMES_MAX]
            if (host := query_name(name)) is not None
        ]
        answers = yield from _ask(
            check, text, tuple((host, check.rdtype) for host in hosts), errors_stop=False
        )
        check.validated = tuple(
            host
            for host, answer in zip(hosts, answers, strict=True)
            if any(address(found) == check.ip for found in answer.names)
        )
    return check.validated


def _ask(
    check: _Check,
    text: str,
    wanted: tuple[tuple[str, Rdtype], ...],
    *,
    errors_stop: bool = True,
) -> Generator[tuple[Question, ...], tuple[Answer, ...], tuple[Answer, ...]]:
    """Ask for a term: a temporary error ends the evaluation, void answers are counted."""
    if not wanted:
        return ()
    answers = yield tuple(Question(name=name, rdtype=rdtype) for name, rdtype in wanted)
    for (name, rdtype), answer in zip(wanted, answers, strict=True):
        if answer.failed and errors_stop:
            raise _StopError(
                "temperror",
                f"{text}: {rdtype} of {name} could not be asked for ({answer.detail or 'error'})",
            )
        if answer.void:
            check.void_lookups += 1
            if check.void_lookups > VOID_LOOKUPS_MAX:
                raise _StopError(
                    "permerror",
                    f"{text}: {rdtype} of {name} is void look-up number "
                    f"{check.void_lookups}; {VOID_LOOKUPS_MAX} are allowed",
                )
    return answers


def _target(check: _Check, domain: str, spec: MacroString) -> Asking[str | None]:
    """Return the name that a domain-spec leads to, or None if it is no name to ask for."""
    if not spec:
        return domain
    if not check.local_part.isascii() and letters(spec) & {"s", "l"}:
        return None  # RFC 8616, 4: such a term never matches
    text = yield from _expanded(check, domain, spec)
    return query_name(fit_name(text))


def _expanded(check: _Check, domain: str, spec: MacroString) -> Asking[str]:
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
        names = yield from _validated_names(check, "the macro p")
        values["p"] = _best_name(names, domain)
    return expand(spec, values)


def _best_name(names: tuple[str, ...], domain: str) -> str:
    """Prefer the domain itself, then a name under it, then any (RFC 7208, 7.3)."""
    if domain in names:
        return domain
    under = [name for name in names if is_at_or_below(name, domain)]
    return (under or list(names) or ["unknown"])[0]


def _explanation(check: _Check, domain: str, parsed: SpfRecord, default: str) -> Asking[str]:
    """Return the explanation; anything wrong with it means the default (RFC 7208, 6.2)."""
    if parsed.explanation is None:
        return default
    voids = check.void_lookups
    try:
        target = yield from _target(check, domain, parsed.explanation.value)
        if target is None:
            return default
        answer = yield from ask(target, "TXT")
        if answer.failed or len(answer.texts) != 1:
            return default
        text = answer.texts[0].decode("ascii")
        pieces = parse_macro_string(text, explanation=True)
        return (yield from _expanded(check, domain, pieces)) or default
    except (SpfSyntaxError, UnicodeDecodeError, _StopError):
        return default
    finally:
        # The result is already decided: what is asked to explain it counts for nothing.
        check.void_lookups = voids
