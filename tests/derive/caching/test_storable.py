from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.caching.storable import (
    HEURISTIC_STATUSES,
    Storing,
    browser_freshness,
    http_date,
    shared_storing,
)
from launchready.facts.http import Headers
from tests.making import AT, exchange


def storing(status: int = 200, *, authorized: bool = False, **fields: str) -> Storing:
    return judged(fields, status, authorized=authorized)


def judged(fields: dict[str, str], status: int = 200, *, authorized: bool = False) -> Storing:
    headers = Headers(tuple((n.replace("_", "-"), v) for n, v in fields.items()))
    return shared_storing(status, headers, received=AT, authorized=authorized)


def at(seconds: int) -> str:
    return (AT + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.parametrize(
    "control",
    ["no-store", "No-StOrE", "max-age=10000, no-store", "private", "private, max-age=3600",
     "private, s-maxage=3600", "private, public"],
)  # fmt: skip
def test_no_store_and_private_forbid_it_whatever_else_is_said(control: str) -> None:
    assert not storing(cache_control=control, expires=at(10000)).storable


@pytest.mark.parametrize("status", [200, 203, 204, 404, 405, 410, 414, 501, 301, 308])
def test_a_status_that_is_stored_by_default_may_be_stored(status: int) -> None:
    found = storing(status, last_modified=at(-86400), date=at(0))
    assert found.storable
    assert not found.explicit
    assert found.freshness.seconds == 8640


@pytest.mark.parametrize("status", [201, 202, 302, 303, 307, 401, 403, 500, 502, 503, 504, 599])
def test_a_status_that_is_not_stored_by_default_needs_to_be_allowed(status: int) -> None:
    assert not storing(status, last_modified=at(-86400)).storable
    for field, value in (
        ("cache_control", "public"),
        ("cache_control", "max-age=60"),
        ("cache_control", "s-maxage=60"),
        ("expires", at(60)),
    ):
        assert judged({field: value}, status).storable


@pytest.mark.parametrize("status", [428, 429, 431, 511])
def test_what_rfc_6585_keeps_from_caches_is_not_stored_whatever_the_answer_says(
    status: int,
) -> None:
    fields = Headers((("cache-control", "public, max-age=600"),))
    assert not shared_storing(status, fields, received=AT).storable


def test_a_request_with_authorization_needs_an_answer_that_allows_it() -> None:
    assert not storing(authorized=True, cache_control="max-age=60").storable
    for allows in ("public", "s-maxage=60", "max-age=60, must-revalidate"):
        assert storing(authorized=True, cache_control=allows).storable


def test_must_understand_lifts_no_store_for_a_status_that_is_understood() -> None:
    assert storing(200, cache_control="must-understand, no-store, max-age=60").storable
    assert not storing(599, cache_control="must-understand, no-store, max-age=60").storable


@pytest.mark.parametrize(
    "fields",
    [
        {"cache_control": "no-cache"},
        {"cache_control": "max-age=10000, no-cache", "expires": at(10000)},
        {"cache_control": "public, max-age=0, must-revalidate"},
        {"cache_control": "s-maxage=0, max-age=600"},
        {"expires": "0"},
        {"expires": at(-1), "date": at(0)},
        {"cache_control": "max-age=600", "vary": "Accept, *"},
    ],
)
def test_a_cache_that_stores_must_ask_first(fields: dict[str, str]) -> None:
    found = judged(fields)
    assert found.storable
    assert found.asks_first


@pytest.mark.parametrize(
    "control",
    [
        "max-age=0, stale-while-revalidate=60",
        "max-age=0, stale-if-error=60",
        "s-maxage=0, stale-while-revalidate",
    ],
)
def test_stale_answers_may_be_given_where_the_answer_says_so(control: str) -> None:
    assert not storing(cache_control=control).asks_first


@pytest.mark.parametrize(
    "control",
    [
        "max-age=0, must-revalidate, stale-while-revalidate=60",
        "max-age=0, proxy-revalidate, stale-if-error=60",
        "max-age=0, stale-while-revalidate=0",
        "max-age=0, stale-if-error=0, stale-while-revalidate=soon",
    ],
)
def test_no_stale_answer_may_be_given_where_revalidation_is_demanded_or_no_time_is_left(
    control: str,
) -> None:
    assert storing(cache_control=control).asks_first


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"cache_control": "max-age=3600, s-maxage=1"}, 1),
        ({"cache_control": "max-age=1, s-maxage=3600"}, 3600),
        ({"cache_control": "max-age=3600", "expires": at(-10000)}, 3600),
        ({"cache_control": "max-age=0", "expires": at(10000)}, 0),
        ({"expires": at(2592000), "date": at(0)}, 2592000),
        ({"expires": at(300), "date": at(400)}, 0),
        ({"expires": at(10), "date": "foo"}, 10),
        ({"expires": "Thu, 18 Aug 2050 02:01:18 UTC"}, 0),
    ],
)
def test_the_lifetime_is_that_of_the_first_source_that_counts(
    fields: dict[str, str], seconds: int
) -> None:
    assert judged(fields).freshness.seconds == seconds


def test_a_browser_does_not_heed_the_lifetime_for_shared_caches() -> None:
    answer = exchange(headers={"Cache-Control": "s-maxage=3600, max-age=1"})
    assert browser_freshness(answer).seconds == 1


