from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from launchready.guard.errors import Problem
from launchready.guard.submissions.keys import Key
from launchready.guard.submissions.memory import Answer
from launchready.guard.submissions.twice import First, Submissions

DONE = Answer(status=201, headers=[(b"location", b"/posts/1")], body=b"made")
SENT_AWAY = Answer(status=303, headers=[(b"location", b"/feed")], body=b"")
MARKED = Answer(status=200, headers=[], body=b"That was not quite right")
PATIENT_S = 20.0


def key(*, form: bool = False) -> Key:
    """Return a key that no other test uses."""
    return Key(value=secrets.token_urlsafe(12), form=form)


@pytest.fixture(params=["memory", "store"])
async def submissions(request: pytest.FixtureRequest) -> AsyncIterator[Submissions]:
    url = request.getfixturevalue("valkey") if request.param == "store" else None
    submissions = Submissions(url, deadline_s=PATIENT_S)
    yield submissions
    await submissions.close()


async def first(submissions: Submissions, key: Key, content: bytes = b"text") -> First:
    found = await submissions.begin(key, "POST /posts ana", content)
    assert isinstance(found, First)
    return found


async def again(
    submissions: Submissions, key: Key, content: bytes = b"text", who: str = "ana"
) -> First | Answer | Problem:
    return await submissions.begin(key, f"POST /posts {who}", content)


async def test_what_was_answered_is_answered_the_same_again(submissions: Submissions) -> None:
    name = key()
    await (await first(submissions, name)).finish(DONE)
    assert await again(submissions, name) == DONE


async def test_of_twenty_at_once_one_runs_and_the_others_get_its_answer(
    submissions: Submissions,
) -> None:
    name, ran = key(), 0

    async def submit() -> First | Answer | Problem:
        nonlocal ran
        found = await again(submissions, name)
        if not isinstance(found, First):
            return found
        ran += 1
        await asyncio.sleep(0.1)
        await found.finish(DONE)
        return DONE

    assert await asyncio.gather(*(submit() for _ in range(20))) == [DONE] * 20
    assert ran == 1


async def test_another_body_under_the_same_key_is_refused_at_once(submissions: Submissions) -> None:
    name = key()
    running = await first(submissions, name)
    for _ in range(2):
        refused = await again(submissions, name, b"another text")
        assert isinstance(refused, Problem)
        assert refused.status == 422
        await running.finish(DONE)


async def test_a_form_that_was_answered_by_a_redirect_is_not_sent_again_with_another_body(
    submissions: Submissions,
) -> None:
    name = key(form=True)
    await (await first(submissions, name)).finish(SENT_AWAY)
    refused = await again(submissions, name, b"another text")
    assert isinstance(refused, Problem)
    assert refused.status == 422


async def test_a_form_that_came_back_with_its_mistakes_can_be_corrected(
    submissions: Submissions,
) -> None:
    name = key(form=True)
    await (await first(submissions, name)).finish(MARKED)
    corrected = await first(submissions, name, b"corrected text")
    await corrected.finish(SENT_AWAY)
    assert await again(submissions, name, b"corrected text") == SENT_AWAY


async def test_nobody_else_gets_the_answer(submissions: Submissions) -> None:
    name = key()
    await (await first(submissions, name)).finish(DONE)
    assert isinstance(await again(submissions, name, who="eve"), First)


async def test_a_key_and_a_forms_token_of_the_same_text_do_not_meet(
    submissions: Submissions,
) -> None:
    name = key()
    await (await first(submissions, name)).finish(DONE)
    assert isinstance(await again(submissions, Key(value=name.value, form=True)), First)


async def test_what_is_given_up_is_run_by_one_that_waits(submissions: Submissions) -> None:
    name = key()
    running = await first(submissions, name)
    waiting = [asyncio.create_task(again(submissions, name)) for _ in range(3)]
    await asyncio.sleep(0.05)
    await running.abandon()
    finished, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    taken_over = finished.pop().result()
    assert isinstance(taken_over, First)
    await taken_over.finish(DONE)
    assert await asyncio.gather(*pending, *finished) == [DONE] * 2


