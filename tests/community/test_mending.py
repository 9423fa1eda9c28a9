from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from launchready.community import mending, posts
from launchready.community.running import Community
from launchready.community.sessions import SignedIn
from launchready.community.tables import Circle, Comment, Member, Post
from tests.community.browser import Browser
from tests.community.conftest import ADA, ADMIN, GUEST


@pytest.fixture
async def ada(browser: Browser) -> Browser:
    await browser.log_in(ADA)
    return browser


@pytest.fixture
async def post(ada: Browser) -> str:
    """Return the path of a post of Ada's."""
    written = await ada.send("/write", circle="doorstep", title="Nets", body="Hang them.")
    return written.headers["location"]


@pytest.fixture
async def comment(ada: Browser, post: str) -> str:
    """Return the path of a comment of Ada's."""
    said = await ada.send(post, f"{post}/comments", body="Well done")
    return "/comments/" + said.headers["location"].rpartition("-")[2]


async def _posts_counted(running: Community) -> int:
    async with running.database.read() as session:
        return (await session.get_one(Circle, 1)).post_count


async def test_an_author_changes_a_post_and_readers_see_that_it_was(
    ada: Browser, post: str
) -> None:
    assert "edited" not in (await ada.get(post)).text
    kept = await ada.send(f"{post}/edit", title="Nets <again>", body="Hang them higher.")
    assert kept.headers["location"] == post
    shown = (await ada.get(post)).text
    assert "Nets &lt;again&gt;" in shown
    assert "Hang them higher." in shown
    assert ", edited <time" in shown
    assert post in (await ada.get("/search?q=higher")).text


async def test_an_author_changes_an_answer(ada: Browser, comment: str) -> None:
    kept = await ada.send(f"{comment}/edit", body="Very well done")
    shown = (await ada.get(kept.headers["location"])).text
    assert "Very well done" in shown
    assert ", edited <time" in shown


async def test_what_does_not_fit_is_not_kept(ada: Browser, post: str, comment: str) -> None:
    answer = await ada.send(f"{post}/edit", title=" ", body="Hang them.")
    assert answer.status_code == 422
    assert "Please write a title" in answer.text
    assert (await ada.send(f"{comment}/edit", body=" ")).status_code == 422
    shown = (await ada.get(post)).text
    assert '<h1 dir="auto">Nets</h1>' in shown
    assert "Well done" in shown


async def test_a_post_is_deleted_with_its_answers_once_that_was_confirmed(
    ada: Browser, post: str, comment: str, running: Community
) -> None:
    counted = await _posts_counted(running)
    asked = await ada.get(f"{post}/delete")
    assert "The answer to it will be gone too" in asked.text
    form = await ada.form(f"{post}/delete")
    assert (await ada.post(form)).headers["location"] == "/circles/doorstep"
    assert (await ada.get(post)).status_code == 404
    assert (await ada.get(f"{comment}/edit")).status_code == 404
    assert await _posts_counted(running) == counted - 1
    assert post not in (await ada.get("/search?q=hang")).text
    # Sent again, it is gone already, and nothing is counted twice.
    assert (await ada.post(form)).status_code == 404
    assert await _posts_counted(running) == counted - 1


async def test_an_answer_is_deleted_and_no_longer_counted(
    ada: Browser, post: str, comment: str
) -> None:
    assert "1 answer" in (await ada.get(post)).text
    gone = await ada.send(f"{comment}/delete")
    assert gone.headers["location"] == f"{post}#comments"
    shown = (await ada.get(post)).text
    assert "0 answers" in shown
    assert "Well done" not in shown


async def test_nobody_else_may_change_or_delete(
    ada: Browser, other_browser: Browser, post: str, comment: str
) -> None:
    await other_browser.log_in(GUEST)
    shown = (await other_browser.get(post)).text
    assert f"{post}/edit" not in shown
    assert f"{comment}/delete" not in shown
    own = await other_browser.form("/profile")
    token = next(f.value for f in own.fields if f.name == "form_token")
    for path in (f"{post}/edit", f"{post}/delete", f"{comment}/edit", f"{comment}/delete"):
        assert (await other_browser.get(path)).status_code == 404
        form = await ada.form(path)
        stolen = await other_browser.post(form, form_token=token)
        assert stolen.status_code == 404
    assert "Well done" in (await ada.get(post)).text