@pytest.mark.parametrize("field", ["CDN-Cache-Control", "Surrogate-Control"])
def test_a_field_for_cdns_alone_may_allow_what_cache_control_forbids(field: str) -> None:
    headers = Headers((("Cache-Control", "private, no-store"), (field, "max-age=60")))
    assert shared_storing(200, headers, received=AT).storable


@pytest.mark.parametrize(
    ("field", "value", "seconds"),
    [
        ("CDN-Cache-Control", "public", 8640),  # RFC 9213: nothing explicit, so it may be guessed
        ("CDN-Cache-Control", "must-revalidate", 8640),
        ("CDN-Cache-Control", "max-age=60;note=1", 60),
        ("CDN-Cache-Control", 'note="a;b, c", max-age=60;note="x"', 60),
        ("Surrogate-Control", "max-age=60+30", 60),
        ("Surrogate-Control", 'content="ESI/1.0", max-age=60;edge', 60),
    ],
)
def test_what_a_field_for_cdns_allows_is_read_by_its_own_grammar(
    field: str, value: str, seconds: int
) -> None:
    fields = {"Cache-Control": "private, no-store", "Expires": "0", field: value}
    found = judged(fields | {"Date": at(0), "Last-Modified": at(-86400)})
    assert found.storable
    assert not found.asks_first
    assert found.freshness.seconds == seconds


@pytest.mark.parametrize("value", ["", "no-store", "private", "no-store, max-age=60", ";;;"])
def test_a_field_for_cdns_that_allows_nothing_leaves_it_to_cache_control(value: str) -> None:
    assert not judged({"Cache-Control": "no-store", "CDN-Cache-Control": value}).storable


def test_a_copy_that_a_surrogate_may_use_when_stale_is_not_asked_about() -> None:
    found = judged({"Cache-Control": "private", "Surrogate-Control": "max-age=0+600"})
    assert not found.asks_first


def test_a_surrogate_field_without_a_lifetime_allows_nothing() -> None:
    headers = Headers(
        (("Cache-Control", "private"), ("Surrogate-Control", 'content="ESI/1.0"'))
    )  # fmt: skip
    assert not shared_storing(200, headers, received=AT).storable


# Headers as these servers send them when nobody configured anything.
@pytest.mark.parametrize(
    ("control", "storable"),
    [
        ("max-age=0, private, must-revalidate", False),  # Rails
        ("private, no-cache, no-store, max-age=0, must-revalidate", False),  # Next.js, dynamic
        ("s-maxage=31536000, stale-while-revalidate", True),  # Next.js, prerendered
        ("max-age=0, no-cache, no-store, must-revalidate, private", False),  # Django never_cache
        ("no-store, no-cache, must-revalidate", False),  # PHP session
        ("no-cache, must-revalidate, max-age=0, no-store, private", False),  # WordPress, logged in
        ("no-cache, private", False),  # Laravel
        ("public, max-age=0, must-revalidate", True),  # Vercel, Netlify
        ("public, max-age=0", True),  # Express
        ("no-cache", True),  # Flask send_file, many single-page shells
    ],
)
def test_the_usual_headers_of_frameworks_are_judged_rightly(control: str, storable: bool) -> None:
    assert storing(cache_control=control).storable is storable


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "SUN, 06 NOV 1994 08:49:37 gMT",
    ],
)
def test_all_three_forms_of_a_date_are_read(text: str) -> None:
    assert http_date(text, now=AT) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["0", "-1", "", "Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 50 02:01:18 GMT",
     "Thu 18 Aug 2050 02:01:18 GMT", "Thu, 18  Aug  2050 02:01:18 GMT",
     "Thu, 18-Aug-2050 02:01:18 GMT", "Thu, 18 Aug 2050 02.01.18 GMT",
     "Thu, 18 Aug 2050 2:01:18 GMT", "Thu, 31 Feb 2050 02:01:18 GMT",
     "Thu, 18 Aug 2050 25:01:18 GMT", "Thu, 18 Foo 2050 02:01:18 GMT"],
)  # fmt: skip
def test_what_is_not_an_http_date_is_none(text: str) -> None:
    assert http_date(text, now=AT) is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9999, 1, 1)))  # noqa: DTZ001
def test_every_date_that_is_written_is_read_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    text = moment.strftime("%a, %d %b ") + f"{moment.year:04}" + moment.strftime(" %H:%M:%S GMT")
    assert http_date(text, now=AT) == moment


@given(st.text(max_size=40))
def test_no_text_makes_the_date_parser_fail(text: str) -> None:
    found = http_date(text, now=AT)
    assert found is None or found.tzinfo is UTC


@given(
    st.integers(min_value=100, max_value=999),
    st.dictionaries(
        st.sampled_from(["cache-control", "expires", "date", "vary", "cdn-cache-control", "age"]),
        st.text(max_size=40),
    ),
)
def test_no_answer_makes_the_judgement_fail(status: int, fields: dict[str, str]) -> None:
    found = shared_storing(status, Headers(tuple(fields.items())), received=AT)
    assert found.reason
    if found.storable and not found.explicit:
        assert status in HEURISTIC_STATUSES
