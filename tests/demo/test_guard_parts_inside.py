"""Each part of guard that outside checks cannot tell by itself, switched off alone, is told once."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from launchready.checks.rate_limits import wrong_passwords_not_limited
from launchready.demo import healthy
from launchready.demo.willow import DOMAIN
from launchready.finding import Severity
from launchready.guard.parts import Part
from launchready.verdict import Verdict
from tests.demo.test_root_causes import root_causes, verdict

APP = f"app.{DOMAIN}"
TOLD: dict[Part, tuple[str, str]] = {
    "start-up": ("guard-part-off", f"api.{DOMAIN}"),
    "logs": ("guard-part-off", f"api.{DOMAIN}"),
    "submissions": ("guard-part-off", f"api.{DOMAIN}"),
    "bodies": ("guard-part-off", f"api.{DOMAIN}"),
    "websockets": ("guard-part-off", f"api.{DOMAIN}"),
    "limits": ("guard-part-off", f"api.{DOMAIN}"),
    "figures": ("metrics-not-readable", f"api.{DOMAIN}"),
    "health": ("route-answers-wrong", f"https://{APP}/readyz"),
}


async def without(part: Part, folder: Path) -> Verdict:
    """Return the verdict on a launch whose one app runs without a part, wherever it is asked."""
    launch = healthy()
    for host in launch.hosts:
        host.without_guard.add(part)
    return await verdict(launch, folder)


@pytest.mark.parametrize("part", TOLD)
async def test_a_part_that_is_switched_off_is_one_root_cause(part: Part, tmp_path: Path) -> None:
    found = await without(part, tmp_path)
    assert root_causes(found) == [TOLD[part]]
    assert found.unchecked == ()
    if part in {"start-up", "logs", "submissions", "bodies", "websockets", "limits"}:
        assert found.findings[0].failure.observed == f"switched off in the running app: {part}"


async def test_limits_that_are_off_weigh_as_much_as_what_follows(tmp_path: Path) -> None:
    launch = healthy()
    launch.host("app").without_guard.add("limits")
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("guard-part-off", APP)]
    (finding,) = found.findings
    assert wrong_passwords_not_limited.id in {c.check.id for c in finding.consequences}
    assert len(finding.consequences) == 6
    assert finding.severity is Severity.BLOCKER
    assert not found.go


async def test_without_guards_figures_a_missing_limit_stands_for_itself(tmp_path: Path) -> None:
    launch = healthy()
    launch.declare("guard", metrics_token_env=None)
    launch.guard_forgets.add(f"{APP}/login")
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("wrong-passwords-not-limited", f"https://{APP}/login")]


def test_every_part_is_told_of_here_or_shows_in_the_answers() -> None:
    shown = {"webhooks", "errors", "hsts", "csp", "framing", "sniffing", "referrer", "permissions"}
    assert set(get_args(Part)) == {*TOLD, *shown, "cors", "caching"}


async def test_caching_that_is_off_is_one_finding_about_pages_and_one_about_files(
    tmp_path: Path,
) -> None:
    launch = healthy()
    for host in launch.hosts:
        host.without_guard.add("caching")
    found = await verdict(launch, tmp_path, only=("caching",))
    assert [f.check.id for f in found.findings] == [
        "private-answer-storable", "static-not-cached-long",
    ]  # fmt: skip
    assert found.findings[0].subject.name == f"https://{APP}/checkout"
    assert len(found.findings[0].also) == 4
