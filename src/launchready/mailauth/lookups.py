"""Questions that an evaluator asks of the DNS, and what it may be told.

An evaluator yields a tuple of questions (all of one tuple may be asked at the same time) and is
sent a tuple of answers in the same order. `run` and `arun` drive it with any resolver.
"""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

Rdtype: TypeAlias = Literal["A", "AAAA", "MX", "PTR", "TXT"]
Status: TypeAlias = Literal["answer", "nodata", "nxdomain", "error"]
# TXT: the character strings of one record. MX: preference and exchange. A, AAAA, PTR: text.
Record: TypeAlias = str | tuple[bytes, ...] | tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask: labels joined by dots, without final dot and without backslash escapes."""

    name: str
    rdtype: Rdtype


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the DNS said. `error` is temporary (SERVFAIL, a time-out); `detail` may say which."""

    status: Status
    records: tuple[Record, ...] = ()
    detail: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is no answer yet: a later try might get one."""
        return self.status == "error"

    @property
    def void(self) -> bool:
        """Whether the name or the type does not exist (RFC 7208, 4.6.4)."""
        return self.status in ("nodata", "nxdomain") or (
            self.status == "answer" and not self.records
        )

    @property
    def texts(self) -> tuple[bytes, ...]:
        """TXT records, each with its strings joined without spaces (RFC 7208, 3.3)."""
        return tuple(
            b"".join(part for part in record if isinstance(part, bytes))
            for record in self.records
            if isinstance(record, tuple) and all(isinstance(part, bytes) for part in record)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Addresses or PTR targets as text."""
        return tuple(record for record in self.records if isinstance(record, str))

    @property
    def exchanges(self) -> tuple[tuple[int, str], ...]:
        """MX records as (preference, exchange), the preferred first."""
        found = [
            (record[0], record[1])
            for record in self.records
            if isinstance(record, tuple)
            and len(record) == 2
            and isinstance(record[0], int)
            and isinstance(record[1], str)
        ]
        return tuple(sorted(found))


T = TypeVar("T")
Asking: TypeAlias = Generator[tuple[Question, ...], tuple[Answer, ...], T]


def ask(name: str, rdtype: Rdtype) -> Asking[Answer]:
    """Ask one question."""
    answers = yield (Question(name=name, rdtype=rdtype),)
    return answers[0]


def run(evaluation: Asking[T], resolve: Callable[[Question], Answer]) -> T:
    """Drive an evaluation to its result; no question is resolved twice."""
    known: dict[Question, Answer] = {}
    answers: tuple[Answer, ...] | None = None
    while True:
        try:
            questions = next(evaluation) if answers is None else evaluation.send(answers)
        except StopIteration as done:
            result: T = done.value
            return result
        for question in questions:
            if question not in known:
                known[question] = resolve(question)
        answers = tuple(known[question] for question in questions)


async def arun(evaluation: Asking[T], resolve: Callable[[Question], Awaitable[Answer]]) -> T:
    """Drive an evaluation to its result, asking the questions of one tuple at the same time."""
    import asyncio  # noqa: PLC0415 - half of the callers never need it

    known: dict[Question, Answer] = {}
    answers: tuple[Answer, ...] | None = None
    while True:
        try:
            questions = next(evaluation) if answers is None else evaluation.send(answers)
        except StopIteration as done:
            result: T = done.value
            return result
        fresh = [question for question in dict.fromkeys(questions) if question not in known]
        known.update(
            zip(fresh, await asyncio.gather(*(resolve(each) for each in fresh)), strict=True)
        )
        answers = tuple(known[question] for question in questions)
