"""The DNS tree walk of DMARC (RFC 9989, 4.10): which records stand above a domain, and whose."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from launchready.mailauth.dmarc_record import DmarcRecord, looks_like_dmarc, parse_dmarc
from launchready.mailauth.lookups import Answer, Asking, Question
from launchready.mailauth.names import shown

Stop: TypeAlias = Literal["record", "none", "several", "error"]

_LABELS_MAX = 8  # RFC 9989, 4.10, step 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkStop:
    """What one name of the walk holds; `lookalikes` are records that only resemble one."""

    domain: str
    found: Stop
    record: DmarcRecord | None = None
    lookalikes: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The names that a walk looked at, longest first, up to where it stopped.

    `settled` is false when a temporary error leaves open which domain is the organizational one.
    """

    start: str
    stops: tuple[WalkStop, ...]
    organizational_domain: str
    settled: bool

    def at(self, domain: str) -> DmarcRecord | None:
        """Return the record that stands at a domain."""
        return next((stop.record for stop in self.stops if stop.domain == domain), None)

    @property
    def public_suffix(self) -> WalkStop | None:
        """The stop whose record says psd=y, unless the walk began there."""
        last = self.stops[-1]
        above = last.domain != self.start
        return last if above and last.record is not None and last.record.psd == "y" else None


def walk_names(domain: str) -> tuple[str, ...]:
    """Return the domains to look at, longest first: at most eight (RFC 9989, 4.10)."""
    labels = domain.split(".")
    first = 1 if len(labels) <= _LABELS_MAX else len(labels) - (_LABELS_MAX - 1)
    return (domain, *(".".join(labels[at:]) for at in range(first, len(labels))))


def walk_questions(domain: str) -> tuple[Question, ...]:
    """Return the questions of a walk; all may be asked at once, few are needed in the end."""
    return tuple(
        Question(name=f"_dmarc.{name}", rdtype="TXT")
        for name in walk_names(domain)
        if len(name) + len("_dmarc.") <= 253
    )


def walk_tree(domain: str, answers: tuple[Answer, ...]) -> Walk:
    """Judge the answers to `walk_questions`: stop at psd=n or psd=y (RFC 9989, 4.10.2)."""
    asked = [name for name in walk_names(domain) if len(name) + len("_dmarc.") <= 253]
    stops: list[WalkStop] = []
    for name, answer in zip(asked, answers, strict=True):
        stop = read_stop(name, answer)
        stops.append(stop)
        if stop.record is not None and stop.record.psd in ("y", "n"):
            break
    return Walk(
        start=domain,
        stops=tuple(stops) or (WalkStop(domain=domain, found="none"),),
        organizational_domain=_organizational(domain, stops),
        settled=_settled(stops),
    )


def read_stop(domain: str, answer: Answer) -> WalkStop:
    """Judge what `_dmarc` of a domain answers; several records count as none."""
    if answer.failed:
        return WalkStop(domain=domain, found="error", detail=answer.detail or "error")
    records = [(text, parse_dmarc(text)) for text in answer.texts]
    valid = [record for _, record in records if record is not None]
    lookalikes = tuple(
        shown(text) for text, record in records if record is None and looks_like_dmarc(text)
    )
    if len(valid) > 1:
        return WalkStop(
            domain=domain, found="several", lookalikes=tuple(each.text for each in valid)
        )
    if not valid:
        return WalkStop(domain=domain, found="none", lookalikes=lookalikes)
    return WalkStop(domain=domain, found="record", record=valid[0], lookalikes=lookalikes)


def _organizational(start: str, stops: list[WalkStop]) -> str:
    with_record = [stop for stop in stops if stop.record is not None]
    if not with_record:
        return start
    last = with_record[-1]
    if last.record is not None and last.record.psd == "y" and last.domain != start:
        # One label below the public suffix, on the way to where the walk began.
        return ".".join(start.split(".")[-(last.domain.count(".") + 2) :])
    # psd=n ends the walk, so its record is the last one as well as the one with fewest labels.
    return last.domain


def _settled(stops: list[WalkStop]) -> bool:
    # A top-level domain that does not answer is taken to publish nothing: few do, a psd=y there
    # rarely changes who the organizational domain is, and RFC 9989, 4.10.1 leaves the handling
    # of such errors to the receiver. Without this, a private resolver would settle nothing.
    return not any(
        stop.found == "error" and (at == 0 or "." in stop.domain) for at, stop in enumerate(stops)
    )


def walk(domain: str) -> Asking[Walk]:
    """Walk the tree above a domain in comparable form (see `names.host_domain`)."""
    answers = yield walk_questions(domain)
    return walk_tree(domain, answers)
