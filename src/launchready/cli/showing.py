"""What a run came to, shown on the terminal, written to files and kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from launchready.audit import OFFLINE, Audit, is_offline
from launchready.checks import catalogue
from launchready.cli.options import Wanted
from launchready.cli.screen import Screen, readers_may_leave
from launchready.cli.stopping import ctrl_c_ends_again
from launchready.derive.caching.lists import cache_lists
from launchready.facts.ways import Visit
from launchready.finding import Severity
from launchready.report.as_run import as_run, said
from launchready.report.html import html_text
from launchready.report.json_report import json_text
from launchready.report.junit import junit_text
from launchready.report.markdown import markdown_text
from launchready.report.model import Looking, Report
from launchready.report.routing import routing_map
from launchready.report.same_places import SamePlaces
from launchready.report.sarif import sarif_text
from launchready.report.terminal import print_report, terminal_text
from launchready.runs import keep, write_whole

RENDER: dict[str, Callable[[Report], str]] = {
    "terminal": terminal_text,
    "html": html_text,
    "json": json_text,
    "markdown": markdown_text,
    "sarif": lambda report: sarif_text(report, catalogue()),
    "junit": junit_text,
}


def report_of(done: Audit, *, looking: Looking, manifest_file: Path) -> Report:
    """Return the report of an audit, with the routing map and the lists for caches."""
    manifest = done.manifest
    visits = [v for v in done.observed.values() if isinstance(v, Visit)]
    # Other checks do not look at every route, so that the lists would mislead.
    asked = any(o.check.family == "caching" for o in done.verdict.outcomes)
    safe, dynamic = cache_lists(manifest, visits) if asked else ((), ())
    network = manifest.network
    named = str(manifest_file) if done.from_file else ""
    looked = Looking(
        resolvers=looking.resolvers or network.resolvers,
        dial=(*network.dial, *looking.dial),
        ca=looking.ca or network.ca or "",
        only=looking.only,
        skip=looking.skip,
    )
    places = SamePlaces.of(looked, done.observed)
    return Report(
        verdict=as_run(
            done.verdict,
            manifest_file=named,
            given=looking,
            domain=manifest.launch.domain,
            resolvers=looked.resolvers,
            places=places,
        ),
        domain=manifest.launch.domain,
        name=manifest.launch.name,
        timezone=manifest.launch.timezone,
        started=done.started,
        finished=done.finished,
        active=done.active,
        looking=looked,
        see_astray=any(
            places.misses(f.failure.see, said(f.failure)) for f in done.verdict.findings
        ),
        manifest_file=named,
        routing=routing_map(manifest, done.observed, done.finished),
        cache_safe=tuple((r.url, r.reason) for r in safe),
        cache_dynamic=tuple((r.url, r.reason) for r in dynamic),
        crashes=done.crashes,
    )


def show(
    done: Audit, places: Wanted, *, looking: Looking, manifest_file: Path, root: Path = Path()
) -> int:
    """Write, keep and print the report; return the exit status."""
    report = report_of(done, looking=looking, manifest_file=manifest_file)
    written = []
    unwritten: list[str] = []
    for name, path in places.files:
        try:
            write_whole(path, RENDER[name](report))
        except OSError as error:
            # The verdict took a while; a file that cannot be written does not take it away.
            unwritten.append(f"{path} could not be written: {error.strerror or error}")
        else:
            written.append(path)
    kept = _keep(report, root)
    if kept is not None:
        written.append(kept / "report.html")
    ctrl_c_ends_again()
    if places.stdout == "terminal":
        print_report(report, Screen(), written=written)
    elif places.stdout is not None:
        with readers_may_leave():
            sys.stdout.write(RENDER[places.stdout](report))
            sys.stdout.flush()
    else:
        for path in written:
            sys.stderr.write(f"wrote {path}\n")
    for crash in report.crashes:
        sys.stderr.write(f"A bug of Launch Ready; please report it:\n{crash}\n")
    if is_offline(done.observed):
        sys.stderr.write(f"{OFFLINE}\n")
    for line in unwritten:
        sys.stderr.write(f"{line}\n")
    return 3 if unwritten else exit_status(done)


def _keep(report: Report, root: Path) -> Path | None:
    files = {"report.json": json_text(report), "report.html": html_text(report)}
    if report.crashes:
        files["crashes.txt"] = "\n".join(report.crashes)
    try:
        return keep(files, domain=report.domain, at=report.started, root=root)
    except OSError as error:
        # The verdict matters more than its copy; say so and go on.
        sys.stderr.write(f"This run could not be kept under .launchready/runs: {error.strerror}\n")
        return None


def exit_status(done: Audit) -> int:
    """Return 0 for a go, 1 for a no-go, 3 when the run could not do its work."""
    verdict = done.verdict
    if verdict.go:
        return 0
    if any(f.severity is Severity.BLOCKER for f in verdict.findings):
        return 1
    return 3 if verdict.partial or is_offline(done.observed) else 1
