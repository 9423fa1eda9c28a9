"""Reasons that point to another check: it is named, and there is such a check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from launchready import checks
from launchready.checks import catalogue
from launchready.checks.redirects.told import OF_ENTRANCE, OF_VISIT, see
from launchready.facts import Fact
from launchready.facts.ways import Entrance, Visit
from launchready.finding import Check
from tests.checks.web_making import chain, entrance

_SOURCES = sorted(Path(checks.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("source", _SOURCES, ids=lambda s: s.stem)
def test_a_reason_that_points_to_another_check_names_one_that_there_is(source: Path) -> None:
    pointers = re.findall(r"; see ([a-z0-9, -]+)\"", source.read_text())
    named = {check for pointer in pointers for check in pointer.split(", ")}
    assert named <= {check.id for check in catalogue()}


@pytest.mark.parametrize("source", _SOURCES, ids=lambda s: s.stem)
def test_a_command_to_paste_has_no_comment_which_zsh_would_hand_on_as_arguments(
    source: Path,
) -> None:
    assert not re.findall(r"""see=f?["'].*\s#""", source.read_text())


@pytest.mark.parametrize(("kind", "told_by"), [(Entrance, OF_ENTRANCE), (Visit, OF_VISIT)])
def test_the_check_that_is_pointed_to_is_the_one_that_tells_of_the_fault(
    kind: type[Fact], told_by: dict[str, str]
) -> None:
    owners = {f: check.id for check in catalogue() for k, f in check.prevents if k is kind}
    assert told_by == owners


def test_a_way_in_without_a_fault_points_nowhere() -> None:
    assert see(entrance()) == ""
    loop = entrance(https_root=chain("https://example.org/", end="loop"))
    assert see(loop) == "; see redirect-loop"


@pytest.mark.parametrize("check", catalogue(), ids=lambda c: c.id)
def test_each_sentence_of_a_checks_page_begins_as_a_sentence(check: Check) -> None:
    words = [text.split()[0] for text in (check.title, check.why, check.fix)]
    # A tag or modifier is written as it stands in a record.
    assert [w for w in words if w.isalpha() and w.islower()] == []
