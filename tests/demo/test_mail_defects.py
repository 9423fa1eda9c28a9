"""Each defect of the demo's mail is found as one root cause, and as no other of the mail's."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready.audit import audit, choose
from launchready.collect.opening import open_world
from launchready.demo import apply, defects, healthy, running
from launchready.manifest import load_manifest

MAIL = sorted(d.id for d in defects().values() if d.family.startswith("mail"))


async def roots(ids: list[str], folder: Path) -> list[str]:
    launch = healthy()
    apply(launch, ids)
    async with running(launch, folder) as demo, open_world(load_manifest(demo.manifest)) as world:
        found = await audit(world, choose(["mail"]))
    assert not found.crashes
    assert not found.verdict.unchecked
    return [f.check.id for f in found.verdict.findings]


async def test_the_healthy_mail_has_no_fault(tmp_path: Path) -> None:
    assert await roots([], tmp_path) == []


@pytest.mark.parametrize("id_", MAIL)
async def test_a_defect_is_the_one_root_cause(id_: str, tmp_path: Path) -> None:
    assert await roots([id_], tmp_path) == [id_.partition("/")[0]]


def test_every_check_of_mail_has_a_defect() -> None:
    known = {id_.partition("/")[0] for id_ in MAIL}
    assert known == {check.id for check in choose(["mail"])}
