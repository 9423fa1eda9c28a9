"""Each part of guard that outside checks cannot tell by itself, switched off alone, is told once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from launchready.checks.rate_limits import wrong_passwords_not_limited
from launchready.demo import apply, healthy
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
    "caching": ("guard-part-off", f"api.{DOMAIN}"),
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
    if TOLD[part][0] == "guard-part-off":
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
    assert set(get_args(Part)) == {*TOLD, *shown, "cors"}


async def test_pages_and_files_follow_from_caching_that_is_off(tmp_path: Path) -> None:
    found = await without("caching", tmp_path)
    (finding,) = found.findings
    follows = Counter(c.check.id for c in finding.consequences)
    assert follows == {"private-answer-storable": 5, "static-not-cached-long": 3}
    # Nothing said is a risk: caches may guess, and no page of the demo's asks them to.
    assert finding.severity is min(c.severity for c in finding.consequences) is Severity.RISK


@pytest.mark.parametrize("label", ["", "app", "community", "api", "static"])
async def test_caching_that_is_off_at_one_host_is_one_root_cause(
    label: str, tmp_path: Path
) -> None:
    launch = healthy()
    launch.host(label).without_guard.add("caching")
    found = await verdict(launch, tmp_path)
    assert root_causes(found) == [("guard-part-off", launch.host(label).name)]
    assert found.findings[0].also == ()
    assert found.unchecked == ()


async def test_an_edge_that_lets_a_page_be_kept_is_a_cause_of_its_own(tmp_path: Path) -> None:
    launch = healthy()
    apply(launch, ["guard-part-off/caching", "private-answer-storable/login"])
    found = await verdict(launch, tmp_path)
    assert sorted(root_causes(found)) == [
        ("guard-part-off", f"api.{DOMAIN}"), ("private-answer-storable", f"https://{APP}/login"),
    ]  # fmt: skip


async def test_what_an_edge_lets_be_kept_does_not_follow_from_limits_that_are_off(
    tmp_path: Path,
) -> None:
    launch = healthy()
    apply(launch, ["guard-part-off/limits", "static-not-cached-long"])
    found = await verdict(launch, tmp_path)
    assert sorted(c for c, _ in root_causes(found)) == ["guard-part-off", "static-not-cached-long"]


@pytest.mark.parametrize("read", [False, True])
async def test_where_no_figures_are_read_caching_stands_for_itself(
    tmp_path: Path, read: bool
) -> None:
    launch = healthy()
    apply(launch, ["guard-part-off/caching"])
    if read:
        # Of the hosts that have pages of members', and so not of the one that has the files.
        launch.declare("guard", hosts=None)
    else:
        launch.declare("guard", metrics_token_env=None)
    found = await verdict(launch, tmp_path)
    mine = "guard-part-off" if read else "private-answer-storable"
    assert sorted(c for c, _ in root_causes(found)) == [mine, "static-not-cached-long"]


async def test_an_audit_that_only_looks_reads_no_figures(tmp_path: Path) -> None:
    launch = healthy()
    apply(launch, ["guard-part-off/caching"])
    found = await verdict(launch, tmp_path, active=False)
    told = [("private-answer-storable", 4), ("static-not-cached-long", 2)]
    assert [(f.check.id, len(f.also)) for f in found.findings] == told
