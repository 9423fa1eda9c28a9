from __future__ import annotations

from launchready.derive.pages.mixed import mixed_in_styles
from tests.hostile import at_once, repeated


def test_what_stands_in_a_comment_is_not_fetched() -> None:
    css = "/* url(http://example.org/a.png) */ b { background: url(http://example.org/b.png) }"
    assert [m.url for m in mixed_in_styles(css)] == ["http://example.org/b.png"]


def test_a_comment_that_does_not_end_reaches_to_the_end_of_the_sheet() -> None:
    assert not mixed_in_styles("a {} /* url(http://example.org/a.png)")


def test_a_sheet_of_nothing_but_beginnings_of_comments_is_read_at_once() -> None:
    with at_once():
        assert not mixed_in_styles(repeated("/*a", 500_000))
