from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.asgi import Message
from launchready.guard.errors import Problem, answer, kept, prefers_page


def scope(accept: bytes | None = None, **more: Any) -> dict[str, Any]:
    headers = [] if accept is None else [(b"accept", accept)]
    return {"method": "GET", "http_version": "1.1", "headers": headers, **more}


async def told(problem: Problem, asked: dict[str, Any]) -> tuple[Message, bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await answer(problem, asked, send, request_id="00ff")
    start, body = sent
    return start, body["body"]


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (b"text/html,application/xhtml+xml,*/*;q=0.8", True),
        (b"TEXT/HTML", True),
        (b"application/json", False),
        (b"*/*", False),
        (None, False),
        (b"text/html, application/json", True),
        (b"application/json, text/html", False),
        (b"text/html;q=0.1, application/json", False),
        (b"application/json;q=0.1, text/html;q=0.5", True),
        (b"text/html;q=0", False),
        (b"text/html;q=nan", False),
        (b"text/html;q=much", False),
    ],
)
def test_who_wants_html_before_json_gets_a_page(accept: bytes | None, page: bool) -> None:
    assert prefers_page(scope(accept)) is page


@given(st.binary() | st.lists(st.sampled_from([b"text/html", b";q=", b",", b"json", b"\xff"])))
def test_no_accept_field_is_too_odd(accept: bytes | list[bytes]) -> None:
    joined = accept if isinstance(accept, bytes) else b"".join(accept)
    assert prefers_page(scope(joined)) in {True, False}


async def test_problem_json_has_the_members_of_rfc_9457_and_the_request_id() -> None:
    start, body = await told(Problem(status=413), scope())
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"content-length"] == str(len(body)).encode()
    problem = json.loads(body)
    assert problem["type"] == "about:blank"
    assert problem["title"] == "Content Too Large" or "Entity" in problem["title"]
    assert (problem["status"], problem["request_id"]) == (413, "00ff")


@given(st.text())
async def test_no_detail_breaks_out_of_the_page(detail: str) -> None:
    _, body = await told(Problem(status=400, detail="<script>" + detail), scope(b"text/html"))
    assert b"<script" not in body
    assert b"00ff" in body


@pytest.mark.parametrize("status", [400, 404, 418, 429, 500, 503, 599, 799])
async def test_every_status_has_a_sentence(status: int) -> None:
    start, body = await told(Problem(status=status), scope())
    assert start["status"] == status
    assert len(json.loads(body)["detail"]) > 20


async def test_head_gets_no_content() -> None:
    _, body = await told(Problem(status=500), scope(method="HEAD"))
    assert body == b""


@pytest.mark.parametrize(("version", "cut"), [("1.1", True), ("2", False)])
async def test_a_body_that_is_refused_is_not_read_to_its_end(version: str, cut: bool) -> None:
    start, _ = await told(Problem(status=413), scope(http_version=version))
    assert ((b"connection", b"close") in start["headers"]) is cut


def test_of_an_apps_own_fields_those_stay_that_a_client_acts_upon() -> None:
    own = [(b"Retry-After", b"5"), (b"X-Debug-File", b"/srv/app.py"), (b"ETag", b"1")]
    assert kept(own) == [(b"Retry-After", b"5")]
