from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from launchready.guard import guard
from launchready.guard.figures import Figures, may_read
from launchready.guard.parts import PARTS
from launchready.guard.route_figures import BOUNDS_S
from launchready.manifest import parse_manifest
from tests.guard.frameworks.two_pages import starlette_app


def read(figures: Figures) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = figures.page()[0].decode()
    return {
        (
            sample.name,
            tuple(sorted(i for i in sample.labels.items() if i[0] != "worker")),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_answers_are_counted_by_route_and_status() -> None:
    figures = Figures()
    figures.routes.of("/login").note(303, 0.02)
    figures.routes.of("/login").note(303, 0.02)
    figures.routes.of("/login").note(429, 0.001)
    found = read(figures)
    assert found["launchready_answers_total", (("route", "/login"), ("status", "303"))] == 2
    assert found["launchready_answers_total", (("route", "/login"), ("status", "429"))] == 1


@given(st.lists(st.floats(0, 60), max_size=20))
def test_times_are_counted_up_to_each_bound(times_s: list[float]) -> None:
    figures = Figures()
    for spent_s in times_s:
        figures.routes.of("/").note(200, spent_s)
    figures.routes.of("/").note(200, 1e9)
    found = read(figures)
    for bound in BOUNDS_S:
        bucket = found["launchready_request_seconds_bucket", (("le", str(bound)), ("route", "/"))]
        assert bucket == sum(spent_s <= bound for spent_s in times_s)
    whole = found["launchready_request_seconds_count", (("route", "/"),)]
    assert whole == len(times_s) + 1


@pytest.mark.parametrize(
    ("authorization", "allowed"),
    [
        (b"Bearer right-token", True),
        (b"Bearer wrong", False),
        (b"Bearer ", False),
        (b"right-token", False),
        (b"Bearer right-token\xff", False),
        (None, False),
    ],
)
def test_figures_are_read_with_the_token_alone(authorization: bytes | None, allowed: bool) -> None:
    assert may_read(authorization, "right-token") is allowed


def test_each_part_is_told_as_it_runs() -> None:
    manifest = parse_manifest('[launch]\ndomain = "willow.example"\n')
    guarded = guard(starlette_app(), manifest, without=("logs", "csp"), environ={})
    found = {
        dict(labels)["part"]: value
        for (name, labels), value in read(guarded.figures).items()
        if name == "launchready_guard_part"
    }
    assert found == {part: float(part not in {"logs", "csp"}) for part in PARTS}
