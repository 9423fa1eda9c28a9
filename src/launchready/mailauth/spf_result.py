"""What an SPF evaluation (RFC 7208, 2.6) and an SPF audit return, with the trees behind them."""

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal, TypeAlias

from launchready.mailauth.spf_record import Qualifier

Result: TypeAlias = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Found: TypeAlias = Literal["record", "none", "several", "error", "loop", "not asked"]
Outcome: TypeAlias = Literal["match", "no match", "error", "not reached", "followed"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfBranch:
    """One term of a record. `lookups` counts the term and everything under it."""

    text: str
    kind: str
    qualifier: Qualifier | Literal[""]
    lookups: int
    void_lookups: int
    target: str
    child: "SpfAuditNode | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfAuditNode:
    """One domain of the tree; `records` are all its SPF records, `problems` their faults."""

    domain: str
    found: Found
    records: tuple[str, ...]
    branches: tuple[SpfBranch, ...]
    problems: tuple[str, ...]
    lookups: int
    void_lookups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfAudit:
    """What is true of a domain's SPF record whoever sends.

    `lookups` and `void_lookups` count the worst path: a sender that matches no mechanism before
    the end. A void look-up is a name that has neither IPv4 nor IPv6 addresses, or no record of
    the type asked for. `all_qualifier` is the one at the end, redirects followed;
    `all_qualifiers` those of every domain in the tree. `networks` are the literal ones that get
    a pass and `addresses` those that a and mx lead to. `complete` is false where the tree could
    not be seen whole: an error of the DNS, an include or redirect whose name depends on the
    sender, or our own bounds; `unseen` says where. Entries about a term read `domain: term`.
    """

    domain: str
    records: tuple[str, ...]
    tree: SpfAuditNode
    lookups: int
    void_lookups: int
    all_qualifier: Qualifier | Literal[""]
    all_qualifiers: tuple[tuple[str, Qualifier], ...]
    includes: tuple[str, ...]
    networks: tuple[str, ...]
    addresses: tuple[str, ...]
    ptr_terms: tuple[str, ...]
    after_all: tuple[str, ...]
    macro_terms: tuple[str, ...]
    unknown_modifiers: tuple[str, ...]
    loops: tuple[str, ...]
    problems: tuple[str, ...]
    unseen: tuple[str, ...]
    steps: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether the whole tree was seen."""
        return not self.unseen

    def allows(self, text: str) -> bool:
        """Whether an address or network lies within one that gets a pass.

        Only literal networks and what a and mx lead to are known here: exists, ptr and terms that
        depend on the sender are not. Text that is no network is not allowed.
        """
        try:
            wanted = ip_network(text, strict=False)
        except ValueError:
            return False
        for known in (*self.networks, *self.addresses):
            network = ip_network(known)
            if network.version == wanted.version and wanted.subnet_of(network):  # type: ignore[arg-type]
                return True
        return False

    @property
    def ends(self) -> bool:
        """Whether the record says what becomes of everybody else, by all or redirect."""
        return bool(self.all_qualifier)
