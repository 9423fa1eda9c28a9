"""Two visitors without cookies, one after the other."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from launchready.collect.web import exchange as http
from launchready.collect.web import second_visitor, walks
from launchready.derive.caching.given import given_again
from launchready.facts import Gap, route_subject
from launchready.facts.ways import SecondVisitor
from tests.collect.web.test_exchange import page
from tests.collect.web.test_walks import Answer, Hosts, to
from tests.collect.worlds import loopback_world, serving

URL = "http://example.org/login"
COLLECTORS = {**http.COLLECTORS, **walks.COLLECTORS, **second_visitor.COLLECTORS}


async def visited(answers: dict[str, bytes | Answer]) -> tuple[SecondVisitor | Gap, list[str]]:
    hosts = Hosts(answers)
    async with (
        serving(hosts) as port,
        loopback_world(
            {"203.0.113.5:80": port},
            manifest=f'[launch]\ndomain = "example.org"\n[routes]\n"{URL}" = "auth"\n',
            addresses={"example.org": ("203.0.113.5",)},
            collectors=COLLECTORS,
        ) as loopback,
    ):
        subject = route_subject(URL, "example.org")
        return await loopback.gatherer.ask(SecondVisitor, subject), hosts.asked


def opening(drawn: Callable[[], str]) -> Answer:
    return lambda _where, _fields: page(b"form", f"Set-Cookie: session={drawn()}; HttpOnly")


async def test_each_visitor_is_given_another_session() -> None:
    found, asked = await visited({"example.org/login": opening(lambda: secrets.token_hex(16))})
    assert isinstance(found, SecondVisitor)
    assert found.second is not None
    assert given_again(found.first, found.second) == ()
    assert asked == ["example.org/login"] * 2


async def test_the_same_session_is_seen_a_third_time_before_it_is_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(second_visitor, "ONCE_MORE_AFTER_S", 0.05)
    kept = secrets.token_hex(16)
    found, asked = await visited({"example.org/login": opening(lambda: kept)})
    assert isinstance(found, SecondVisitor)
    assert found.second is not None
    assert given_again(found.first, found.second) == ("the cookie session",)
    assert len(asked) == 3


async def test_a_page_that_gives_nothing_is_asked_once() -> None:
    found, asked = await visited({"example.org/login": page(b"form")})
    assert isinstance(found, SecondVisitor)
    assert found.second is None
    assert len(asked) == 1


async def test_the_page_behind_a_redirect_is_the_one_that_is_asked_again() -> None:
    answers: dict[str, bytes | Answer] = {
        "example.org/login": to("/login/"),
        "example.org/login/": opening(lambda: secrets.token_hex(16)),
    }
    found, asked = await visited(answers)
    assert isinstance(found, SecondVisitor)
    assert found.first.url == f"{URL}/"
    assert asked[-1] == "example.org/login/"


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", page(b"", status="500 Internal Server Error")]
)
async def test_where_the_page_is_broken_the_visit_is_the_reason(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(http, "SECOND_TRY_AFTER_S", 0.05)
    found, _ = await visited({"example.org/login": answer})
    assert isinstance(found, Gap)
    assert found.because is not None
