"""The report as JUnit XML, for build servers: a test suite a family, a test case a check and subject.

A failure is one that weighs: advice stands as skipped, so that a go is never a red build for it.
What could not be checked is an error where it keeps from a go, and skipped elsewhere.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from launchready.finding import Outcome, Severity
from launchready.report.model import Report, unchecked_reason
from launchready.report.plain_text import block, one_line

_COUNTED = ("failure", "error", "skipped")


def junit_text(report: Report) -> str:
    """Return the report as JUnit XML (UTF-8), with no character that XML 1.0 forbids."""
    seconds = f"{(report.finished - report.started).total_seconds():.3f}"
    root = Element("testsuites", name=f"Launch Ready: {one_line(report.domain)}", time=seconds)
    families: dict[str, list[Outcome]] = {}
    for outcome in report.verdict.outcomes:
        families.setdefault(outcome.check.family, []).append(outcome)
    explained = {id(o): f.check.id for f in report.verdict.findings for o in f.consequences}
    for family, outcomes in sorted(families.items()):
        suite = SubElement(root, "testsuite", name=family, timestamp=_moment(report))
        for outcome in outcomes:
            _case(suite, outcome, explained.get(id(outcome), ""))
        _count(suite)
    if report.verdict.partial or report.crashes:
        suite = SubElement(root, "testsuite", name="launchready", timestamp=_moment(report))
        case = SubElement(suite, "testcase", classname="launchready", name="the run is complete")
        why = "stopped early" if report.verdict.partial else "Launch Ready itself failed"
        error = SubElement(case, "error", message=why, type="incomplete")
        error.text = block("\n".join(report.crashes))
        _count(suite)
    # Jenkins' own schema (junit-10.xsd) has no sum of those that were skipped.
    for what in ("tests", "failures", "errors"):
        root.set(what, str(sum(int(suite.get(what, "0")) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, outcome: Outcome, cause: str) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=f"launchready.{outcome.check.family}",
        name=f"{outcome.check.id} [{one_line(outcome.subject.name)}]",
    )
    detail = one_line(outcome.detail)
    because = f" (because of {cause})" if cause else ""
    failure = outcome.failure
    if failure is not None and outcome.severity is not Severity.ADVICE:
        kind = str(outcome.severity)
        element = SubElement(
            case, "failure", message=f"{one_line(failure.means)}{because}", type=kind
        )
        steps = [f"{n}. {block(s)}" for n, s in enumerate(failure.fix, start=1)]
        element.text = "\n".join(
            [f"observed: {detail}", f"wanted: {one_line(failure.wanted)}", *steps,
             f"see: {block(failure.see)}"]
        )  # fmt: skip
    elif failure is not None:
        SubElement(case, "skipped", message=f"advice: {one_line(failure.means)}{because}")
    elif outcome.status == "unknown":
        keeps = outcome.severity is Severity.BLOCKER and not outcome.ours and not cause
        how = f" {one_line(outcome.how_to_prove)}" if outcome.how_to_prove else ""
        message = f"{unchecked_reason(outcome)}{because}.{how}"
        if keeps:
            SubElement(case, "error", message=message, type="unknown")
        else:
            SubElement(case, "skipped", message=message)
    elif outcome.status == "not_applicable":
        SubElement(case, "skipped", message=f"not applicable: {detail}")


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    for tag, attribute in zip(_COUNTED, ("failures", "errors", "skipped"), strict=True):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in suite)))


def _moment(report: Report) -> str:
    return report.started.strftime("%Y-%m-%dT%H:%M:%S")
