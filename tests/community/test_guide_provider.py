"""The guide with an AI provider: real HTTP to a scripted one on loopback, guard around the app."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, update

from launchready.community.guide.answering import CALLS_MAX, ROUNDS_MAX
from launchready.community.guide.history import REMEMBERED
from launchready.community.tables import Member, Question
from launchready.guard import Guard
from launchready.guard.chat import month_of
from tests.community.browser import Browser
from tests.community.conftest import ADA, GUEST
from tests.community.guiding import FALLBACK, ToolCaller, community_asking, running_in
from tests.community.test_guide import ask, reply, told

WORDS = "Welcome to the community. Post in the feed to begin."


@pytest.fixture
async def provider() -> AsyncIterator[ToolCaller]:
    async with ToolCaller() as running:
        yield running


@pytest.fixture
async def site(provider: ToolCaller, database_url: str, password_hash: str) -> AsyncIterator[Guard]:
    async with community_asking(provider, database_url, password_hash) as app:
        yield app


@pytest.fixture
async def ada(site: Guard) -> AsyncIterator[Browser]:
    async with Browser(site) as browser:
        await browser.log_in(ADA)
        yield browser


@pytest.fixture
async def guest(site: Guard) -> AsyncIterator[Browser]:
    async with Browser(site) as browser:
        await browser.log_in(GUEST)
        yield browser


async def test_the_provider_s_words_are_the_reply_and_are_kept(
    ada: Browser, provider: ToolCaller
) -> None:
    assert await reply(ada, "Where do I begin?") == WORDS
    shown = (await ada.get("/guide")).text
    assert WORDS in shown
    assert "An AI model answers here" in shown
    system, question = provider.told[0]
    assert system["role"] == "system"
    assert question == {"role": "user", "content": "Where do I begin?"}


async def test_words_reach_the_member_as_the_provider_says_them(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.between_s = 0.05
    answer = await ask(ada, "Where do I begin?", accept="text/event-stream")
    _, *words, last = told(answer.text)
    assert [each["text"] for each in words] == list(provider.words)
    assert WORDS in str(last["html"])
    assert answer.headers["cache-control"] == "private, no-store"


async def test_the_last_exchanges_go_with_a_question_and_no_more(
    ada: Browser, guest: Browser, provider: ToolCaller
) -> None:
    await reply(guest, "A guest's question")
    for number in range(REMEMBERED + 2):
        await reply(ada, f"Question {number}")
    said = [m["content"] for m in provider.told[-1][1:]]
    asked = [f"Question {n}" for n in range(1, REMEMBERED + 2)]
    assert said[::2] == asked
    assert set(said[1::2]) == {WORDS}


async def test_a_question_that_nobody_could_answer_shows_the_fallback_and_is_not_remembered(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.fault = "401"
    assert await reply(ada, "Hello?") == FALLBACK
    shown = (await ada.get("/guide")).text
    assert "Hello?" in shown
    assert f"<strong>No answer.</strong> {FALLBACK}" in shown
    provider.fault = "none"
    await reply(ada, "Are you back?")
    assert [m["content"] for m in provider.told[-1][1:]] == ["Are you back?"]


async def test_an_answer_that_was_cut_is_kept_as_far_as_it_came_and_said_to_be_broken_off(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.fault = "cut-in-the-middle"
    said = await reply(ada, "Where do I begin?")
    assert said == "Welcome\n\nThe guide was interrupted here. Please ask again."
    shown = (await ada.get("/guide")).text
    assert '<p class="prose said">Welcome</p>' in shown
    assert "<strong>Broken off.</strong> The guide was interrupted here." in shown


async def test_the_model_s_words_cannot_become_a_page_s_markup(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.words = ["<img src=x onerror=alert(1)>", "\x00 (/posts/7)", " /posts/8/../../logout"]
    answer = await ask(ada, "Hello?", accept="text/event-stream")
    shown = (await ada.get("/guide")).text
    for page in (shown, str(told(answer.text)[-1]["html"])):
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
        assert '<a href="/posts/7">' in page
        assert 'href="/posts/8' not in page


@pytest.mark.parametrize(
    ("budgets", "wording"),
    [
        ("ai_monthly_tokens = 10", "The guide has had enough for this month."),
        ("ai_member_monthly_tokens = 10", "You have asked the guide as much as one member can"),
    ],
)
async def test_a_budget_that_is_used_up_is_told_and_nothing_is_asked(
    provider: ToolCaller, database_url: str, password_hash: str, budgets: str, wording: str
) -> None:
    async with (
        community_asking(provider, database_url, password_hash, budgets=budgets) as app,
        Browser(app) as browser,
    ):
        await browser.log_in(ADA)
        assert (await reply(browser, "Hello?")).startswith(wording)
        assert wording in (await browser.get("/guide")).text
        assert provider.calls == []
        assert "launchready_chat_fallbacks_total" in app.figures.page()[0].decode()


async def test_what_an_answer_cost_is_kept_in_the_community_s_own_database(
    provider: ToolCaller, database_url: str, password_hash: str
) -> None:
    budgets = "ai_monthly_tokens = 100000"
    async with (
        community_asking(provider, database_url, password_hash, budgets=budgets) as app,
        Browser(app) as browser,
    ):
        await browser.log_in(ADA)
        await reply(browser, "Hello?")
        running = running_in(app)
        async with running.database.read() as session:
            number = await session.scalar(select(Member.id).where(Member.email == ADA))
        chat = running.guide.chat
        assert chat is not None
        spent = await chat.ledger.spent(month_of(dt.datetime.now(dt.UTC)), str(number))
        assert spent.tokens > 0


async def test_one_submission_sent_twice_at_a_time_is_asked_once(
    ada: Browser, site: Guard, provider: ToolCaller
) -> None:
    provider.between_s = 0.05
    form = await ada.form("/guide", "/chat")
    answers = await asyncio.gather(*(ada.post(form, message="Hello?") for _ in range(5)))
    assert {a.status_code for a in answers} == {303}
    assert len({a.headers["location"] for a in answers}) == 1
    assert len(provider.calls) == 1
    async with running_in(site).database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Question)) == 1


async def test_visitors_who_ask_again_and_again_are_told_to_wait(site: Guard) -> None:
    async with Browser(site) as browser:
        seen = [(await ask(browser, "ping")).status_code for _ in range(25)]
    assert seen[0] == 401
    assert seen[-1] == 429
    assert sorted(set(seen)) == [401, 429]


async def test_a_question_whose_process_died_is_shown_as_broken_off_after_a_while(
    ada: Browser, site: Guard
) -> None:
    running = running_in(site)
    async with running.database.write() as session:
        owner = await session.scalar(select(Member.id).where(Member.email == ADA))
        for number, minutes in ((1, 60), (2, 0)):
            asked_at = running.now() - dt.timedelta(minutes=minutes)
            session.add(
                Question(id=number, member_id=owner, question=f"Q{number}", asked_at=asked_at)
            )
    shown = (await ada.get("/guide")).text
    old, young = shown[shown.index(">Q1<") : shown.index(">Q2<")], shown[shown.index(">Q2<") :]
    assert "Broken off." in old
    assert "The guide is answering." in young
    assert "Broken off." not in young


async def test_rounds_of_tools_end_and_the_member_hears_so(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.rounds = [[("search_posts", '{"words": "mint"}')] for _ in range(ROUNDS_MAX + 5)]
    assert await reply(ada, "Hello?") == FALLBACK
    assert len(provider.calls) == ROUNDS_MAX + 1
    offered = ["tools" in call.asked for call in provider.calls]
    assert offered == [True] * ROUNDS_MAX + [False]


async def test_words_before_a_tool_is_called_stand_apart_from_those_after_it(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.says_first = "Let me look."
    provider.rounds = [[("my_account", "")]]
    assert await reply(ada, "Hello?") == f"Let me look.\n\n{WORDS}"


async def test_a_provider_that_fails_after_a_tool_leaves_what_was_said_as_broken_off(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.says_first = "Let me look."
    provider.rounds = [[("my_account", "{}")]]
    provider.script = ["none", "401"]
    assert await reply(ada, "Hello?") == f"Let me look.\n\n{FALLBACK}"
    assert "<strong>Broken off.</strong>" in (await ada.get("/guide")).text


async def test_a_plan_that_ends_in_the_middle_of_an_answer_opens_nothing_any_more(
    site: Guard, ada: Browser, provider: ToolCaller
) -> None:
    async def meanwhile() -> None:
        async with running_in(site).database.write() as session:
            await session.execute(update(Member).where(Member.email == ADA).values(plan=""))

    provider.rounds = [[("search_posts", '{"words": "mint"}')]]
    provider.meanwhile = meanwhile
    assert await reply(ada, "What about mint?") == WORDS
    assert provider.tool_answers[0]["posts"] == []


async def test_too_many_calls_at_once_are_not_carried_out(
    ada: Browser, provider: ToolCaller
) -> None:
    provider.rounds = [[("my_account", "{}")] * (CALLS_MAX + 2)]
    await reply(ada, "Hello?")
    assert ["error" in answer for answer in provider.tool_answers] == [
        *[False] * CALLS_MAX, True, True
    ]  # fmt: skip
