from __future__ import annotations

from launchready.guard.chat.breaker import FAILURES, REST_MAX_S, REST_S, Breaker, Call


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def enter(breaker: Breaker) -> Call:
    call = breaker.enter()
    assert call is not None
    return call


def opened() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        breaker.failed(enter(breaker))
    return breaker, clock


def test_failures_in_a_row_open_it() -> None:
    breaker, _ = opened()
    assert breaker.state == "open"
    assert breaker.enter() is None


def test_it_doubts_from_the_first_failure_until_a_whole_answer() -> None:
    breaker = Breaker(Clock())
    assert not breaker.doubts
    breaker.failed(enter(breaker))
    assert breaker.doubts
    breaker.ended(enter(breaker))
    assert not breaker.doubts
    assert opened()[0].doubts


def test_a_whole_answer_between_begins_the_count_anew() -> None:
    breaker = Breaker(Clock())
    for _ in range(3 * FAILURES):
        for _ in range(FAILURES - 1):
            breaker.failed(enter(breaker))
        breaker.ended(enter(breaker))
    assert breaker.state == "closed"


def test_after_the_rest_one_probe_goes_through_at_a_time() -> None:
    breaker, clock = opened()
    clock.now += REST_S
    assert breaker.state == "half-open"
    probe = enter(breaker)
    assert probe.probe
    assert breaker.enter() is None
    breaker.left(probe)
    assert breaker.enter() is not None


def test_a_probe_that_speaks_closes_it_on_probation() -> None:
    breaker, clock = opened()
    clock.now += REST_S
    probe = enter(breaker)
    breaker.spoke(probe)
    assert breaker.lets_through
    breaker.failed(probe)
    assert not breaker.lets_through


def test_each_failed_probe_doubles_the_rest_up_to_a_limit() -> None:
    breaker, clock = opened()
    rests = []
    for _ in range(8):
        began = clock.now
        while breaker.state == "open":
            clock.now += 1
        rests.append(clock.now - began)
        breaker.failed(enter(breaker))
    assert rests[:3] == [REST_S, 2 * REST_S, 4 * REST_S]
    assert rests[-1] == REST_MAX_S


def test_a_late_failure_of_an_older_call_is_not_the_probes() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    old = enter(breaker)
    for _ in range(FAILURES):
        breaker.failed(enter(breaker))
    clock.now += REST_S
    probe = enter(breaker)
    breaker.failed(old)
    assert breaker.enter() is None
    breaker.ended(probe)
    assert breaker.state == "closed"


def test_a_pause_that_a_provider_asks_for_counts_up_to_a_limit() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.wait(5)
    assert breaker.asked_to_wait_until == clock.now + 5
    breaker.wait(1e9)
    assert breaker.asked_to_wait_until == clock.now + REST_MAX_S
