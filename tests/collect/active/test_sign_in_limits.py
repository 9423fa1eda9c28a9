"""A sign-in beside limits of the site."""

from __future__ import annotations

from time import monotonic

import pytest

from launchready.collect.active import limited
from launchready.collect.web import waiting
from launchready.facts import Gap
from tests.collect.healthy_site import Community, fact, failed, judged
from tests.collect.members_site import (
    Asked,
    Reply,
    member,
    running,
)

__all__ = ["member"]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that name no time are waited for by moments."""
    monkeypatch.setattr(limited, "OPENS_AFTER_S", 0.2)
    monkeypatch.setattr(waiting, "PAUSES_S", (0.1, 0.2))


async def test_a_limit_after_one_wrong_password_is_told() -> None:
    community = Community()
    tries: list[str] = []

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST":
            tries.append(asked.path)
            return Reply(429, "Slow down") if len(tries) > 1 else community.wrong
        return community(asked)

    async with running(site) as served:
        (step,) = failed(await fact(served))
    assert step.name == "log in"
    assert "limited after a single wrong password" in step.seen


@pytest.mark.parametrize("status", [429, 503])
async def test_a_limit_that_shuts_the_page_as_well_is_no_fault_of_the_log_in(status: int) -> None:
    community = Community()
    seen: list[str] = []

    def site(asked: Asked) -> Reply | None:
        if asked.path == "/login":
            seen.append(asked.method)
        shut = asked.path == "/login" and "POST" in seen[:-1]
        return Reply(status, "Slow down") if shut else community(asked)

    async with running(site) as served:
        found = await judged(served)
    assert isinstance(found, Gap), found
    assert "a limit may count the visits of this run" in found.reason
    assert "launchready smoke" in found.how_to_prove


@pytest.mark.parametrize("field", ["0", "1"])
async def test_a_limit_that_an_earlier_run_reached_is_waited_out(field: str) -> None:
    community = Community()
    tries: list[str] = []

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST" and asked.path == "/login":
            tries.append(asked.path)
            if len(tries) == 1:
                return Reply(429, "Slow down", (("Retry-After", field),))
        return community(asked)

    waits: list[tuple[str, float]] = []
    async with running(site) as served:
        served.seen.world.on_waiting = lambda place, seconds: waits.append((place, seconds))
        assert failed(await fact(served)) == []
    assert waits == [("http://example.org/login", float(field))]


async def test_a_limit_that_lasts_longer_is_not_taken_for_a_fault() -> None:
    community = Community()

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST":
            return Reply(429, "Slow down", (("Retry-After", "600"),))
        return community(asked)

    async with running(site) as served:
        found = await judged(served)
    assert isinstance(found, Gap)
    assert "429: it asks to wait for 600 seconds" in found.reason
    assert "run this again later" in found.how_to_prove


@pytest.mark.parametrize("status", [429, 503])
async def test_a_limit_on_all_visits_of_the_log_in_is_waited_for(status: int) -> None:
    community = Community()
    times: list[float] = []

    def two_in_150_ms(asked: Asked) -> Reply | None:
        if asked.path != "/login":
            return community(asked)
        now = monotonic()
        if sum(now - at < 0.15 for at in times) >= 2:
            return Reply(status, "Slow down")
        times.append(now)
        return community(asked)

    async with running(two_in_150_ms) as served:
        found = await fact(served)
    assert failed(found) == []
    assert found.refused_with == 401, "the wrong password was told wrong by the log-in itself"


async def test_attempts_of_an_earlier_run_are_waited_for_where_the_limit_names_no_time() -> None:
    community = Community()
    tries: list[str] = []

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST" and asked.path == "/login":
            tries.append(asked.path)
            if len(tries) == 1:
                return Reply(429, "Slow down")
        return community(asked)

    async with running(site) as served:
        assert failed(await fact(served)) == []