async def test_a_form_of_another_browser_is_refused(
    ada: Browser, other_browser: Browser, post: str
) -> None:
    await other_browser.log_in(GUEST)
    own = await other_browser.form("/profile")
    token = next(f.value for f in own.fields if f.name == "form_token")
    form = await ada.form(f"{post}/delete")
    assert (await ada.post(form, form_token=token)).status_code == 403
    assert (await ada.get(post)).status_code == 200


async def test_an_admin_deletes_anything_and_changes_nothing(
    other_browser: Browser, post: str, comment: str
) -> None:
    await other_browser.log_in(ADMIN)
    shown = (await other_browser.get(post)).text
    assert f"{post}/delete" in shown
    assert f"{post}/edit" not in shown
    assert (await other_browser.get(f"{post}/edit")).status_code == 404
    assert (await other_browser.send(f"{comment}/delete")).status_code == 303
    assert (await other_browser.send(f"{post}/delete")).status_code == 303
    assert (await other_browser.get(post)).status_code == 404


async def test_whoever_has_not_logged_in_is_led_to_the_log_in(
    other_browser: Browser, post: str
) -> None:
    answer = await other_browser.get(f"{post}/edit")
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("number", ["0", "99999", str(10**30)])
async def test_what_is_not_there_cannot_be_changed(ada: Browser, number: str) -> None:
    for path in (f"/posts/{number}/edit", f"/comments/{number}/delete"):
        assert (await ada.get(path)).status_code == 404


async def test_posts_that_go_while_they_are_answered_keep_nobody_waiting_in_a_circle(
    running: Community,
) -> None:
    """On PostgreSQL two that hold what the other one wants would both wait until one is ended."""
    async with running.database.write() as session:
        noor = (await session.execute(select(Member).where(Member.email == ADMIN))).scalar_one()
        who = SignedIn(id=noor.id, name="Noor", email=ADMIN, role="admin", plan="willow")
        here = await session.get_one(Circle, 1)
        before = here.post_count
        written = [
            await posts.write_post(session, who.id, here, "Nets", "Hang them.", now=running.now())
            for _ in range(8)
        ]
        said = [
            await posts.write_comment(session, who.id, post_id, "Yes", now=running.now())
            for post_id in written
            for _ in range(6)
        ]

    async def delete_post(post_id: int) -> None:
        async with running.database.write() as session:
            await mending.delete_post(session, who, post_id)

    async def delete_comment(comment_id: int) -> None:
        async with running.database.write() as session:
            await mending.delete_comment(session, who, comment_id)

    async def answer(post_id: int) -> None:
        async with running.database.write() as session:
            await posts.write_comment(session, who.id, post_id, "Too late", now=running.now())

    async def change(comment_id: int) -> None:
        async with running.database.write() as session:
            await mending.change_comment(session, who, comment_id, "Well", now=running.now())

    at_once = []
    for number, post_id in enumerate(written):
        for comment_id in filter(None, said[6 * number : 6 * number + 6]):
            at_once += [delete_comment(comment_id), answer(post_id), change(comment_id)]
        at_once.insert(len(at_once) - 9, delete_post(post_id))
    await asyncio.gather(*at_once)
    async with running.database.read() as session:
        for table in (Post.id, Comment.post_id):
            left = select(func.count()).where(table.in_(written))
            assert await session.scalar(left) == 0
        assert (await session.get_one(Circle, 1)).post_count == before


async def test_an_answer_that_is_deleted_twice_at_once_is_counted_once(running: Community) -> None:
    async with running.database.write() as session:
        noor = (await session.execute(select(Member).where(Member.email == ADMIN))).scalar_one()
        who = SignedIn(id=noor.id, name="Noor", email=ADMIN, role="admin", plan="willow")
        here = await session.get_one(Circle, 1)
        post_id = await posts.write_post(
            session, who.id, here, "Nets", "Hang them.", now=running.now()
        )
        said = await posts.write_comment(session, who.id, post_id, "Yes", now=running.now())
        await posts.write_comment(session, who.id, post_id, "No", now=running.now())
    assert said is not None

    async def delete() -> bool:
        async with running.database.write() as session:
            return await mending.delete_comment(session, who, said)

    assert sorted(await asyncio.gather(*(delete() for _ in range(6)))) == [False] * 5 + [True]
    async with running.database.read() as session:
        assert (await session.get_one(Post, post_id)).comment_count == 1
