"""Source maps are found where a file names them, and believed only when they hold sources."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.collect.web import secrets, source_maps
from launchready.collect.web.source_maps import _inline, _named
from launchready.derive.exposure.source_text import own_text, sources_in
from launchready.facts.exposure import SecretScan, SourceMap
from tests.collect.members_site import Asked, Reply, running
from tests.making import exchange

URL = "https://example.org/app.js"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["sources", "sourcesContent", "mappings", "sections", "map", "x"]),
            inner,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("let a;\n//# sourceMappingURL=app.js.map\n", "app.js.map"),
        ("let a;\n//@ sourceMappingURL=old.map", "old.map"),
        ("a{}\n/*# sourceMappingURL=style.css.map */", "style.css.map"),
        ("//# sourceMappingURL=first.map\n//# sourceMappingURL=last.map", "last.map"),
        ("let a = 1;", ""),
    ],
)
def test_the_last_comment_names_the_map(body: str, named: str) -> None:
    assert _named(exchange(URL, body=body)) == named


@pytest.mark.parametrize("field", ["SourceMap", "X-SourceMap"])
def test_the_header_goes_before_the_comment(field: str) -> None:
    answer = exchange(URL, headers={field: "/h.map"}, body="//# sourceMappingURL=c.map")
    assert _named(answer) == "/h.map"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"mappings": "", "sources": ["a.ts", "b.ts"], "sourcesContent": ["x", None]}, (2, True)),
        ({"mappings": "", "sources": ["a.ts"], "sourcesContent": [None]}, (1, False)),
        ({"mappings": "", "sources": ["a.ts"]}, (1, False)),
        ({"sections": [{"map": {"sources": ["a"], "sourcesContent": ["x"]}}]}, (1, True)),
        ({"sources": ["https://example.org/feed"]}, (0, False)),
        ({"error": "not found"}, (0, False)),
        (["a"], (0, False)),
    ],
)
def test_a_map_is_one_that_has_mappings_andsources_in(
    data: object, found: tuple[int, bool]
) -> None:
    assert sources_in(json.dumps(data).encode()) == found


def test_a_page_in_place_of_a_map_is_none() -> None:
    assert sources_in(b"<!doctype html><title>App</title>") == (0, False)


def test_the_guard_against_inclusion_is_skipped() -> None:
    assert sources_in(b")]}'\n" + b'{"mappings":"","sources":["a"]}') == (1, False)


def test_a_map_that_was_cut_still_shows_that_it_is_one() -> None:
    assert sources_in(b'{"sources":["a"],"mappings":"AA","sourcesContent":["le') == (1, True)


@pytest.mark.parametrize("named", ["/nowhere.map", "https://maps.internal.example/app.js.map"])
async def test_a_map_beside_the_script_is_found_though_the_script_names_another(named: str) -> None:
    def site(asked: Asked) -> Reply:
        if asked.path == "/app.js":
            return Reply(body="let a;", headers=(("SourceMap", named),))
        if asked.path == "/app.js.map":
            return Reply(body='{"version":3,"mappings":"AA","sources":["a.ts"]}')
        return Reply(404)

    async with running(site, extra=source_maps.COLLECTORS) as served:
        script = served.seen.url("http://example.org/app.js")
        found = await served.seen.gatherer.ask(SourceMap, script)
    assert isinstance(found, SourceMap)
    assert (found.map_url, found.public) == ("http://example.org/app.js.map", True)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(body: bytes) -> None:
    sources, contents = sources_in(body)
    assert sources >= int(contents)


@given(JSON)
def test_any_json_is_read_without_a_crash(data: object) -> None:
    sources, _ = sources_in(json.dumps(data).encode())
    assert sources >= 0


@given(st.from_regex(r"[a-z0-9/._-]{1,40}", fullmatch=True))
def test_any_name_in_a_comment_is_given_back_whole(name: str) -> None:
    assert _named(exchange(URL, body=f"x\n//# sourceMappingURL={name}\n")) == name


@given(st.binary(max_size=300))
def test_any_script_is_searched_for_a_name_without_a_crash(body: bytes) -> None:
    assert isinstance(_named(exchange(URL, body=body)), str)


@given(st.binary(max_size=100))
def test_an_inline_map_is_decoded_to_what_was_encoded(data: bytes) -> None:
    url = "data:application/json;base64," + base64.b64encode(data).decode()
    assert _inline(url) == data


@given(st.text(max_size=60))
def test_any_data_url_is_read_without_a_crash(rest: str) -> None:
    assert isinstance(_inline(f"data:{rest}"), bytes)


async def test_a_development_build_that_holds_its_modules_as_written_is_its_own_map() -> None:
    bundle = (
        'eval("// note\\n//# sourceURL=webpack://app/./src/a.js?");\n'
        'eval("// more\\n//# sourceURL=webpack-internal:///./src/b.js?");\n'
    )

    def site(asked: Asked) -> Reply:
        return Reply(body=bundle) if asked.path == "/app.js" else Reply(404)

    async with running(site, extra=source_maps.COLLECTORS) as served:
        script = served.seen.url("http://example.org/app.js")
        found = await served.seen.gatherer.ask(SourceMap, script)
    assert isinstance(found, SourceMap)
    assert (found.public, found.sources, found.has_contents) == (True, 2, True)


KEY = "gsk_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5m"
MAP = json.dumps(
    {
        "version": 3,
        "mappings": "AA",
        "sources": ["webpack://club/node_modules/x/readme.js", "webpack://club/src/guide.ts"],
        "sourcesContent": [f'// "{KEY[:-1]}x"\n', f'// ask\nconst key = "{KEY}";'],
    }
)


def test_of_a_map_the_own_sources_are_read_and_those_of_libraries_are_empty_lines() -> None:
    assert own_text(MAP.encode()) == f'\n\n// ask\nconst key = "{KEY}";'


def test_a_script_is_no_map() -> None:
    assert own_text(b"let a;") is None


async def test_a_secret_in_the_sources_of_a_map_is_seen_in_their_line() -> None:
    def site(asked: Asked) -> Reply:
        return Reply(body=MAP) if asked.path == "/app.js.map" else Reply(404)

    async with running(site, extra=secrets.COLLECTORS) as served:
        url = served.seen.url("http://example.org/app.js.map")
        scan = await served.seen.gatherer.ask(SecretScan, url)
    assert isinstance(scan, SecretScan)
    assert scan.of_sources
    assert [s.line for s in scan.sightings] == [4]


async def test_a_secret_in_a_map_inside_the_file_is_seen_where_the_map_stands() -> None:
    long = MAP.replace("// ask", "// " + "ask " * 20_000)
    inline = base64.b64encode(long.encode()).decode()
    script = f"let a;\nlet b;\n//# sourceMappingURL=data:application/json;base64,{inline}\n"

    def site(asked: Asked) -> Reply:
        return Reply(body=script) if asked.path == "/app.js" else Reply(404)

    async with running(site, extra=secrets.COLLECTORS) as served:
        url = served.seen.url("http://example.org/app.js")
        scan = await served.seen.gatherer.ask(SecretScan, url)
    assert isinstance(scan, SecretScan)
    assert {s.line for s in scan.sightings} == {3}
