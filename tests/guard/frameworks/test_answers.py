"""A guarded app in FastAPI, Starlette, Litestar and Django, served by uvicorn, asked by a client."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from tests.guard.frameworks.asking import BROWSER, JSON, ORIGIN, gave_nothing_away, guarded
from tests.guard.frameworks.serving import TOKEN, exchange, head, serving
from tests.guard.frameworks.two_pages import FRAMEWORKS, HOME


def test_every_answer_has_an_id_and_the_security_headers(ask: httpx.Client) -> None:
    for path in ("/", "/members", "/api/circles", "/nowhere", "/boom"):
        answer = ask.get(path)
        assert len(answer.headers.get_list("x-request-id")) == 1
        assert len(answer.headers["x-request-id"]) == 16
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        for name in ("x-frame-options", "referrer-policy"):
            assert (name in answer.headers) == (path != "/api/circles"), f"{name}: data is no page"
        assert "strict-transport-security" not in answer.headers, "this is not TLS"


def test_the_id_stands_in_the_header_the_error_page_and_the_request_line(
    ask: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ask.get("/boom", headers=BROWSER)
    id_ = answer.headers["x-request-id"]
    assert id_ in answer.text
    lines: list[dict[str, object]] = []
    until = time.monotonic() + 20
    # It is written when the answer has gone out already.
    while not any("route" in line for line in lines) and time.monotonic() < until:
        time.sleep(0.01)
        out = capsys.readouterr().out
        lines += [json.loads(line) for line in out.splitlines() if id_ in line]
    line = next(line for line in lines if "route" in line)
    assert line["id"] == id_
    assert line["status"] == 500
    assert line["method"] == "GET"
    assert line["route"] == "(undeclared)"


def test_a_failure_is_a_friendly_page_to_a_browser(ask: httpx.Client) -> None:
    answer = ask.get("/boom", headers=BROWSER)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Something went wrong on our side" in answer.text
    gave_nothing_away(answer)


def test_a_failure_is_problem_json_to_a_program(ask: httpx.Client) -> None:
    answer = ask.get("/boom", headers=JSON)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 500
    assert problem["request_id"] == answer.headers["x-request-id"]
    gave_nothing_away(answer)


@pytest.mark.parametrize("accept", [BROWSER, JSON, {}])
def test_a_page_that_does_not_exist_is_told_in_the_visitors_way(
    ask: httpx.Client, accept: dict[str, str]
) -> None:
    answer = ask.get("/nowhere", headers=accept)
    assert answer.status_code == 404
    assert answer.headers["x-request-id"] in answer.text
    assert ("Nothing is here" in answer.text) == (accept is BROWSER)
    gave_nothing_away(answer)


def test_a_method_that_is_not_taken_is_told_in_the_visitors_way(ask: httpx.Client) -> None:
    answer = ask.post("/stream", headers=JSON)
    # Django takes any method where a view does not look at it.
    if answer.status_code != 200:
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_apis_own_refusal_stays_as_it_is(ask: httpx.Client) -> None:
    answer = ask.get("/taken", headers=JSON)
    assert answer.status_code == 409
    assert answer.json() == {"code": "invite-used"}


def test_a_refusal_with_a_trace_in_it_is_replaced(ask: httpx.Client) -> None:
    answer = ask.get("/inside", headers=JSON)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    gave_nothing_away(answer)


def test_head_is_answered_like_get_without_content(port: int) -> None:
    answer = exchange(port, [head("HEAD", "/")])
    top, _, content = answer.partition(b"\r\n\r\n")
    assert content == b""
    # Litestar has no HEAD unless it is asked for.
    assert top.startswith((b"HTTP/1.1 200", b"HTTP/1.1 405"))
    if top.startswith(b"HTTP/1.1 200"):
        assert b"x-request-id" in top
        assert b"content-security-policy" in top


def test_head_of_a_failure_has_no_content(port: int) -> None:
    top, _, content = exchange(port, [head("HEAD", "/boom", "Accept: text/html")]).partition(
        b"\r\n\r\n"
    )
    assert top.startswith((b"HTTP/1.1 500", b"HTTP/1.1 405"))
    assert content == b""


def test_a_page_has_a_validator_and_is_not_sent_twice(ask: httpx.Client) -> None:
    first = ask.get("/")
    assert first.headers["cache-control"] == "public, max-age=60"
    again = ask.get("/", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]


def test_a_page_in_pieces_that_tells_its_length_has_a_validator_too(ask: httpx.Client) -> None:
    first = ask.get("/pieces")
    assert first.text == HOME
    again = ask.get("/pieces", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


def test_a_members_own_answer_is_never_shared_whatever_the_app_says(ask: httpx.Client) -> None:
    for path in ("/members", "/members/"):
        answer = ask.get(path)
        if answer.status_code == 200:
            assert answer.headers.get_list("cache-control") == ["private, no-store"]
            assert "cdn-cache-control" not in answer.headers


def test_an_answer_that_sets_a_cookie_is_never_shared(ask: httpx.Client) -> None:
    answer = ask.get("/cookie")
    assert "set-cookie" in answer.headers
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_page_to_somebody_known_is_never_shared(ask: httpx.Client) -> None:
    answer = ask.get("/", headers={"cookie": "session=1"})
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_file_named_by_its_content_is_kept_for_ever(ask: httpx.Client) -> None:
    answer = ask.get("/static/app.3f9c2d1a.css")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_apps_own_cors_is_stripped(ask: httpx.Client) -> None:
    answer = ask.get("/members", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_declared_origin_may_read(ask: httpx.Client) -> None:
    answer = ask.get("/api/circles", headers={"origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Origin" in answer.headers["vary"]
    other = ask.get("/api/circles", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_a_preflight_is_answered_as_declared(ask: httpx.Client) -> None:
    asked = {"access-control-request-method": "POST", "origin": ORIGIN}
    answer = ask.options("/api/circles", headers=asked)
    assert answer.status_code == 204
    assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]
    assert answer.headers["access-control-allow-methods"] == "POST"
    for path, origin in (("/api/circles", "https://evil.example"), ("/members", ORIGIN)):
        answer = ask.options(path, headers={**asked, "origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_figures_are_shown_to_the_token_alone(ask: httpx.Client) -> None:
    ask.get("/members")
    assert ask.get("/metrics").status_code == 404
    assert ask.get("/metrics", headers={"authorization": "Bearer no"}).status_code == 404
    answer = ask.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert 'launchready_answers_total{route="/members",status="200",' in answer.text
    assert "public" not in answer.headers["cache-control"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("path", ["/boom", "/nowhere"])
@pytest.mark.parametrize("accept", [BROWSER, JSON, {}])
def test_a_debug_page_stays_inside(framework: str, path: str, accept: dict[str, str]) -> None:
    app = guarded(framework, debug=True)
    try:
        with serving(app) as port:
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=accept, trust_env=False)
    finally:
        FRAMEWORKS["django"](debug=False)
    assert answer.status_code == (500 if path == "/boom" else 404)
    gave_nothing_away(answer)
