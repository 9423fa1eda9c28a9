"""Each part of guard switched off alone is one finding, the one that names it.

The whole audit runs for each, since another family must not notice it as something else.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready.audit import audit, choose
from launchready.collect.opening import open_world
from launchready.demo import healthy, running
from launchready.guard.parts import Part
from launchready.manifest import load_manifest
from launchready.verdict import Verdict

SEEN_FROM_OUTSIDE: dict[Part, tuple[str, str, str]] = {
    "permissions": ("community", "permissions-policy-missing", "community.willow.example"),
    "webhooks": ("app", "webhook-refuses-signed", "https://app.willow.example/webhooks/payments"),
    "cors": ("api", "cors-declared-origin-refused", "https://api.willow.example/v1/circles"),
    "errors": ("community", "error-page-bare", "community.willow.example"),
}
"""The host that does without the part, the check that tells of it, and on what."""


async def without(part: Part, label: str, folder: Path) -> Verdict:
    launch = healthy()
    launch.host(label).without_guard.add(part)
    async with (
        running(launch, folder) as demo,
        open_world(load_manifest(demo.manifest), ca=demo.ca, active=True) as world,
    ):
        found = await audit(world, choose())
    assert not found.crashes
    return found.verdict


@pytest.mark.parametrize("part", SEEN_FROM_OUTSIDE)
async def test_a_part_that_is_switched_off_is_the_one_root_cause(
    part: Part, tmp_path: Path
) -> None:
    label, check, subject = SEEN_FROM_OUTSIDE[part]
    found = await without(part, label, tmp_path)
    told = [(f.check.id, s.name) for f in found.findings for s in (f.subject, *f.also)]
    assert told == [(check, subject)]
    assert found.unchecked == ()
