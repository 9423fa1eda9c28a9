import asyncio
import gzip
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pycurl
import pytest
from selectolax.lexbor import LexborHTMLParser

from launchready.demo import Running, healthy, running
from launchready.demo.answers import Answer
from launchready.demo.description import Cors, Redirect
from launchready.demo.manifest import script
from launchready.demo.site import accepts_gzip
from launchready.manifest import load_manifest
from tests.demo.asking import Reply, ask

APP = "https://app.willow.example"


async def log_in(demo: Running, password: str | None = None, **typed: str) -> Reply:
    """Send the log-in form as a browser would, with the cookie and the token that belong to it."""
    page = await ask(demo, f"{APP}/login")
    field = LexborHTMLParser(page.body).css_first("input[name=form_token]")
    assert field is not None
    form = {
        "email": demo.state.username, "password": password or demo.state.password,
        "form_token": field.attributes["value"], **typed,
    }  # fmt: skip
    return await ask(demo, f"{APP}/login", data=urlencode(form), headers=session(page))


def session(reply: Reply) -> dict[str, str]:
    return {"cookie": reply.cookies[0].partition(";")[0]}


@pytest.mark.parametrize("version", [1, 2])
async def test_every_declared_route_answers_over_both_versions(
    willow: Running, version: int
) -> None:
    usual = {
        "webhook": {405}, "chat": {405}, "private": {302},
    }  # fmt: skip
    for route in load_manifest(willow.manifest).routes.values():
        reply = await ask(willow, route.url, version=version)
        assert reply.status in usual.get(route.kind, {200}), route.url
        assert reply.version == version
        assert reply.headers["server"] == "cloudflare"
        assert "strict-transport-security" in reply.headers


@pytest.mark.parametrize("version", [1, 2])
async def test_head_answers_as_get_does_without_a_body(willow: Running, version: int) -> None:
    asset = f"https://static.willow.example{script()}"
    got = await ask(willow, asset, version=version)
    head = await ask(willow, asset, version=version, method="HEAD")
    assert head.body == b""
    assert head.status == 200
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))


async def test_a_wrong_method_names_the_right_ones(willow: Running) -> None:
    reply = await ask(willow, "https://api.willow.example/v1/circles", data="{}")
    assert reply.status == 405
    assert reply.headers["allow"] == "GET"


async def test_an_unknown_method_is_not_implemented(willow: Running) -> None:
    assert (await ask(willow, f"{APP}/login", method="BREW")).status == 501


