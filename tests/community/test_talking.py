from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy import delete

from launchready.community.posts import POSTS_A_PAGE
from launchready.community.running import Community
from launchready.community.sample_posts import POSTS
from launchready.community.tables import Post
from tests.community.browser import Browser
from tests.community.conftest import ADA, GUEST

CLOSED = [title for circle, _, title, _ in POSTS if circle != "doorstep"]
OPEN = [title for circle, _, title, _ in POSTS if circle == "doorstep"]


@pytest.fixture
async def ada(browser: Browser) -> Browser:
    await browser.log_in(ADA)
    return browser


@pytest.fixture
async def guest(other_browser: Browser) -> Browser:
    await other_browser.log_in(GUEST)
    return other_browser


async def test_the_room_shows_the_newest_posts_and_the_older_ones_on_the_next_page(
    ada: Browser,
) -> None:
    first = (await ada.get("/members")).text
    assert first.count('class="post"') == POSTS_A_PAGE
    older = first.partition('href="?before=')[2].partition('"')[0]
    second = (await ada.get(f"/members?before={older}")).text
    titles = [title for _, _, title, _ in POSTS]
    assert [t for t in titles if t in first] == titles[-POSTS_A_PAGE:]
    assert [t for t in titles if t in second] == titles[:-POSTS_A_PAGE]
    assert "Older posts" not in second


async def test_a_guest_sees_the_open_circle_alone(guest: Browser) -> None:
    shown = (await guest.get("/members")).text
    assert all(title in shown for title in OPEN)
    assert not any(title in shown for title in CLOSED)


async def test_a_closed_circle_tells_a_guest_what_it_takes(guest: Browser) -> None:
    answer = await guest.get("/circles/beans")
    assert answer.status_code == 403
    assert "9 a month" in answer.text
    assert not any(title in answer.text for title in CLOSED)


async def test_a_post_of_a_closed_circle_is_not_there_for_a_guest(
    ada: Browser, guest: Browser
) -> None:
    found = (await ada.get("/circles/beans")).text
    path = found.partition('<h2 dir="auto"><a href="')[2].partition('"')[0]
    assert (await ada.get(path)).status_code == 200
    assert (await guest.get(path)).status_code == 404
    form = await ada.form(path, f"{path}/comments")
    stolen = await guest.form("/profile")
    token = next(f.value for f in stolen.fields if f.name == "form_token")
    assert (await guest.post(form, body="Hello", form_token=token)).status_code == 404


async def test_a_person_s_page_hides_closed_posts_from_a_guest(
    ada: Browser, guest: Browser
) -> None:
    by = (await ada.get("/circles/beans")).text.partition('href="/people/')[2].partition('"')[0]
    whole, hidden = [(await b.get(f"/people/{by}")).text for b in (ada, guest)]
    assert any(title in whole for title in CLOSED)
    assert not any(title in hidden for title in CLOSED)


async def test_a_post_is_written_and_answered(ada: Browser) -> None:
    answer = await ada.send("/write", circle="beans", title="Nets <again>", body="First line\nNext")
    path = answer.headers["location"]
    shown = (await ada.get(path)).text
    assert "Nets &lt;again&gt;" in shown
    assert "0 answers" in shown
    said = await ada.send(path, f"{path}/comments", body="Well done")
    assert said.headers["location"].startswith(f"{path}#comment-")
    after = (await ada.get(path)).text
    assert "Well done" in after
    assert "1 answer<" in after
    assert "Nets &lt;again&gt;" in (await ada.get("/members")).text