@pytest.mark.parametrize(
    ("status", "form", "kept"),
    [
        (200, False, True), (404, False, True), (409, False, True), (500, False, False),
        (503, False, False), (429, False, False), (408, False, False), (200, True, True),
        (303, True, True), (401, True, False), (422, True, False), (500, True, False),
    ],
)  # fmt: skip
async def test_which_answers_are_kept(status: int, form: bool, kept: bool) -> None:
    submissions, name = Submissions(), key(form=form)
    await (await first(submissions, name)).finish(Answer(status=status, headers=[], body=b""))
    assert isinstance(await again(submissions, name), Answer if kept else First)


async def test_an_answer_too_long_to_keep_is_refused_and_not_run_again(
    submissions: Submissions,
) -> None:
    for whole, body in ((True, b"x" * 300_000), (False, b"")):
        name = key()
        running = await first(submissions, name)
        await running.finish(Answer(status=200, headers=[], body=body), whole=whole)
        refused = await again(submissions, name)
        assert isinstance(refused, Problem)
        assert refused.status == 409
        assert "cannot be given again" in refused.detail


async def test_only_the_first_of_finishing_and_giving_up_counts(submissions: Submissions) -> None:
    name = key()
    running = await first(submissions, name)
    await running.finish(DONE)
    await running.finish(MARKED)
    await running.abandon()
    assert await again(submissions, name) == DONE


async def test_who_waits_too_long_is_told_to_look_later(valkey: str) -> None:
    for url in (None, valkey):
        one, other = (Submissions(url, deadline_s=PATIENT_S, wait_s=1.0) for _ in range(2))
        name = key()
        running = await first(one, name)
        for submissions in (one, *([other] if url else [])):
            refused = await again(submissions, name)
            assert isinstance(refused, Problem)
            assert refused.status == 409
            assert (b"retry-after", b"5") in refused.headers
        await running.finish(DONE)
        assert await again(one, name) == DONE
        await one.close()
        await other.close()


async def test_who_stops_waiting_harms_nobody(submissions: Submissions) -> None:
    name = key()
    running = await first(submissions, name)
    waiting = asyncio.create_task(again(submissions, name))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await running.finish(DONE)
    assert await again(submissions, name) == DONE


# ── what is forgotten ──────────────────────────────────────────────────────────────────────────


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_answer_is_forgotten_when_its_time_is_over() -> None:
    clock, name = Clock(), key()
    submissions = Submissions(keep_s=100, clock=clock)
    await (await first(submissions, name)).finish(DONE)
    clock.now = 99.9
    assert await again(submissions, name) == DONE
    clock.now = 100.0
    assert isinstance(await again(submissions, name), First)


async def test_cookies_are_given_again_for_a_short_time_only() -> None:
    clock, name = Clock(), key()
    submissions = Submissions(cookies_keep_s=60, clock=clock)
    signed_in = Answer(
        status=303, headers=[(b"Set-Cookie", b"session=1"), *SENT_AWAY.headers], body=b""
    )
    await (await first(submissions, name)).finish(signed_in)
    assert await again(submissions, name) == signed_in
    clock.now = 60.0
    assert await again(submissions, name) == SENT_AWAY


async def test_the_oldest_answers_go_when_there_are_too_many() -> None:
    submissions, names = Submissions(answers_max=2), [key() for _ in range(3)]
    running = await first(submissions, key())
    for name in names:
        await (await first(submissions, name)).finish(DONE)
    found = [await again(submissions, name) for name in reversed(names)]
    assert [type(each) for each in found] == [Answer, Answer, First]
    await running.finish(DONE)


async def test_the_oldest_answers_go_when_they_are_too_large() -> None:
    submissions, names = Submissions(bytes_max=10_000), [key() for _ in range(3)]
    for name in names:
        large = Answer(status=200, headers=[], body=b"x" * 4000)
        await (await first(submissions, name)).finish(large)
    found = [await again(submissions, name) for name in reversed(names)]
    assert [type(each) for each in found] == [Answer, Answer, First]
