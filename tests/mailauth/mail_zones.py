"""A zone in memory for the evaluators' tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from launchready.mailauth.dmarc import DmarcResult, evaluate_dmarc
from launchready.mailauth.lookups import Answer, Question, Record, run

Zone = Mapping[str, Mapping[str, Iterable[str | tuple[bytes, ...] | tuple[int, str]]]]


class Zones:
    """Answers questions from a mapping of name to type to records, and keeps the questions."""

    def __init__(self, zone: Zone, *, failing: Iterable[str] = ()) -> None:
        self.zone = {name.lower(): kinds for name, kinds in zone.items()}
        self.failing = {name.lower() for name in failing}
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Answer:
        self.asked.append(question)
        name = question.name.lower()
        if name in self.failing:
            return Answer(status="error", detail="SERVFAIL")
        kinds = self.zone.get(name)
        if kinds is None:
            below = any(known.endswith("." + name) for known in self.zone)
            return Answer(status="nodata" if below else "nxdomain")
        records: tuple[Record, ...] = tuple(
            (record.encode(),) if question.rdtype == "TXT" and isinstance(record, str) else record
            for record in kinds.get(question.rdtype, ())
        )
        return Answer(status="answer" if records else "nodata", records=records)

    async def later(self, question: Question) -> Answer:
        return self(question)


def evaluated(
    domain: str,
    records: Mapping[str, str | list[str]],
    *,
    names: Iterable[str] = (),
    failing: Iterable[str] = (),
    **given_domains: Any,
) -> DmarcResult:
    """Return what DMARC says of a domain; `records` are by name, without `_dmarc.`."""
    zone: dict[str, dict[str, list[str | tuple[bytes, ...] | tuple[int, str]]]] = {
        f"_dmarc.{name}": {"TXT": [text] if isinstance(text, str) else [*text]}
        for name, text in records.items()
    }
    zone |= {name: {"A": ["192.0.2.1"]} for name in names}
    return run(evaluate_dmarc(domain, **given_domains), Zones(zone, failing=failing))
