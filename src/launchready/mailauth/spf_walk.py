"""What a walk through an SPF tree has seen so far, and the questions that it asks."""

from dataclasses import dataclass, field
from ipaddress import ip_network

from launchready.mailauth.lookups import Answer, Asking, Question, Rdtype
from launchready.mailauth.names import address, query_name
from launchready.mailauth.spf_client import MX_NAMES_MAX
from launchready.mailauth.spf_macros import MacroString, expand, fit_name, letters
from launchready.mailauth.spf_record import (
    Mechanism,
    Qualifier,
)

QUESTIONS_MAX = 256


@dataclass(slots=True, kw_only=True)
class Walk:
    """What was found so far, each thing once and in order."""

    nodes: int = 0
    questions: int = 0
    networks: dict[str, None] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)
    includes: dict[str, None] = field(default_factory=dict)
    all_qualifiers: list[tuple[str, Qualifier]] = field(default_factory=list)
    ptr_terms: dict[str, None] = field(default_factory=dict)
    after_all: dict[str, None] = field(default_factory=dict)
    unknown_modifiers: dict[str, None] = field(default_factory=dict)
    loops: dict[str, None] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)
    macro_terms: dict[str, None] = field(default_factory=dict)
    unseen: dict[str, None] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)

    def fault(self, domain: str, problem: str) -> str:
        """Note a problem of a domain's record and return it."""
        self.problems[f"{domain}: {problem}"] = None
        return problem


def target_of(walk: Walk, domain: str, kind: str, text: str, spec: MacroString) -> str:
    """Return the name meant, or nothing if only a sender would tell or it is no name."""
    if letters(spec) - {"d"}:
        walk.macro_terms[f"{domain}: {text}"] = None
        if kind in ("include", "redirect"):
            walk.unseen[f"{domain}: {text} depends on the sender"] = None
        return ""
    name = query_name(fit_name(expand(spec, {"d": domain}))) if spec else domain
    if name is None:
        walk.fault(domain, f"{text} does not lead to a domain name")
        return ""
    return name


def ask_addresses(
    walk: Walk, domain: str, mechanism: Mechanism, target: str, *, authorises: bool
) -> Asking[int]:
    """Ask as the term would for a client of either family; return its void look-ups."""
    if mechanism.kind == "exists":
        answers = yield from ask(walk, ((target, "A"),))
        _note_errors(walk, domain, mechanism.text, answers)
        return sum(answer.void for answer in answers)
    hosts: tuple[str, ...] = (target,)
    voids = 0
    if mechanism.kind == "mx":
        (answer,) = yield from ask(walk, ((target, "MX"),))
        _note_errors(walk, domain, mechanism.text, (answer,))
        voids += int(answer.void)
        if len(answer.exchanges) > MX_NAMES_MAX:
            walk.fault(
                domain,
                f"{mechanism.text} leads to {len(answer.exchanges)} MX records, "
                f"{MX_NAMES_MAX} are allowed",
            )
        hosts = tuple(
            host
            for _, exchange in answer.exchanges[:MX_NAMES_MAX]
            if (host := query_name(exchange)) is not None
        )
    wanted: list[tuple[str, Rdtype]] = []
    for host in hosts:
        wanted += [(host, "A"), (host, "AAAA")]
    answers = yield from ask(walk, tuple(wanted))
    _note_errors(walk, domain, mechanism.text, answers)
    voids += sum(a.void and aaaa.void for a, aaaa in zip(answers[::2], answers[1::2], strict=True))
    if authorises:
        for answer in answers:
            for text in answer.names:
                _authorise(walk, mechanism, text)
    return voids


def _authorise(walk: Walk, mechanism: Mechanism, text: str) -> None:
    found = address(text)
    if found is None:
        return
    prefix = mechanism.prefix4 if found.version == 4 else mechanism.prefix6
    walk.addresses[str(ip_network((found.packed, prefix), strict=False))] = None


def _note_errors(walk: Walk, domain: str, text: str, answers: tuple[Answer, ...]) -> None:
    for answer in answers:
        if answer.failed:
            walk.unseen[f"{domain}: {text} could not be asked for ({answer.detail or 'error'})"] = (
                None
            )


def ask(walk: Walk, wanted: tuple[tuple[str, Rdtype], ...]) -> Asking[tuple[Answer, ...]]:
    """Return the answers to all the questions; errors once too many were asked."""
    walk.questions += len(wanted)
    if walk.questions > QUESTIONS_MAX:
        return tuple(Answer(status="error", detail="too many questions") for _ in wanted)
    if not wanted:
        return ()
    return (yield tuple(Question(name=name, rdtype=rdtype) for name, rdtype in wanted))
