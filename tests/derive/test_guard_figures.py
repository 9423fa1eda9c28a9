from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.guard_figures import PARTS, is_figures, parts
from launchready.guard.figures import Figures
from launchready.guard.parts import PARTS as ALL_PARTS


def page(**values: float) -> str:
    figures = Figures()
    for part in ALL_PARTS:
        figures.parts.labels(part).set(values.get(part.replace("-", "_"), 1))
    return figures.page()[0].decode()


def test_guards_own_page_tells_of_every_part() -> None:
    assert is_figures("text/plain", page())
    assert parts(page()) == tuple((part, True) for part in PARTS)


def test_a_part_that_is_off_is_told() -> None:
    assert dict(parts(page(start_up=0)))["start-up"] is False


def test_every_part_judged_here_is_one_of_guards() -> None:
    assert set(PARTS) < ALL_PARTS


def test_a_page_that_lacks_one_part_tells_of_none() -> None:
    text = re.sub(r'launchready_guard_part\{part="bodies".*\n', "", page())
    assert parts(text) == ()


def test_a_line_of_another_shape_is_no_part() -> None:
    assert parts(re.sub(r'(part="bodies".*\}) 1.0', r"\1 7.0", page())) == ()


def test_a_part_is_read_with_the_worker_that_tells_of_it_and_without() -> None:
    assert parts(re.sub(r',worker="\d+"', "", page())) == parts(page())


@given(st.text())
def test_no_name_but_guards_own_is_taken_from_a_page(text: str) -> None:
    found = parts(f'launchready_guard_part{{part="{text}"}} 0\n{page()}')
    assert {name for name, _ in found} == set(PARTS)
