"""Whatever a page holds, reading it neither fails nor invents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.mixed import mixed
from launchready.derive.pages.route_answer import wrong_with
from launchready.derive.spans import span
from launchready.manifest import ROUTE_KINDS
from tests.making import exchange, visit

BODIES = st.text(max_size=300) | st.from_regex(r"<[a-z]{1,6} (src|href|style|srcset)=.{0,60}>")


@given(BODIES)
def test_only_what_goes_over_http_is_mixed(body: str) -> None:
    page = exchange(headers={"Content-Type": "text/html"}, body=body.encode("utf-8", "replace"))
    for found in mixed(page):
        assert found.url.lower().startswith("http:")


@given(
    st.sampled_from(ROUTE_KINDS),
    st.integers(min_value=0, max_value=999),
    st.text(max_size=40),
    BODIES,
)
def test_every_answer_is_judged(kind: str, status: int, content_type: str, body: str) -> None:
    headers = {"Content-Type": content_type}
    page = exchange(status=status, headers=headers, body=body.encode("utf-8", "replace"))
    assert wrong_with(visit(page, kind=kind)).seen  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "not at all"), (1, "1 second"), (59, "59 seconds"), (3600, "1 hour"), (86_400, "1 day"),
     (2_592_000, "30 days"), (31_536_000, "1 year"), (63_072_000, "2 years")],
)  # fmt: skip
def test_a_span_is_said_in_its_largest_unit(seconds: int, words: str) -> None:
    assert span(seconds) == words
