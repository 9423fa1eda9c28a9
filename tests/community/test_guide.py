"""The guide without an AI provider: every way to ask it, and what a member finds again."""

from __future__ import annotations

import datetime as dt
import json
import re

import httpx
import pytest
from sqlalchemy import select, text

from launchready.community.guide.answering import QUESTION_MAX, as_question
from launchready.community.guide.history import EXCHANGES_A_PAGE, remembered
from launchready.community.running import Community
from launchready.community.tables import Member, Subscription
from tests.community.browser import Browser
from tests.community.conftest import ADA, GUEST

CURL = "Why do tomato leaves curl?"


@pytest.fixture
async def ada(browser: Browser) -> Browser:
    await browser.log_in(ADA)
    return browser


@pytest.fixture
async def guest(other_browser: Browser) -> Browser:
    await other_browser.log_in(GUEST)
    return other_browser


async def ask(browser: Browser, message: object, **headers: str) -> httpx.Response:
    return await browser.client.post("/chat", json={"message": message}, headers=headers)


async def reply(browser: Browser, message: str) -> str:
    answer = await ask(browser, message)
    assert answer.status_code == 200
    said: str = answer.json()["reply"]
    return said


def told(body: str) -> list[dict[str, object]]:
    """Return what each event of a stream says."""
    return [json.loads(event.removeprefix("data: ")) for event in body.split("\n\n") if event]


async def test_json_is_answered_with_json(ada: Browser) -> None:
    said = await reply(ada, CURL)
    assert "Leaves curl at noon" in said
    assert "/posts/" in said


async def test_a_visitor_is_told_to_log_in(browser: Browser, running: Community) -> None:
    assert (await ask(browser, CURL)).status_code == 401
    streamed = await browser.client.post("/chat", headers={"accept": "text/event-stream"})
    assert streamed.status_code == 401
    typed = await browser.client.post("/chat", data={"message": CURL})
    assert (typed.status_code, typed.headers["location"]) == (303, "/login?next=/guide")
    assert (await browser.get("/guide")).headers["location"] == "/login?next=/guide"
    async with running.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM questions")) == 0


async def test_a_page_of_another_site_cannot_ask_in_a_member_s_name(ada: Browser) -> None:
    assert (await ask(ada, CURL, origin="https://elsewhere.test")).status_code == 403
    assert (await ada.client.post("/chat", data={"message": CURL})).status_code == 403
    plain = {"content-type": "text/plain"}
    disguised = await ada.client.post("/chat", content='{"message": "Hello"}', headers=plain)
    assert disguised.status_code == 403


@pytest.mark.parametrize("message", ["", "   ", "\x00", "x" * (QUESTION_MAX + 1), 7, None, ["a"]])
async def test_what_is_no_question_is_refused(ada: Browser, message: object) -> None:
    answer = await ask(ada, message)
    assert answer.status_code == 422
    assert str(QUESTION_MAX) in answer.json()["detail"]


@pytest.mark.parametrize("body", ["", "{", "[1]", '"words"', "[" * 50_000])
async def test_a_body_that_is_no_json_object_is_refused(ada: Browser, body: str) -> None:
    headers = {"content-type": "application/json"}
    assert (await ada.client.post("/chat", content=body, headers=headers)).status_code == 422


def test_characters_that_a_database_refuses_are_left_out_of_a_question() -> None:
    assert as_question("a\x00b\ud800 c\n\tdé 🌱") == "ab c\n\tdé 🌱"


async def test_without_a_script_the_form_leads_to_the_answer(ada: Browser) -> None:
    sent = await ada.send("/guide", "/chat", message=CURL)
    assert sent.status_code == 303
    path, _, anchor = sent.headers["location"].partition("#")
    shown = (await ada.get(path)).text
    assert f'id="{anchor}"' in shown
    assert CURL in shown
    assert "Leaves curl at noon" in shown
    assert "No AI model answers here" in shown


async def test_without_a_script_an_empty_question_is_shown_again(ada: Browser) -> None:
    answer = await ada.send("/guide", "/chat", message=" ")
    assert answer.status_code == 422
    assert "Please write a question" in answer.text


