from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.community.posts import write_post
from launchready.community.running import Community
from launchready.community.search import WORDS_MAX, search_posts, words_of
from launchready.community.tables import Circle, Member


async def _titles(running: Community, asked: str, plan: str = "willow") -> list[str]:
    async with running.database.read() as session:
        return [p.title for p in await search_posts(session, words_of(asked), plan)]


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("Why do my tomato leaves curl?", "Leaves curl at noon"),
        ("SLUGS!", "Slugs found the fourth floor"),
        ("how heavy is a box of soil", "How heavy is wet soil"),
        ("figs", "Moving a fig through a stairwell"),
    ],
)
async def test_the_post_that_fits_a_question_best_comes_first(
    running: Community, asked: str, title: str
) -> None:
    assert (await _titles(running, asked))[0] == title


async def test_posts_of_closed_circles_are_not_found_for_a_guest(running: Community) -> None:
    assert await _titles(running, "mint", plan="") == []
    assert await _titles(running, "fig", plan="") == ["Moving a fig through a stairwell"]


async def test_a_post_is_found_as_soon_as_it_is_written(running: Community) -> None:
    async with running.database.write() as session:
        circle = await session.get_one(Circle, 2)
        author = await session.get_one(Member, 1)
        await write_post(session, author.id, circle, "Kohlrabi", "Grows.", now=running.now())
    assert await _titles(running, "kohlrabi") == ["Kohlrabi"]


@pytest.mark.parametrize(
    "asked",
    [
        '"',
        "NEAR(a b)",
        "title:mint OR *",
        "mint' & !",
        "a:* | (",
        "body : \\",
        "²³",
        "mint -- \x00",
    ],
)
async def test_a_search_s_own_syntax_is_never_read_from_a_question(
    running: Community, asked: str
) -> None:
    assert set(await _titles(running, asked)) <= {
        "Mint belongs alone",
        "Hello from the fourth floor",
    }


async def test_nothing_to_look_for_finds_nothing(running: Community) -> None:
    assert await _titles(running, "what is the?") == []


@given(st.text(max_size=3_000))
def test_any_text_comes_apart_into_a_few_bounded_words_of_letters_and_digits(text: str) -> None:
    words = words_of(text)
    assert len(words) <= WORDS_MAX
    assert len(set(words)) == len(words)
    assert all(w.isalnum() and len(w) <= 40 for w in words)
