"""Each check is held by unit tests of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from launchready.checks import catalogue
from launchready.finding import Check

_WORDS = {
    word
    for path in Path(__file__).parent.rglob("*.py")
    if path != Path(__file__)
    for word in re.findall(r"[a-z0-9_-]+", path.read_text("utf-8"))
}


@pytest.mark.parametrize("check", catalogue(), ids=lambda c: c.id)
def test_a_check_is_named_by_a_unit_test_of_its_family(check: Check) -> None:
    assert {check.id, check.id.replace("-", "_")} & _WORDS
