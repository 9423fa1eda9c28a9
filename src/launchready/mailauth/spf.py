"""Evaluate SPF for one sender: check_host() of RFC 7208, with the tree of what it looked up."""

from dataclasses import dataclass, field

from launchready.mailauth.lookups import Asking, ask
from launchready.mailauth.names import address, is_address, printable, query_name
from launchready.mailauth.spf_client import (
    Check,
    StopError,
    count_lookup,
    expanded,
    matches,
    never_matches,
    target_name,
)
from launchready.mailauth.spf_macros import SpfSyntaxError, parse_macro_string
from launchready.mailauth.spf_record import (
    LOOKUP_KINDS,
    Mechanism,
    Modifier,
    SpfRecord,
    parse_spf,
    select_records,
)
from launchready.mailauth.spf_result import Outcome, Result, SpfNode, SpfResult, SpfTerm

_BY_QUALIFIER: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


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
    check = Check(
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
        judged = _Judged(
            node=SpfNode(domain=printable(checked), record="", result="none", problem=problem)
        )
    else:
        judged = yield from _check_host(check, name, depth=0, explain=default_explanation)
    result = judged.node.result
    check.say(0, f"Result: {result}.")
    return SpfResult(
        result=result,
        domain=judged.node.domain,
        mechanism=judged.mechanism,
        explanation=printable(judged.explanation) if result == "fail" else "",
        lookups=check.lookups,
        void_lookups=check.void_lookups,
        tree=judged.node,
        steps=tuple(check.steps),
        problem=judged.node.problem,
    )


def _check_host(check: Check, domain: str, *, depth: int, explain: str | None) -> Asking[_Judged]:
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
    except StopError as stop:
        check.say(depth, stop.problem)
        return _Judged(node=record.node(stop.result, stop.problem))


def _evaluate(
    check: Check, record: _Record, parsed: SpfRecord, explain: str | None
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


def _mechanism(check: Check, record: _Record, mechanism: Mechanism) -> Asking[bool]:
    """Judge one mechanism and write it into the record's terms, whatever comes of it."""
    lookups, voids = check.lookups, check.void_lookups
    outcome: Outcome = "error"
    child: list[SpfNode] = []
    try:
        if mechanism.kind in LOOKUP_KINDS:
            count_lookup(check, mechanism.text)
        if mechanism.kind == "include":
            matched = yield from _include(check, record, mechanism, child)
        else:
            matched = yield from matches(check, record.domain, mechanism)
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
    check: Check, record: _Record, redirect: Modifier, explain: str | None
) -> Asking[_Judged]:
    """Go on with another domain's record, whose explanation counts too (RFC 7208, 6.1)."""
    lookups, voids = check.lookups, check.void_lookups
    outcome: Outcome = "error"
    child: SpfNode | None = None
    try:
        count_lookup(check, redirect.text)
        target = yield from target_name(check, record.domain, redirect.value)
        if target is None:
            raise StopError("permerror", f"{redirect.text} does not lead to a domain name")
        check.say(record.depth, f"{redirect.text} is followed")
        judged = yield from _check_host(check, target, depth=record.depth + 1, explain=explain)
        child = judged.node
        if child.result == "none":
            raise StopError("permerror", f"{redirect.text}: {child.problem}")
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


def _include(
    check: Check, record: _Record, mechanism: Mechanism, child: list[SpfNode]
) -> Asking[bool]:
    if never_matches(check, mechanism.domain):
        return False
    domain = yield from target_name(check, record.domain, mechanism.domain)
    if domain is None:
        raise StopError("permerror", f"{mechanism.text} does not lead to a domain name")
    check.say(record.depth, f"{mechanism.text} is asked")
    judged = yield from _check_host(check, domain, depth=record.depth + 1, explain=None)
    child.append(judged.node)
    match judged.node.result:
        case "pass":
            return True
        case "temperror":
            raise StopError("temperror", f"{mechanism.text}: {judged.node.problem}")
        case "permerror" | "none":
            raise StopError("permerror", f"{mechanism.text}: {judged.node.problem}")
        case _:
            return False


def _explanation(check: Check, domain: str, parsed: SpfRecord, default: str) -> Asking[str]:
    """Return the explanation; anything wrong with it means the default (RFC 7208, 6.2)."""
    if parsed.explanation is None:
        return default
    voids = check.void_lookups
    try:
        target = yield from target_name(check, domain, parsed.explanation.value)
        if target is None:
            return default
        answer = yield from ask(target, "TXT")
        if answer.failed or len(answer.texts) != 1:
            return default
        text = answer.texts[0].decode("ascii")
        pieces = parse_macro_string(text, explanation=True)
        return (yield from expanded(check, domain, pieces)) or default
    except (SpfSyntaxError, UnicodeDecodeError, StopError):
        return default
    finally:
        # The result is already decided: what is asked to explain it counts for nothing.
        check.void_lookups = voids
