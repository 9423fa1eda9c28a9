from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.report.markdown import escaped, markdown_text
from tests.report.samples import healthy, report
from tests.report.test_html import full_of
from tests.report.unsafe import HOSTILE, assert_harmless


def test_it_opens_with_the_verdict_the_count_and_the_effort() -> None:
    lines = markdown_text(report()).split("\n")
    assert lines[0] == "# NO-GO: 4 things are broken"
    assert lines[2] == "The Beekeepers: **10 of 33 proven.**"
    bar = next(i for i, line in enumerate(lines) if line == "## The minimum bar")
    effort = next(i for i, line in enumerate(lines) if line.startswith("**5 things to fix"))
    assert bar < effort < next(i for i, line in enumerate(lines) if line.startswith("## Fix"))


def test_the_minimum_bar_is_a_table_of_ten_lines() -> None:
    table = markdown_text(report()).split("## The minimum bar\n")[1].split("\n## ")[0]
    assert (
        sum(line.startswith(("| ✓ yes", "| ✗ **no**", "| ? not")) for line in table.split("\n"))
        == 10
    )


def test_records_stand_in_fences_whole() -> None:
    text = markdown_text(report())
    assert "   ```\n   v=spf1 include:_spf.example.net ip4:203.0.113.7 -all\n   ```" in text


def test_the_routing_is_a_table() -> None:
    assert "| app.example.org | 203.0.113.7 | certificate expired | loop, " in markdown_text(
        report()
    )


def test_a_go_has_no_findings() -> None:
    assert "### 1." not in markdown_text(healthy())


def test_markup_of_the_world_is_shown_as_it_stands() -> None:
    assert escaped("<b> *x* [a](b) | `c` #1 @you") == (
        "\\<b\\> \\*x\\* \\[a\\](b) \\| \\`c\\` \\#1 \\@you"
    )
    assert escaped("- item") == "\\- item"
    assert escaped("1. item") == "1\\. item"
    assert escaped("203.0.113.7") == "203.0.113.7"


def outside_fences(text: str) -> list[str]:
    """Return the lines that no fence holds; every fence must be closed."""
    inside = ""
    outside = []
    for line in text.split("\n"):
        bare = line.strip()
        if inside:
            inside = "" if bare == inside else inside
        elif bare.startswith("```"):
            inside = "`" * (len(bare) - len(bare.lstrip("`")))
        else:
            outside.append(line)
    assert not inside
    return outside


@pytest.mark.parametrize("text", [*HOSTILE, "````\n# evil\n```", "a\n\n# evil"])
def test_hostile_text_opens_no_block_of_its_own(text: str) -> None:
    document = markdown_text(full_of(text))
    assert_harmless(document, lines=True)
    assert [x for x in outside_fences(document) if x.startswith(("# ", "<"))] == [
        "# NO-GO: 1 thing is broken"
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_closed_fences_and_no_controls(text: str) -> None:
    document = markdown_text(full_of(text))
    document.encode()
    assert_harmless(document, lines=True)
    outside_fences(document)