@pytest.mark.parametrize(
    "typed",
    [
        {"circle": "beans", "title": "", "body": "Words"},
        {"circle": "beans", "title": "T" * 121, "body": "Words"},
        {"circle": "beans", "title": "Title", "body": " "},
        {"circle": "nowhere", "title": "Title", "body": "Words"},
    ],
)
async def test_a_post_that_lacks_something_is_shown_again(
    ada: Browser, typed: dict[str, str]
) -> None:
    answer = await ada.send("/write", **typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert typed["body"] in answer.text


async def test_a_guest_cannot_write_to_a_closed_circle(guest: Browser) -> None:
    answer = await guest.send("/write", circle="beans", title="Let me in", body="Please")
    assert answer.status_code == 422


async def test_many_answers_come_page_by_page(ada: Browser) -> None:
    path = (await ada.send("/write", circle="beans", title="Many", body="Words")).headers[
        "location"
    ]
    form = await ada.form(path, f"{path}/comments")
    for n in range(52):
        last = await ada.post(form, body=f"Answer {n:02}.")
    first = (await ada.get(path)).text
    assert "Answer 49." in first
    assert "Answer 50." not in first
    later = first.partition(f'href="{path}?after=')[2].partition("#")[0]
    second = (await ada.get(f"{path}?after={later}")).text
    assert "Answer 49." not in second
    assert "Answer 51." in second
    assert "Answer 51." in (await ada.get(last.headers["location"])).text


@pytest.mark.parametrize(
    "path",
    [
        "/posts/0",
        "/posts/99999999999999999999",
        "/posts/x",
        "/people/0",
        "/circles/none",
        f"/posts/{'9' * 5_000}",
        f"/people/{'9' * 5_000}/",
        f"/posts/{'9' * 5_000}/edit",
    ],
)
async def test_what_is_not_there_is_404(ada: Browser, path: str) -> None:
    assert (await ada.get(path)).status_code == 404


async def test_who_answers_a_post_while_it_is_taken_away_is_told_that_it_is_gone(
    ada: Browser, running: Community
) -> None:
    form = await ada.form("/posts/1", "/posts/1/comments")
    async with running.database.write() as session:
        await session.execute(delete(Post).where(Post.id == 1))
        answering = asyncio.create_task(ada.post(form, body="Too late"))
        # It has to wait for the deletion; where it did not, it would be done by then.
        await asyncio.wait({answering}, timeout=1)
    assert (await answering).status_code == 404


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²"])
async def test_a_page_mark_that_is_none_shows_the_first_page(ada: Browser, before: str) -> None:
    assert (await ada.get(f"/members?before={before}")).status_code == 200


@pytest.mark.parametrize("words", ["", "and the", "'; DROP TABLE posts; --", '"*" OR ^ NEAR(', "²"])
async def test_any_words_can_be_searched_for(ada: Browser, words: str) -> None:
    answer = await ada.client.get("/search", params={"q": words})
    assert answer.status_code == 200


async def test_the_search_finds_posts_by_their_words(ada: Browser) -> None:
    answer = await ada.client.get("/search", params={"q": "tomatoes split"})
    assert "Why small tomatoes split" in answer.text


@pytest.mark.parametrize("odd", ["\x00", "\x1b", "\x9f", "\u202e", "\u2067"])
async def test_what_nobody_types_is_left_out_of_what_is_written(ada: Browser, odd: str) -> None:
    """PostgreSQL refuses NUL, and what turns a line round turns what others say too."""
    sent = {"circle": "beans", "title": f"Up{odd} and on", "body": f"Two{odd} rows\r\nof beans"}
    answer = await ada.send("/write", **sent)
    assert answer.status_code == 303
    path = answer.headers["location"]
    answered = await ada.send(path, f"{path}/comments", body=f"Th{odd}ree")
    assert answered.status_code == 303
    shown = (await ada.get(path)).text
    assert odd not in shown
    assert all(text in shown for text in ("Up and on", "Two rows", "of beans", "Three"))


async def test_a_name_turns_no_words_of_others_round(ada: Browser) -> None:
    assert (await ada.send("/profile", name="Ada\u202e\x00", about="")).status_code == 200
    shown = (await ada.get("/members")).text
    assert "\u202e" not in shown
    assert "<bdi>Ada</bdi>" in shown


async def test_odd_characters_in_addresses_of_pages_are_answered(ada: Browser) -> None:
    for path in ("/search?q=%00a%00", "/circles/%00", "/people/%00", "/write?circle=%00"):
        assert (await ada.get(path)).status_code in {200, 404}


async def test_line_ends_count_once_as_the_browser_counted_them(ada: Browser) -> None:
    lines = "\r\n".join(["x" * 9] * 1_000)
    written = await ada.send("/write", circle="doorstep", title="Long", body=lines)
    assert written.status_code == 303
    said = "\r\n".join(["x" * 9] * 400)
    path = written.headers["location"]
    assert (await ada.send(path, f"{path}/comments", body=said)).status_code == 303


@pytest.mark.parametrize(
    ("typed", "field"), [({"title": " ", "body": "Words"}, "title"), ({"body": " "}, "body")]
)
async def test_what_is_to_be_set_right_is_marked_at_its_field(
    ada: Browser, typed: dict[str, str], field: str
) -> None:
    answer = await ada.send("/write", **{"circle": "doorstep", "title": "Nets", **typed})
    marked = re.findall(
        r'<(?:input|textarea)[^>]* name="(\w+)"[^>]* aria-invalid="true"', answer.text
    )
    assert (answer.status_code, marked) == (422, [field])
    assert 'id="to-correct" role="alert"' in answer.text
    assert "<title>Please correct: Write" in answer.text
