"""Where scripts fetch a page's data, and what of an answer is data of the page's own."""

from __future__ import annotations

import pytest

from launchready.derive.sign_in.page_data import builds, data_urls, holds_data
from tests.making import exchange

URL = "https://example.org/members"


def answered(body: str, kind: str = "application/json", status: int = 200) -> bool:
    return holds_data(exchange(URL, status=status, headers={"Content-Type": kind}, body=body))


@pytest.mark.parametrize(
    "body",
    [
        '{"pageProps":{"posts":[{"by":"Bo","text":"The gate code"}]},"__N_SSP":true}',
        '{"type":"data","nodes":[{"type":"skip"},{"type":"data","data":[{"posts":1},[2],"The gate code"],"uses":{}}]}',
        '{"type":"data","nodes":[{"type":"data","data":[{"posts":1},["Promise",2],3]}]}\n{"type":"chunk","data":["The gate code"]}\n',
        '{"componentChunkName":"a","path":"/members/","result":{"data":{"post":{"title":"Gate"}},"pageContext":{}}}',
        '[{"data":1},["ShallowReactive",2],{"posts":3},["The gate code"]]',
        '[{"posts":4}, "The gate code"]',
        '{"members":[{"id":7}]}',
    ],
    ids=["next", "sveltekit", "sveltekit in pieces", "gatsby", "nuxt", "a list", "rails"],
)  # fmt: skip
def test_data_of_the_page_is_told_from_its_frame(body: str) -> None:
    assert answered(body)


def test_what_react_router_streams_is_data_where_a_loader_answered() -> None:
    flat = '[{"_1":2},"routes/members",{"_3":4},"data",{"_5":6},"post","The gate code"]'
    assert answered(flat, "text/x-script; charset=utf-8")


@pytest.mark.parametrize(
    "body",
    [
        '{"pageProps":{"__N_REDIRECT":"/login","__N_REDIRECT_STATUS":307},"__N_SSP":true}',
        '{"pageProps":{},"__N_SSG":true}',
        '{"pageProps":{"session":null,"messages":{"welcome":"Welcome"},"locale":"en"}}',
        '{"notFound":true}',
        '{"type":"redirect","location":"/login"}',
        '{"type":"data","nodes":[{"type":"skip"},{"type":"error","error":{"message":"No"},"status":401}]}',
        '{"type":"data","nodes":[null,{"type":"data","data":[{"nav":1},"Home"]},{"type":"skip"}]}',
        '{"type":"data","nodes":[{"type":"data","data":[{"locale":1},"en"]}]}',
        '{"type":"data","nodes":[null,null]}',
        '{"componentChunkName":"a","path":"/members/","result":{"data":{},"pageContext":{}}}',
        '[{"data":1,"prerenderedAt":3},["ShallowReactive",2],{},1795826784]',
        '[{"_1":2},"routes/members",{"_3":4},"error",{"_5":6},"message","Log in first"]',
        '{"error":"unauthorized"}', "{}", "[]", "null", "not json",
    ],
)  # fmt: skip
def test_a_refusal_and_an_empty_frame_are_no_data(body: str) -> None:
    assert not answered(body)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("text/html", 200), ("application/json", 401), ("application/json", 202)],
)
def test_a_page_a_status_of_refusal_and_a_redirect_to_come_are_no_data(
    kind: str, status: int
) -> None:
    assert not answered('{"members":[{"id":7}]}', kind, status)


def test_data_nested_beyond_reason_is_read_to_a_bound() -> None:
    assert not answered("[" * 900 + '"deep"' + "]" * 900)


def test_the_build_is_read_from_either_kind_of_page_of_next() -> None:
    older = '<script id="__NEXT_DATA__">{"props":{},"buildId":"k3J-x_9"}</script>'
    newer = 'self.__next_f.push([1,"0:{\\"P\\":null,\\"b\\":\\"rre7HTP8\\"}"])'
    assert builds([older, newer, older]) == ("k3J-x_9", "rre7HTP8")


def test_each_framework_is_asked_where_its_scripts_ask() -> None:
    asked = data_urls(f"{URL}/?tab=new", ["b1"])
    assert "https://example.org/members/__data.json?tab=new" in asked
    assert "https://example.org/members/__data.json?x-sveltekit-invalidated=001&tab=new" in asked
    assert "https://example.org/_next/data/b1/members.json?tab=new" in asked
    assert "https://example.org/page-data/members/page-data.json" in asked
    assert "https://example.org/members/_payload.json" in asked
    assert "https://example.org/members.data?tab=new" in asked
    assert "https://example.org/members.json?tab=new" in asked


def test_the_root_is_asked_under_the_names_that_frameworks_give_it() -> None:
    asked = data_urls("https://example.org/", ["b1"])
    assert "https://example.org/_next/data/b1/index.json" in asked
    assert "https://example.org/page-data/index/page-data.json" in asked
    assert "https://example.org/_root.data" in asked
    assert not any("/.json" in url for url in asked)


def test_nothing_is_asked_at_the_address_of_the_page_itself() -> None:
    """A cache that ignores Vary would keep the answer and give it to visitors."""
    asked = data_urls(f"{URL}?tab=new", ["b1"])
    assert not any(url.partition("?")[0] == URL for url in asked)
