"""What the checks of exposed paths share: one kind judged, and the words for it."""

from __future__ import annotations

from shlex import quote
from urllib.parse import urlsplit

from launchready.derive.exposure.exposures import Exposure, asked_of, open_paths, unanswered_paths
from launchready.derive.exposure.sensitive_path import Grade, Path
from launchready.facts.declared import Declared
from launchready.facts.exposure import Probe
from launchready.facts.http import Exchange
from launchready.finding import Failed, Passed, Result, Severity, Unproven

_SEVERITY: dict[Grade, Severity] = {
    "secret": Severity.BLOCKER,
    "inside": Severity.RISK,
    "surface": Severity.ADVICE,
}


def judge_open(
    probe: Probe,
    launch: Declared,
    exposure: Exposure,
    *,
    means: str,
    fix: tuple[str, ...],
    effort_min: int = 30,
) -> Result:
    """Judge one kind of what must not be open on a host; how grave it is follows from the gravest."""
    found = open_paths(probe, exposure, launch.manifest)
    if not found:
        return _nothing(probe, exposure)
    gravest, answer = found[0]
    return Failed(
        severity=_SEVERITY[gravest.grade],
        means=means,
        observed=f"{_paths(found)}: {gravest.what}",
        wanted="404 or 403",
        evidence="; ".join(f"{a.url} answers {a.status}: {p.what}" for p, a in found[:6]),
        fix=fix,
        who="your developer",
        effort_min=effort_min,
        takes_effect="at once",
        see=see_open(answer),
    )


def see_open(answer: Exchange) -> str:
    """Return the command that shows that something lies there, without showing what it says."""
    shown = r"%{http_code} %{content_type} %{size_download} bytes\n"
    query = """ -H 'Content-Type: application/json' -d '{"query":"{__schema{queryType{name}}}"}'"""
    sent = query if answer.method == "POST" else ""
    return f"curl -sS -o /dev/null -w '{shown}'{sent} {quote(answer.url)}"


def _nothing(probe: Probe, exposure: Exposure) -> Result:
    missing = unanswered_paths(probe, exposure)
    if missing:
        return Unproven(
            reason=f"{len(missing)} of {asked_of(exposure)} paths got no answer, {missing[0]} for one",
            how_to_prove="Let the bot protection or rate limit pass this computer, and audit again.",
        )
    if probe.nowhere.status == 200:
        return Passed(
            evidence=f"{asked_of(exposure)} paths asked; they answer as any other path does"
        )
    return Passed(evidence=f"{asked_of(exposure)} paths asked, none is open")


def _paths(found: tuple[tuple[Path, Exchange], ...]) -> str:
    paths = list(dict.fromkeys(urlsplit(a.url).path for _, a in found))
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more
