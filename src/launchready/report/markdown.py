"""The report as Markdown (CommonMark with tables), for an issue, a wiki or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from launchready.finding import Finding
from launchready.report.model import Report, consequences, meaning, minutes, unchecked_groups
from launchready.report.plain_text import block, one_line, sentence
from launchready.report.steps import parts

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$@])")
_BLOCK_START = re.compile(r"^(\d*)([-+=:]|(?<=\d)[.)](?=\s|$))")
_NAMED_MAX = 20
_ANSWERS = {"yes": "✓ yes", "no": "✗ **no**", "not proven": "? not proven"}


def markdown_text(report: Report) -> str:
    """Return the report as Markdown; text from outside is escaped, so it is shown as it was."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield f"# {escaped(verdict.headline)}"
    yield ""
    yield f"{escaped(one_line(report.title))}: **{verdict.proven} of {verdict.total} proven.**"
    for caution in report.cautions():
        yield ""
        yield f"**{escaped(one_line(caution, 1000))}**"
    yield ""
    yield "## The minimum bar"
    yield ""
    yield "| | | |"
    yield "|---|---|---|"
    for bar in verdict.bar:
        yield f"| {_ANSWERS[bar.answer]} | {bar.title} | {escaped(sentence(bar.evidence))} |"
    yield ""
    yield f"**{verdict.effort}.**"
    number = 0
    if report.see_elsewhere and verdict.findings:
        yield ""
        yield report.see_elsewhere
    for title, findings in report.groups():
        yield ""
        yield f"## {title} ({len(findings)})"
        for finding in findings:
            number += 1
            yield ""
            yield from _finding(number, finding)
    groups = unchecked_groups(verdict)
    if groups:
        yield ""
        yield f"## Could not check ({len(verdict.unchecked)})"
        yield ""
        for group in groups:
            keeps = " **(keeps from a go)**" if group.blocking else ""
            how = f" {escaped(one_line(group.how_to_prove))}" if group.how_to_prove else ""
            names = _named(list(dict.fromkeys(o.check.id for o in group.outcomes)))
            yield f"- {escaped(sentence(group.reason))}{keeps}.{how} {names}"
    yield from _routing(report)
    for title, routes in (
        ("Safe to cache", report.cache_safe), ("Must stay dynamic", report.cache_dynamic),
    ):  # fmt: skip
        if routes:
            yield ""
            yield f"## {title}"
            yield ""
            for url, why in routes:
                yield f"- {_code(one_line(url))}: {escaped(one_line(why))}"
    yield ""
    yield "---"
    yield ""
    limits = " ".join(escaped(one_line(s, 1000)) for s in report.limits())
    yield f"Launch Ready {report.version}, {report.local(report.started)}. {limits}"


def _finding(number: int, finding: Finding) -> Iterator[str]:
    failure = finding.failure
    yield f"### {number}. {escaped(one_line(meaning(finding)))}"
    yield ""
    where = _named([one_line(s.name) for s in (finding.subject, *finding.also)])
    felt = escaped(one_line(failure.takes_effect))
    yield (
        f"{where} · {_code(finding.check.id)} · {failure.who} · {minutes(failure.effort_min)} · "
        f"takes effect {felt}"
    )
    yield ""
    yield f"- Observed: {escaped(one_line(failure.observed))}"
    yield f"- Wanted: {escaped(one_line(failure.wanted))}"
    yield ""
    for count, step in enumerate(failure.fix, start=1):
        yield from _step(count, step)
    if failure.see:
        yield ""
        yield "See it yourself:"
        yield ""
        yield from _fenced(block(failure.see), "sh")
    if failure.evidence:
        yield ""
        yield "Evidence:"
        yield ""
        yield from _fenced(block(failure.evidence))
    for words, outcomes in consequences(finding):
        yield ""
        names = _named([f"{o.check.id} ({one_line(o.subject.name, 100)})" for o in outcomes])
        yield f"{words}: {names}"


def _step(number: int, step: str) -> Iterator[str]:
    label = f"{number}. "
    indent = " " * len(label)
    line = label
    for part in parts(step):
        if part.kind == "copy":
            yield line.rstrip()
            line = ""
            for fenced in _fenced(part.text):
                yield f"{indent}{fenced}"
        elif part.kind == "code":
            line += _code(part.text)
        else:
            line += escaped(part.text)
    if line:
        yield line


def _routing(report: Report) -> Iterator[str]:
    if not report.routing:
        return
    yield ""
    yield "## How visitors reach you"
    yield ""
    yield "| Host | Answers at | HTTPS | http and https end at | Edge | Origin |"
    yield "|---|---|---|---|---|---|"
    for host in report.routing:
        ends = [e.note if e.state != "good" and e.note else e.end for e in host.entries]
        cells = (
            host.host,
            host.dns_note or ", ".join(host.addresses),
            host.tls_note or "not checked",
            ", ".join(dict.fromkeys(ends)),
            host.edge or "none",
            ", ".join(host.origins) + (" (open around the edge)" if host.origin_state == "bad" else ""),
        )  # fmt: skip
        yield "| " + " | ".join(escaped(one_line(cell)) for cell in cells) + " |"


def escaped(text: str) -> str:
    """Return text of one line so that Markdown shows it as it stands."""
    return _BLOCK_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(_code(n) for n in names[:_NAMED_MAX])
    more = len(names) - _NAMED_MAX
    return f"{shown} and {more} more" if more > 0 else shown


def _code(text: str) -> str:
    """Return a code span whose fence is longer than any run of backticks inside."""
    line = one_line(text, 4000)
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}" if line else ""


def _fenced(text: str, language: str = "") -> Iterator[str]:
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    yield f"{fence}{language}"
    yield from text.split("\n")
    yield fence
