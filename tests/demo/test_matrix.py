"""Each defect of the demo is found as one root cause by its family, and as no other.

`make bench-defects` runs the same with the whole catalogue; here each family alone, so that the
suite stays short.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready.audit import audit, choose
from launchready.checks import catalogue
from launchready.collect.opening import open_world
from launchready.demo import SHOWCASE, apply, defects, healthy, running
from launchready.manifest import load_manifest
from launchready.verdict import Verdict

FAMILIES = {check.id: check.family for check in catalogue()}


async def verdict(ids: list[str], families: list[str], folder: Path) -> Verdict:
    launch = healthy()
    apply(launch, ids)
    async with (
        running(launch, folder) as demo,
        open_world(load_manifest(demo.manifest), ca=demo.ca, active=True) as world,
    ):
        found = await audit(world, choose(families))
    assert not found.crashes
    return found.verdict


async def test_the_healthy_launch_is_a_go_with_every_check_proven(tmp_path: Path) -> None:
    found = await verdict([], [], tmp_path)
    assert [f.check.id for f in found.findings] == []
    assert [o.detail for o in found.unchecked] == []
    assert found.headline == "GO, with 2 lines of the minimum bar not proven"


@pytest.mark.parametrize("id_", sorted(defects()))
async def test_a_defect_is_the_one_root_cause_of_its_family(id_: str, tmp_path: Path) -> None:
    check = defects()[id_].check
    found = await verdict([id_], [FAMILIES[check]], tmp_path)
    assert {f.check.id for f in found.findings} == {check}


def test_every_check_has_a_defect() -> None:
    assert {d.check for d in defects().values()} == set(FAMILIES)


async def test_the_showcase_finds_exactly_its_defects(tmp_path: Path) -> None:
    found = await verdict(list(SHOWCASE), [], tmp_path)
    assert {f.check.id for f in found.findings} == {i.partition("/")[0] for i in SHOWCASE}