async def test_what_a_browser_has_is_not_sent_again(willow: Running) -> None:
    first = await ask(willow, "https://willow.example/")
    again = await ask(
        willow, "https://willow.example/", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("version", [1, 2])
async def test_text_is_compressed_for_whoever_takes_it(willow: Running, version: int) -> None:
    plain = await ask(willow, "https://willow.example/", version=version)
    small = await ask(
        willow, "https://willow.example/", version=version, headers={"accept-encoding": "gzip"}
    )
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["content-length"] == str(len(small.body))
    assert gzip.decompress(small.body) == plain.body


@pytest.mark.parametrize(
    ("field", "accepted"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("", False), ("*", True),
     ("identity", False), ("*;q=0, gzip", True), ("gzip; q=0.000", False)],
)  # fmt: skip
def test_accept_encoding_is_read_with_its_weights(field: str, accepted: bool) -> None:
    assert accepts_gzip(field) is accepted


async def test_the_edge_keeps_fingerprinted_files(willow: Running) -> None:
    asset = f"https://static.willow.example{script()}"
    first, second = await ask(willow, asset), await ask(willow, asset)
    assert first.headers["cf-cache-status"] == "MISS"
    assert second.headers["cf-cache-status"] == "HIT"
    assert int(second.headers["age"]) >= 0
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert first.body == second.body


async def test_http_leads_to_https_and_keeps_path_and_query(willow: Running) -> None:
    for name in ("willow.example", "www.willow.example", "app.willow.example"):
        reply = await ask(willow, f"http://{name}/deep/p%20ath%2Fx?a=1&b=%20")
        assert reply.status == 301
        assert reply.headers["location"] == f"https://{name}/deep/p%20ath%2Fx?a=1&b=%20"
        assert "strict-transport-security" not in reply.headers


async def test_the_log_in_is_told_where_a_visitor_wanted_to_go(willow: Running) -> None:
    reply = await ask(willow, f"{APP}/members")
    assert reply.headers["location"] == "/login?next=/members"


async def test_www_leads_to_the_apex(willow: Running) -> None:
    reply = await ask(willow, "https://www.willow.example/pricing?x=1")
    assert reply.headers["location"] == "https://willow.example/pricing?x=1"


async def test_a_member_signs_in_and_sees_the_room(willow: Running) -> None:
    reply = await log_in(willow)
    assert (reply.status, reply.headers["location"]) == (303, "/members")
    assert {"Secure", "HttpOnly", "SameSite=lax"} <= set(reply.cookies[0].split("; "))
    inside = await ask(willow, f"{APP}/members", headers=session(reply))
    assert inside.status == 200
    assert b"Welcome back" in inside.body
    assert inside.headers["cache-control"] == "private, no-store"


async def test_sample_members_have_written_posts(willow: Running) -> None:
    inside = await ask(willow, f"{APP}/members", headers=session(await log_in(willow)))
    assert len(LexborHTMLParser(inside.body).css("article.post")) > 3


@pytest.mark.parametrize(
    ("path", "data"),
    [("/login", "email=nobody%40willow.example&password=x"), ("/reset", "email=a%40b.example"),
     ("/invite", "code=x"), ("/signup", "email=a%40b.example&password=x"), ("/chat", "message=x"),
     ("/webhooks/payments", "{}")],
)  # fmt: skip
async def test_a_burst_is_throttled_and_told_when_to_come_back(
    willow: Running, path: str, data: str
) -> None:
    statuses = []
    for _ in range(40):
        reply = await ask(willow, f"{APP}{path}", data=data)
        statuses.append(reply.status)
        if reply.status == 429:
            break
    assert len(statuses) > 4
    assert statuses[-1] == 429
    assert 1 <= int(reply.headers["retry-after"]) <= 3600


async def test_only_the_named_origin_may_read_the_interface(willow: Running) -> None:
    circles = "https://api.willow.example/v1/circles"
    named = await ask(willow, circles, headers={"origin": APP})
    other = await ask(willow, circles, headers={"origin": "https://evil.example"})
    assert named.headers["access-control-allow-origin"] == APP
    assert "access-control-allow-origin" not in other.headers
    assert "Origin" in other.headers["vary"]


async def test_a_reflecting_route_allows_everybody(tmp_path: Path) -> None:
    launch = healthy()
    launch.host("api").route("/v1/circles").cors = Cors(reflect=True, credentials=True)
    async with running(launch, tmp_path) as demo:
        reply = await ask(
            demo,
            "https://api.willow.example/v1/circles",
            headers={"origin": "https://evil.example"},
        )
    assert reply.headers["access-control-allow-origin"] == "https://evil.example"
    assert reply.headers["access-control-allow-credentials"] == "true"


async def test_a_host_that_lives_elsewhere_is_misdirected(willow: Running) -> None:
    reply = await ask(willow, f"{APP}/", headers={"host": "other.example"}, version=1)
    assert reply.status == 421


async def test_a_missing_page_is_friendly(willow: Running) -> None:
    reply = await ask(willow, "https://willow.example/.env", headers={"accept": "text/html"})
    assert reply.status == 404
    assert b"Nothing is here" in reply.body


async def test_the_origin_refuses_whoever_comes_directly(willow: Running) -> None:
    with pytest.raises(pycurl.error) as refused:
        await ask(willow, f"{APP}/login", at="198.51.100.10")
    assert refused.value.args[0] == pycurl.E_COULDNT_CONNECT


async def test_an_open_origin_answers_without_the_marks_of_the_edge(tmp_path: Path) -> None:
    launch = healthy()
    origin = launch.host("app").origin
    assert origin is not None
    origin.open = True
    async with running(launch, tmp_path) as demo:
        reply = await ask(demo, f"{APP}/login", at="198.51.100.10")
    assert reply.status == 200
    assert reply.headers["server"] == "nginx"
    assert "cf-ray" not in reply.headers


async def test_plain_http_can_serve_the_pages_themselves(tmp_path: Path) -> None:
    launch = healthy()
    launch.host().http_redirect = None
    async with running(launch, tmp_path) as demo:
        assert (await ask(demo, "http://willow.example/")).status == 200


async def test_a_redirect_can_drop_what_was_asked_for(tmp_path: Path) -> None:
    launch = healthy()
    launch.host("app").http_redirect = Redirect(to="https://{host}/", status=302)
    async with running(launch, tmp_path) as demo:
        reply = await ask(demo, "http://app.willow.example/login?x=1")
    assert (reply.status, reply.headers["location"]) == (302, "https://app.willow.example/")


async def test_a_host_without_http2_speaks_http1(tmp_path: Path) -> None:
    launch = healthy()
    launch.host("app").http2 = False
    async with running(launch, tmp_path) as demo:
        assert (await ask(demo, f"{APP}/login")).version == 1


async def test_bytes_that_are_no_http_reach_the_visitor(tmp_path: Path) -> None:
    async def garbage() -> AsyncIterator[bytes]:
        yield b"SSH-2.0-OpenSSH_9.2\r\n"

    launch = healthy()
    launch.host("app").serve("/login", Answer(raw=garbage))
    async with running(launch, tmp_path) as demo:
        for version in (1, 2):
            with pytest.raises(pycurl.error):
                await ask(demo, f"{APP}/login", version=version)


@pytest.mark.parametrize("version", [1, 2])
async def test_an_endless_body_does_not_keep_others_waiting(tmp_path: Path, version: int) -> None:
    async def forever() -> AsyncGenerator[bytes]:
        while True:
            yield b"x" * 65_536

    launch = healthy()
    launch.host("app").serve("/endless", Answer(stream=forever))
    async with running(launch, tmp_path) as demo:
        endless = asyncio.create_task(ask(demo, f"{APP}/endless", version=version))
        for _ in range(5):
            assert (await ask(demo, "https://willow.example/")).status == 200
        assert not endless.done()
    # The demo has ended, and with it the answer.
    with pytest.raises(pycurl.error):
        await endless


async def test_a_big_answer_arrives_whole_over_http2(tmp_path: Path) -> None:
    launch = healthy()
    body = bytes(range(256)) * 8192
    launch.host().serve("/big.bin", Answer(body=body))
    async with running(launch, tmp_path) as demo:
        assert (await ask(demo, "https://willow.example/big.bin")).body == body


@pytest.mark.parametrize("version", [1, 2])
async def test_a_body_beyond_the_bound_is_refused(willow: Running, version: int) -> None:
    reply = await ask(willow, f"{APP}/chat", data="x" * 200_000, version=version)
    assert reply.status == 413


async def test_what_is_no_http_is_answered_by_400(willow: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", willow.port("203.0.113.10", 80))
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_the_edge_can_keep_a_private_page(tmp_path: Path) -> None:
    launch = healthy()
    edge = launch.host("app").edge
    assert edge is not None
    edge.caches_always.add("/members")
    async with running(launch, tmp_path) as demo:
        signed_in = session(await log_in(demo))
        await ask(demo, f"{APP}/members", headers=signed_in)
        stranger = await ask(demo, f"{APP}/members")
    assert stranger.headers["cf-cache-status"] == "HIT"
    assert b"Welcome back" in stranger.body