async def test_words_come_one_by_one_and_the_exchange_as_it_is_kept_at_the_end(
    ada: Browser,
) -> None:
    answer = await ask(ada, CURL, accept="text/event-stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, *words, last = told(answer.text)
    assert CURL in str(first["html"])
    assert "The guide is answering" in str(first["html"])
    said = "".join(str(each["text"]) for each in words)
    assert len(words) == len(said.split())
    assert "Leaves curl at noon" in said
    assert last["over"]
    assert "The guide is answering" not in str(last["html"])
    assert str(last["html"]) in (await ada.get("/guide")).text


async def test_the_posts_that_are_quoted_are_linked_and_everything_else_is_escaped(
    ada: Browser,
) -> None:
    path = (
        await ada.send(
            "/write", circle="beans", title="Kohlrabi <script>", body="<b>x</b> //evil.test/posts/1"
        )
    ).headers["location"]
    await reply(ada, "<i>kohlrabi</i>")
    shown = (await ada.get("/guide")).text
    assert f'(<a href="{path}">read it</a>)' in shown
    assert "&lt;i&gt;kohlrabi" in shown
    assert "<script>”" not in shown
    assert "<b>x" not in shown
    assert "//evil.test/posts/1" in shown


async def test_a_guest_is_answered_from_the_open_circle_alone(guest: Browser) -> None:
    assert "fig" in await reply(guest, "How do I move a fig?")
    nothing = await reply(guest, "Tell me about mint")
    assert "found nothing" in nothing
    assert "paying members" in nothing


async def test_a_question_without_a_word_to_look_for_gets_an_honest_answer(ada: Browser) -> None:
    assert "there was none that I could look for" in await reply(ada, "What is it?")


async def test_a_member_is_told_about_their_own_plan(
    ada: Browser, guest: Browser, running: Community
) -> None:
    paid_until = dt.datetime(2026, 12, 24, tzinfo=dt.UTC)
    async with running.database.write() as session:
        owner = await session.scalar(select(Member.id).where(Member.email == ADA))
        session.add(
            Subscription(
                reference="s1", member_id=owner, plan="willow", status="active",
                paid_until=paid_until, changed_at=running.now(),
            )
        )  # fmt: skip
    assert "paid until 24 December 2026" in await reply(ada, "When does my plan end?")
    theirs = await reply(guest, "When does my plan end?")
    assert "guest" in theirs
    assert "24 December" not in theirs


async def test_nobody_sees_what_another_member_has_asked(ada: Browser, guest: Browser) -> None:
    await reply(ada, CURL)
    assert CURL not in (await guest.get("/guide")).text


async def test_what_was_asked_is_found_again_page_by_page(ada: Browser) -> None:
    for number in range(EXCHANGES_A_PAGE + 2):
        await reply(ada, f"Question {number:02}.")
    newest = (await ada.get("/guide")).text
    assert "Question 02." in newest
    assert "Question 01." not in newest
    assert newest.index("Question 02.") < newest.index("Question 21.")
    before = newest.partition('href="/guide?before=')[2].partition('"')[0]
    older = (await ada.get(f"/guide?before={before}")).text
    assert "Question 01." in older
    assert "Question 02." not in older
    assert "Earlier questions" not in older


async def test_a_new_conversation_begins_empty_and_what_was_said_is_kept(ada: Browser) -> None:
    assert "New conversation" in (await ada.get("/guide")).text
    await reply(ada, CURL)
    begun = await ada.send("/guide", "/guide/new")
    text = (await ada.get(begun.headers["location"])).text
    assert CURL not in text
    assert "A new conversation: the guide does not refer to what was said before." in text
    earlier = re.search(r'href="(/guide\?before=\d+)">Earlier questions', text)
    assert earlier is not None
    assert CURL in (await ada.get(earlier[1])).text
    await reply(ada, "What about mint?")
    text = (await ada.get("/guide")).text
    assert ("What about mint?" in text, CURL in text) == (True, False)
    assert "Earlier questions" in text


async def test_a_new_conversation_is_undone_to_where_the_one_before_began(
    ada: Browser, running: Community
) -> None:
    for question in (CURL, "What about mint?"):
        await reply(ada, question)
        begun = await ada.send("/guide", "/guide/new")
    form = await ada.form(begun.headers["location"], "/guide/new")
    await ada.post(form)
    text = (await ada.get("/guide")).text
    assert ("What about mint?" in text, CURL in text) == (True, False)
    async with running.database.read() as session:
        theirs = select(Member.conversation_after).where(Member.email == GUEST)
        assert await session.scalar(theirs) == 0


async def test_only_the_conversation_goes_to_a_provider(ada: Browser, running: Community) -> None:
    await reply(ada, CURL)
    await ada.send("/guide", "/guide/new")
    async with running.database.read() as session:
        who = await session.scalar(select(Member.id).where(Member.email == ADA))
        assert who is not None
        assert await remembered(session, who, before=10**9) == []
    await reply(ada, "What about mint?")
    async with running.database.read() as session:
        said = await remembered(session, who, before=10**9)
    assert [message["content"] for message in said if message["role"] == "user"] == [
        "What about mint?"
    ]
