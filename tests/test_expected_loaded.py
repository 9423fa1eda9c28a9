"""Which keys the pages that were seen imply: what they load, at once and later."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.page import Loaded, loads
from launchready.expected import (
    ASSETS_MAX,
    expected,
)
from launchready.facts import Key, route_subject, url_subject
from launchready.facts.exposure import (
    LoadedLater,
    SecretScan,
    SourceMap,
)
from launchready.facts.http import Repeat
from launchready.facts.ways import Visit
from tests.test_expected import HTML, MANIFEST, names

from .making import AT, exchange, gap, visit


def page(url: str, *loaded: str) -> Visit:
    return visit(exchange(url, headers=HTML, body="".join(loaded)))


def test_what_a_page_loads_is_searched_and_own_files_are_asked_twice() -> None:
    found = page(
        "https://example.org/", "<script src=/a.js></script>", "<img src=/i.png>",
        "<script src=https://cdn.example.com/b.js></script>",
    )  # fmt: skip
    own, theirs = "https://example.org/a.js", "https://cdn.example.com/b.js"
    assert names(SecretScan, MANIFEST, found) == {"https://example.org/", own, theirs}
    assert names(SourceMap, MANIFEST, found) == {own, theirs}
    assert names(Repeat, MANIFEST, found) == {own, "https://example.org/i.png"}


def test_what_own_scripts_load_later_is_searched_once_it_is_known() -> None:
    found = page("https://example.org/", "<script src=/a.js></script>")
    assert names(LoadedLater, MANIFEST, found) == {"https://example.org/"}
    chunk, settings = "https://example.org/chat.js", "https://example.org/config.json"
    later = LoadedLater(
        subject=url_subject("https://example.org/", "example.org"),
        at=AT, how="read", scripts=(chunk,), others=(settings,),
    )  # fmt: skip
    assert {chunk, settings} <= names(SecretScan, MANIFEST, found, later)
    assert chunk in names(SourceMap, MANIFEST, found, later)
    assert settings not in names(SourceMap, MANIFEST, found, later)


def test_a_page_of_another_service_is_not_read_for_what_it_loads_later() -> None:
    found = visit(
        exchange("https://example.org/"), exchange("https://pay.example.com/", headers=HTML)
    )
    assert names(LoadedLater, MANIFEST, found) == set()


def test_a_script_that_is_a_route_has_its_source_map_looked_for() -> None:
    url = "https://example.org/app.js"
    script = visit(exchange(url, headers={"Content-Type": "text/javascript"}), kind="static")
    assert names(SourceMap, MANIFEST, script) == {url}
    assert names(Repeat, MANIFEST, script) == {url}


def _map_of(script: str, map_url: str) -> SourceMap:
    return SourceMap(
        subject=url_subject(script, "example.org"),
        at=AT, how="read", map_url=map_url, public=True, sources=1, has_contents=True,
    )  # fmt: skip


def test_the_sources_that_an_own_map_holds_are_searched() -> None:
    found = page("https://example.org/", "<script src=/a.js></script>")
    at = "https://example.org/a.js.map"
    assert at in names(SecretScan, MANIFEST, found, _map_of("https://example.org/a.js", at))


def test_the_sources_of_a_library_are_not_searched() -> None:
    found = page("https://example.org/", "<script src=/jquery.min.js></script>")
    at = "https://example.org/jquery.min.js.map"
    seen = _map_of("https://example.org/jquery.min.js", at)
    assert at not in names(SecretScan, MANIFEST, found, seen)


def test_the_sources_of_others_are_not_searched() -> None:
    found = page("https://example.org/", "<script src=https://w.vendor.test/a.js></script>")
    at = "https://w.vendor.test/a.js.map"
    seen = _map_of("https://w.vendor.test/a.js", at)
    assert at not in names(SecretScan, MANIFEST, found, seen)


def test_scripts_come_before_images_where_a_page_loads_more_than_is_looked_at() -> None:
    images = "".join(f"<img src=/{n}.png>" for n in range(ASSETS_MAX + 50))
    found = page("https://example.org/", images, "<script src=/z.js></script>")
    assert "https://example.org/z.js" in names(SecretScan, MANIFEST, found)
    assert len(names(Repeat, MANIFEST, found)) == ASSETS_MAX


def test_of_a_page_that_was_not_seen_what_it_loads_is_still_expected() -> None:
    home = route_subject("https://example.org/", "example.org")
    missing = gap(Visit, home)
    more = expected(MANIFEST, {missing.key: missing}) - expected(MANIFEST, {})
    assert more == {Key(SecretScan, home)}


def test_of_a_page_that_answers_with_an_error_what_it_loads_is_still_expected() -> None:
    found = visit(exchange("https://example.org/", status=502, headers=HTML))
    assert Key(SecretScan, found.subject) in expected(MANIFEST, {found.key: found})


def test_an_endpoint_that_was_not_seen_loads_nothing() -> None:
    missing = gap(Visit, route_subject("https://app.example.org/hook", "example.org"))
    assert expected(MANIFEST, {missing.key: missing}) == expected(MANIFEST, {})


pages = st.builds(
    lambda path, files: page(
        f"https://example.org/{path}", *(f"<{tag} src=/{name}></{tag}>" for tag, name in files)
    ),
    path=st.sampled_from("abcd"),
    files=st.lists(
        st.tuples(st.sampled_from(["script", "img", "iframe"]), st.sampled_from("uvwxyz")),
        max_size=6,
    ),
)


@given(first=st.lists(pages, max_size=4), more=st.lists(pages, max_size=4))
def test_knowing_more_never_takes_a_key_away(first: list[Visit], more: list[Visit]) -> None:
    before = {f.key: f for f in first}
    after = {**{f.key: f for f in more}, **before}
    assert expected(MANIFEST, before) <= expected(MANIFEST, after)


@given(found=st.lists(pages, max_size=5))
def test_the_order_in_which_facts_arrive_makes_no_difference(found: list[Visit]) -> None:
    facts = {f.key: f for f in found}
    assert expected(MANIFEST, facts) == expected(MANIFEST, dict(reversed(facts.items())))


def test_a_run_that_asks_again_parses_no_page_a_second_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[str] = []

    def counted(html: str, *, base: str) -> tuple[Loaded, ...]:
        parsed.append(base)
        return loads(html, base=base)

    monkeypatch.setattr("launchready.expected.loads", counted)
    first = page("https://example.org/", "<script src=/a.js></script>")
    second = page("https://app.example.org/", "<script src=/b.js></script>")
    read: dict[Key, frozenset[Key]] = {}
    expected(MANIFEST, {first.key: first}, read)
    again = expected(MANIFEST, {first.key: first, second.key: second}, read)
    assert parsed == ["https://example.org/", "https://app.example.org/"]
    assert again == expected(MANIFEST, {first.key: first, second.key: second})
