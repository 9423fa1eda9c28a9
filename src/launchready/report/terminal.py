"""The report on a terminal: 80 columns, no need of colour, the verdict on the first screen."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from launchready.finding import Finding, Severity
from launchready.minimum_bar import BarResult
from launchready.report.model import (
    Report,
    Unchecked,
    consequences,
    meaning,
    minutes,
    unchecked_groups,
)
from launchready.report.plain_text import as_ascii, block, one_line, sentence
from launchready.report.shell_lines import shell_lines
from launchready.report.steps import Part, parts

WIDTH_MAX = 100
_NAMED_MAX = 6
_ANSWERS = {
    "yes": ("✓ yes", "green"),
    "no": ("✗ no", "bold red"),
    "not proven": ("? not proven", "yellow"),
}
_COLOURS = {Severity.BLOCKER: "red", Severity.RISK: "yellow", Severity.ADVICE: "cyan"}


def terminal_text(report: Report, *, width: int = 80, written: Sequence[Path] = ()) -> str:
    """Return the report as plain text without colour, no line longer than `width` columns."""
    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True, color_system=None, legacy_windows=False)
    print_report(report, console, written=written)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def print_report(report: Report, console: Console, *, written: Sequence[Path] = ()) -> None:
    """Print the report; `written` are the files that other formats were written to."""
    _Screen(console).report(report, written)


class _Screen:
    """Prints blocks of text at one width, with ASCII alone where the console has no more."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.width = min(console.width, WIDTH_MAX)
        self.ascii = not console.encoding.lower().replace("-", "").startswith("utf")

    def say(self, text: str | Text = "", style: str = "") -> None:
        line = text if isinstance(text, Text) else Text(text, style=style)
        self._print(self._shown(line).wrap(self.console, self.width, overflow="fold"))

    def rows(self, *rows: tuple[str | Text, str | Text], first: int, indent: int = 0) -> None:
        """Print two columns: the first of fixed width, the second wrapped beside it."""
        width = max(10, self.width - first - indent - 2)
        lines: list[Text] = []
        for left, right in rows:
            label = self._shown(left)
            label.align("left", first + 1)
            for line in self._shown(right).wrap(self.console, width, overflow="fold"):
                lines.append(Text(" " * indent).append_text(label).append_text(line))
                label = Text(" " * (first + 1))
        self._print(lines)

    def _print(self, lines: Iterable[Text]) -> None:
        # Wrapped before: a table would do the same at ten times the cost.
        wrapped = list(lines)
        for line in wrapped:
            line.rstrip()
        self.console.print(
            Text("\n").join(wrapped), no_wrap=True, overflow="ignore", crop=False, highlight=False
        )

    def heading(self, text: str, style: str = "bold") -> None:
        self.say()
        self.say(text, style)
        self.say("─" * min(self.width, len(text)), "dim")

    def _shown(self, text: str | Text) -> Text:
        line = text if isinstance(text, Text) else Text(text)
        line.overflow = "fold"
        if not self.ascii or line.plain.isascii():
            return line
        # Longer stand-ins would move the spans; without UTF-8 colour matters least.
        return Text(as_ascii(line.plain), style=line.style, overflow="fold")

    # The report, from top to bottom.

    def report(self, report: Report, written: Sequence[Path]) -> None:
        self.first_screen(report)
        self.findings(report)
        self.unchecked(report)
        self.bar(report)
        self.caching(report)
        self.colophon(report, written)

    def first_screen(self, report: Report) -> None:
        """Print what fits 24 lines: verdict, count, minimum bar, effort, the first three fixes."""
        verdict = report.verdict
        colour = "green" if verdict.go else ("red" if verdict.headline[:5] == "NO-GO" else "yellow")
        self.say(verdict.headline, f"bold {colour}")
        who = _short(report.title, 40)
        self.say(f"{who} · {verdict.proven} of {verdict.total} proven")
        cautions = report.cautions()
        for caution in cautions:
            self.say(one_line(caution, 300), "yellow")
        self.say()
        for bar in verdict.bar:
            line = self._shown(self._bar(bar))
            if line.cell_len > self.width:
                end = "..." if self.ascii else "…"
                line.truncate(self.width - len(end), overflow="crop")
                line.append(end)
            self._print([line])
        self.say()
        self.say(verdict.effort, "bold")
        first = verdict.to_fix[:3]
        # With cautions above, one line for each of three has to do.
        room = self.width - 3 if cautions and len(first) == 3 else 150
        for number, finding in enumerate(first, start=1):
            self.rows((f"{number}", self._gist(finding, room)), first=2)
        if not first and not verdict.go and (waiting := unchecked_groups(verdict)):
            self.say("Get checked first", "bold")
            for number, group in enumerate(waiting[:3], start=1):
                self.rows((f"{number}", self._waiting(group)), first=2)

    def bar(self, report: Report) -> None:
        """Print the minimum bar with its whole evidence."""
        self.heading("The minimum bar")
        for bar in report.verdict.bar:
            answer, style = _ANSWERS[bar.answer]
            text = Text(bar.title)
            text.append(f": {one_line(bar.evidence, 400)}", style="dim")
            self.rows((Text(answer, style=style), text), first=12)

    def _gist(self, finding: Finding, limit: int) -> Text:
        failure = finding.failure
        text = Text(_short(meaning(finding), limit - 2))
        also = f" and {len(finding.also)} more" if finding.also else ""
        text.append(
            f"\n{failure.who} · {minutes(failure.effort_min)} · "
            f"{_short(finding.subject.name, 46)}{also}",
            style="dim",
        )
        return text

    def _waiting(self, group: Unchecked) -> Text:
        text = Text(sentence(group.reason, 150))
        if group.how_to_prove:
            text.append(f"\n{one_line(group.how_to_prove, 150)}", style="dim")
        return text

    def _bar(self, bar: BarResult) -> Text:
        answer, style = _ANSWERS[bar.answer]
        line = Text(answer.ljust(13), style=style)
        line.append(bar.title, style="default")
        line.append(f": {one_line(bar.evidence, 170)}", style="dim")
        return line

    def findings(self, report: Report) -> None:
        number = 0
        if report.see_elsewhere and report.verdict.findings:
            self.say()
            self.say(report.see_elsewhere, "dim")
        for title, findings in report.groups():
            self.heading(f"{title} ({len(findings)})", f"bold {_COLOURS[findings[0].severity]}")
            for finding in findings:
                number += 1
                self.finding(number, finding)

    def finding(self, number: int, finding: Finding) -> None:
        failure = finding.failure
        self.say()
        means = Text(block(meaning(finding), 1000), style="bold")
        self.rows((Text(f"{number}", style="bold"), means), first=3)
        felt = one_line(failure.takes_effect, 80)
        names = [one_line(s.name, 120) for s in (finding.subject, *finding.also)]
        rows: list[tuple[str, str | Text]] = [
            ("Where", _listed(names)),
            ("Check", finding.check.id),
            ("Observed", one_line(failure.observed)),
            ("Wanted", one_line(failure.wanted)),
            ("Who", f"{failure.who} · {minutes(failure.effort_min)} · takes effect {felt}"),
        ]
        for count, step in enumerate(failure.fix, start=1):
            label = f"{count}. " if len(failure.fix) > 1 else ""
            rows.append(("Fix" if count == 1 else "", _step(label, parts(step))))
        width = self.width - 16
        lines = shell_lines(block(failure.see), width)
        if any(cell_len(line) > width for line in lines):
            self._details(rows)
            self._details([("See it", "")])
            # A word that is cut goes on where the next line begins, or it would not run when copied.
            cut = shell_lines(block(failure.see), self.width, cuts_words=True)
            self._print([self._shown(line) for line in cut])
            rows = []
        elif failure.see:
            rows.append(("See it", Text("\n".join(lines))))
        if failure.evidence:
            rows.append(("Evidence", Text(block(failure.evidence, 1500))))
        for words, outcomes in consequences(finding):
            named = [f"{o.check.id} ({one_line(o.subject.name, 60)})" for o in outcomes]
            rows.append(("", Text(f"{words}: {_listed(named)}", style="dim")))
        if rows:
            self._details(rows)

    def _details(self, rows: Sequence[tuple[str, str | Text]]) -> None:
        self.rows(*((Text(left, style="dim"), right) for left, right in rows), first=9, indent=4)

    def unchecked(self, report: Report) -> None:
        groups = unchecked_groups(report.verdict)
        if not groups:
            return
        self.heading(f"Could not check ({len(report.verdict.unchecked)})")
        for group in groups:
            checks = list(dict.fromkeys(o.check.id for o in group.outcomes))
            text = Text(sentence(group.reason))
            if group.blocking:
                text.append(" (keeps from a go)", style="bold yellow")
            if group.how_to_prove:
                text.append(f"\n{one_line(group.how_to_prove)}")
            text.append(f"\n{_listed(checks)}", style="dim")
            self.rows(("?", text), first=2)

    def caching(self, report: Report) -> None:
        if not (report.cache_safe or report.cache_dynamic):
            return
        self.heading("What a cache may keep")
        for title, routes in (
            ("Safe to cache", report.cache_safe),
            ("Must stay dynamic", report.cache_dynamic),
        ):
            if routes:
                self.say(title)
                for url, why in routes:
                    self.rows(("", Text(f"{one_line(url, 200)}: {one_line(why)}")), first=2)

    def colophon(self, report: Report, written: Sequence[Path]) -> None:
        verdict = report.verdict
        self.heading("How this was looked at")
        self.say(f"Launch Ready {report.version}, {report.local(report.started)}, {report.took}.")
        for limit in report.limits():
            self.say(one_line(limit, 1000))
        if report.crashes:
            times = "once" if len(report.crashes) == 1 else f"{len(report.crashes)} times"
            self.say(
                f"Launch Ready itself failed {times}; please report it. What it missed counts as "
                "not checked.",
                "bold yellow",
            )
        for path in written:
            self.say(f"Written to {one_line(str(path), 1000)}")
        self.say()
        # A long report leaves its end on the screen, not its beginning.
        self.say(f"{verdict.headline} · {verdict.proven} of {verdict.total} proven", "bold")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED_MAX])
    more = len(names) - _NAMED_MAX
    return f"{shown} and {more} more" if more > 0 else shown


def _step(label: str, found: Sequence[Part]) -> Text:
    text = Text(label)
    for part in found:
        if part.kind == "copy":
            if text.plain not in {"", label}:
                text.append("\n")
            text.append(part.text, style="cyan")
        else:
            text.append(part.text, style="cyan" if part.kind == "code" else "")
    return text


def _short(text: str, limit: int) -> str:
    """Return the text in one line, cut where the first screen has no room for a count of the rest."""
    line = one_line(text, 1000)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
