from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.report.html import html_text
from launchready.report.model import Looking, Report
from launchready.report.routing import Entry, Hop, HostRoute
from launchready.report.routing_picture import bands, narrow, wide
from tests.report.samples import healthy, report
from tests.report.test_json import one_finding
from tests.report.unsafe import HOSTILE, assert_harmless

VOID = {"meta", "br", "rect", "path"}
ALLOWED_TAGS = set(
    re.findall(
        r"\w+",
        "html head meta title style body header div p span bdi h1 h2 h3 h4 svg rect section ol ul li "
        "a main strong article dl dt dd pre code details summary figure text path marker defs em "
        "table thead tbody tr th td br footer time",
    )
)


class Reader(HTMLParser):
    """Reads a page and keeps what tags and attributes it has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(document: str) -> Reader:
    reader = Reader()
    reader.feed(document)
    reader.close()
    assert not reader.open
    return reader


def full_of(text: str) -> Report:
    made = one_finding(
        means=text, observed=text, wanted=text, fix=(text, f"Add: `{text}`"), see=text,
        evidence=text, takes_effect=text,
    )  # fmt: skip
    host = HostRoute(
        host=text, addresses=(text,), aliases=(text,), dns="bad", dns_note=text, tls_note=text,
        edge=text, edge_seen=text, origins=(text,), origin_state="bad", origin_note=text,
        entries=(Entry(start=text, hops=(Hop(url=text, status=200),), state="bad", note=text),),
    )  # fmt: skip
    return dataclasses.replace(
        made, name=text, domain=text, routing=(host,), cache_safe=((text, text),),
        cache_dynamic=((text, text),), manifest_file=text, crashes=(text,),
    )  # fmt: skip


def test_the_page_opens_with_the_verdict() -> None:
    document = html_text(report())
    assert "<h1>NO-GO: 4 things are broken</h1>" in document
    before = document.split("<h1>")[0]
    assert "<h2" not in before


def test_the_minimum_bar_stands_before_what_to_fix_first() -> None:
    document = html_text(report())
    bar = document.split('id="bar"')[1].split("</ul>")[0]
    assert bar.count("<li") == 10
    assert document.index('id="bar"') < document.index('id="first"')


def test_a_command_in_the_minimum_bar_is_set_as_one() -> None:
    made = report()
    line = dataclasses.replace(made.verdict.bar[0], evidence="not tried. Run `launchready audit`.")
    verdict = dataclasses.replace(made.verdict, bar=(line, *made.verdict.bar[1:]))
    document = html_text(dataclasses.replace(made, verdict=verdict))
    assert "Not tried. Run <code>launchready audit</code>.</span>" in document


def test_findings_stand_in_fix_order_and_the_first_three_link_to_them() -> None:
    document = html_text(report())
    assert [int(n) for n in re.findall(r'id="fix-(\d+)"', document)] == [1, 2, 3, 4, 5, 6]
    for number in (1, 2, 3):
        assert f'href="#fix-{number}"' in document


def test_records_are_whole_and_set_apart_for_copying() -> None:
    record = "v=spf1 include:_spf.example.net ip4:203.0.113.7 -all"
    assert f'<pre class="copy"><code>{record}</code></pre>' in html_text(report())


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    reader = read(html_text(report()))
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "form", "base", "image"}
    assert all(a.startswith("#") for a in reader.addresses)
    assert "style" not in reader.attributes
    assert not [a for a in reader.attributes if a.startswith("on")]
    style = html_text(report()).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_names_the_digest_of_the_style() -> None:
    document = html_text(report())
    style = document.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;" in document or (
        f"default-src 'none'; style-src 'sha256-{digest}'" in document
    )


def test_no_id_stands_twice() -> None:
    ids = read(html_text(report())).ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("made", [report(), healthy()], ids=["no-go", "go"])
def test_the_page_is_well_formed(made: Report) -> None:
    assert read(html_text(made)).tags <= ALLOWED_TAGS


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_tag_and_no_attribute(text: str) -> None:
    harmless = read(html_text(full_of("word")))
    reader = read(html_text(full_of(text)))
    assert reader.tags == harmless.tags
    assert reader.attributes == harmless.attributes


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=120))
def test_any_text_gives_a_well_formed_page_without_controls(text: str) -> None:
    document = html_text(full_of(text))
    document.encode()
    assert_harmless(document, lines=True)
    assert read(document).tags <= ALLOWED_TAGS


def test_every_subject_of_every_outcome_is_in_the_page() -> None:
    words = " ".join(read(html_text(report())).words)
    for outcome in report().verdict.outcomes:
        assert outcome.subject.name in words


def test_what_could_not_be_checked_tells_how() -> None:
    document = html_text(report())
    assert "Allow this machine&#39;s address at the edge and run again." in document
    assert "keeps from a go" in document


def test_the_map_draws_every_host_at_desk_and_phone_width() -> None:
    routes = report().routing
    for drawing in (wide(routes), narrow(routes)):
        for route in routes:
            assert route.host in drawing
        assert "loop" in drawing
        assert "open around the edge" in drawing


def test_hosts_that_end_at_one_place_share_a_band() -> None:
    found = {b.target: [r.host for r in b.ways_in] for b in bands(report().routing)}
    assert found["example.org"] == ["example.org", "www.example.org"]
    assert found["app.example.org"] == ["app.example.org"]


def test_a_redirect_to_a_foreign_host_is_drawn_as_such() -> None:
    away = "https://elsewhere.example/"
    entry = Entry(start="https://a.example.org/", hops=(Hop(url=away, status=200),), state="good")
    drawing = wide((HostRoute(host="a.example.org", entries=(entry,)),))
    assert "elsewhere.example" in drawing
    assert "not one of your hosts" in drawing


def boxes_inside(drawing: str) -> None:
    width, height = (float(x) for x in re.findall(r'viewBox="0 0 (\S+) (\S+)"', drawing)[0])
    for x, y, w, h in re.findall(
        r'<rect class="[^"]*" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', drawing
    ):
        assert float(x) + float(w) <= width
        assert float(y) + float(h) <= height


@pytest.mark.parametrize("count", [1, 2, 40, 100])
def test_the_map_keeps_its_boxes_inside_for_any_number_of_hosts(count: int) -> None:
    some = report().routing
    routes = tuple(
        dataclasses.replace(some[n % len(some)], host=f"host-{n}.example.org", entries=())
        for n in range(count)
    )
    for drawing in (wide(routes), narrow(routes)):
        boxes_inside(drawing)
        assert drawing.count(">host-") >= count


def test_a_report_without_routes_has_no_map() -> None:
    assert "<figure>" not in html_text(report(routing=()))


def test_a_run_of_a_part_says_so_beside_the_verdict() -> None:
    document = html_text(report(looking=Looking(only=("mail",))))
    assert "Only a part of the checks ran: only mail." in document.split("</header>")[0]


@pytest.mark.parametrize(("names", "folded"), [(25, False), (26, True)])
def test_a_map_of_many_names_is_folded(names: int, folded: bool) -> None:
    made = report()
    routing = tuple(
        dataclasses.replace(made.routing[0], host=f"h{n}.example.org") for n in range(names)
    )
    text = html_text(dataclasses.replace(made, routing=routing))
    assert (f"The map of {names} names" in text) is folded
