"""The data of a private page, asked as its scripts would ask."""

from __future__ import annotations

from launchready.collect.web import exchange as http
from launchready.collect.web import page_data, walks
from launchready.facts import Gap, route_subject
from launchready.facts.exposure import PageData
from tests.collect.web.test_exchange import page
from tests.collect.web.test_walks import Answer, Hosts, to
from tests.collect.worlds import loopback_world, serving

URL = "http://example.org/members"
COLLECTORS = {**http.COLLECTORS, **walks.COLLECTORS, **page_data.COLLECTORS}
JSON = "Content-Type: application/json"
CLOSED: dict[str, bytes | Answer] = {"example.org/members": to("/login")}


class Shell(dict[str, bytes | Answer]):
    """Answers any path with the same, as the server of a single-page app may."""

    def get(self, where: str, _default: object = None) -> bytes | Answer:
        return self[where] if where in self else page(b'{"status":"up and running"}', JSON)


async def asked(answers: dict[str, bytes | Answer]) -> PageData | Gap:
    async with (
        serving(Hosts(answers)) as port,
        loopback_world(
            {"203.0.113.5:80": port},
            manifest=f'[launch]\ndomain = "example.org"\n[routes]\n"{URL}" = "private"\n',
            addresses={"example.org": ("203.0.113.5",)},
            collectors=COLLECTORS,
        ) as loopback,
    ):
        return await loopback.gatherer.ask(PageData, route_subject(URL, "example.org"))


async def test_data_beside_a_closed_page_is_seen() -> None:
    found = await asked({**CLOSED, "example.org/members.json": page(b'{"posts":["a"]}', JSON)})
    assert isinstance(found, PageData)
    assert [a.url for a in found.answers] == [f"{URL}.json"]


async def test_the_build_that_a_page_of_the_host_names_is_asked_for() -> None:
    door = page(b'<script id="__NEXT_DATA__">{"buildId":"b1-x"}</script>')
    data = page(b'{"pageProps":{"posts":["a"]}}', JSON)
    found = await asked(
        {**CLOSED, "example.org/login": door, "example.org/_next/data/b1-x/members.json": data}
    )
    assert isinstance(found, PageData)
    assert [a.url for a in found.answers] == ["http://example.org/_next/data/b1-x/members.json"]


async def test_what_every_address_is_answered_with_is_left_out() -> None:
    found = await asked(Shell(CLOSED))
    assert isinstance(found, PageData)
    assert found.answers == ()


async def test_a_site_that_asks_to_wait_leaves_it_unknown() -> None:
    busy = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"
    found = await asked({**CLOSED, "example.org/members/__data.json": busy})
    assert isinstance(found, Gap)
    assert "asks to wait (429)" in found.reason
