from __future__ import annotations

import copy
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from launchready.report.compare import (
    CHANGES,
    Change,
    Comparison,
    compare,
    compare_data,
    print_comparison,
)
from launchready.report.json_report import report_data
from tests.report.samples import report
from tests.report.unsafe import HOSTILE, assert_harmless


def one(status: str | None, **more: object) -> dict[str, Any]:
    """Return a report with one outcome, or with none."""
    outcome = {
        "check": "spf-missing", "subject": "example.org", "subject_kind": "domain",
        "severity": "blocker", "status": status, "evidence": "seen", **more,
    }  # fmt: skip
    return {
        "schema_version": "1", "domain": "example.org", "verdict": "go", "headline": "GO",
        "outcomes": [outcome] if status else [], "findings": [],
    }  # fmt: skip


def what(comparison: Comparison) -> list[Change]:
    return [change for change, lines in comparison.changes.items() for _ in lines]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("failed", "passed", "fixed"),
        ("failed", "failed", "still"),
        ("failed", "unknown", "became_unknown"),
        ("failed", "not_applicable", "no_longer_checked"),
        ("failed", None, "no_longer_checked"),
        ("passed", "failed", "new"),
        ("passed", "unknown", "became_unknown"),
        ("passed", None, "no_longer_checked"),
        ("unknown", "failed", "new"),
        ("unknown", "passed", "became_known"),
        ("unknown", "unknown", "still_unknown"),
        ("unknown", "not_applicable", "became_known"),
        ("unknown", None, "no_longer_checked"),
        (None, "failed", "new"),
        (None, "unknown", "became_unknown"),
        ("not_applicable", "failed", "new"),
    ],
)
def test_each_move_has_one_name(before: str | None, after: str | None, change: Change) -> None:
    assert what(compare(one(before), one(after))) == [change]


@pytest.mark.parametrize(
    ("before", "after"),
    [("passed", "passed"), (None, "passed"), ("not_applicable", "passed"),
     ("not_applicable", "not_applicable"), (None, None), (None, "not_applicable")],
)  # fmt: skip
def test_what_was_and_stays_well_is_not_told(before: str | None, after: str | None) -> None:
    assert what(compare(one(before), one(after))) == []


@pytest.mark.parametrize("after", ["unknown", "not_applicable", None])
def test_what_was_not_seen_to_pass_is_never_fixed(after: str | None) -> None:
    comparison = compare(one("failed"), one(after))
    assert not comparison.changes["fixed"]
    assert comparison.worse


def test_what_a_run_of_a_part_did_not_ask_for_is_told_once_and_not_line_by_line() -> None:
    part = {"looking": {"only": ["dns"]}}
    for older, newer in (
        (one(None) | part, one("unknown")),
        (one("passed"), one(None) | part),
        (one("failed"), one(None) | part),
    ):
        compared = compare(older, newer)
        assert what(compared) == []
        assert any("made only a part of the checks" in c for c in compared.cautions)
    assert what(compare(one(None) | part, one("failed"))) == ["new"]


def test_the_same_name_as_another_kind_of_subject_is_another_thing() -> None:
    comparison = compare(one("failed"), one("passed", subject_kind="host"))
    assert what(comparison) == ["no_longer_checked"]


def test_subjects_of_one_name_stand_in_the_same_order_every_time() -> None:
    old, new = one(None), one(None)
    new["outcomes"] = [
        one("failed", subject_kind=kind)["outcomes"][0] for kind in ("url", "host", "domain")
    ]
    lines = compare(old, new).changes["new"]
    assert [line.subject_kind for line in lines] == ["domain", "host", "url"]


def test_a_report_compared_with_itself_has_nothing_new() -> None:
    data = report_data(report())
    comparison = compare(data, copy.deepcopy(data))
    assert set(what(comparison)) == {"still", "still_unknown"}
    assert not comparison.worse


def test_what_no_longer_applies_is_told_with_the_reason_why_not() -> None:
    new = one("not_applicable", evidence=None, reason="the host is gone")
    (line,) = compare(one("failed"), new).changes["no_longer_checked"]
    assert line.detail == "the host is gone"


def test_consequences_name_their_cause() -> None:
    data = report_data(report())
    lines = compare({**data, "outcomes": [], "findings": []}, data).changes["became_unknown"]
    causes = {x.follows_from for x in lines if x.subject == "https://app.example.org/members"}
    assert causes == {"certificate-expired"}


def test_a_fault_hidden_behind_another_is_told_by_name() -> None:
    new = one("unknown")
    new["findings"] = [{"check": "host-down", "consequences": [new["outcomes"][0]]}]
    assert "spf-missing  example.org" in printed(compare(one("failed"), new))


@pytest.mark.parametrize(
    ("old", "new", "caution"),
    [
        ({"domain": "a.test"}, {"domain": "b.test"}, "two launches: a.test and b.test"),
        ({"active": True}, {"active": False}, "Only the older run made the active checks."),
        ({}, {"partial": True}, "The newer run was stopped early."),
        ({}, {"looking": {"only": ["mail"]}}, "The newer run made only a part of the checks."),
        ({"version": "1"}, {"version": "2"}, "changed from 1 to 2"),
        ({"schema_version": "0"}, {}, "different schema versions"),
        (
            {"started": "2026-11-22T00:00:00Z"},
            {"started": "2026-11-21T00:00:00Z"},
            "are they in order?",
        ),
    ],
)
def test_it_says_when_the_reports_are_not_comparable(
    old: dict[str, Any], new: dict[str, Any], caution: str
) -> None:
    comparison = compare(one("passed") | old, one("passed") | new)
    assert caution in " ".join(comparison.cautions)


def printed(comparison: Comparison) -> str:
    out = io.StringIO()
    print_comparison(comparison, Console(file=out, width=80, color_system=None))
    return out.getvalue()


def test_the_terminal_shows_both_verdicts_and_what_changed() -> None:
    text = printed(compare(report_data(report()), one("failed")))
    assert "Before: NO-GO: 4 things are broken (10 of 33 proven)" in text
    assert "Now:    GO (0 of 0 proven)" in text
    assert "New (1)" in text
    assert "No longer checked (not fixed)" in text
    assert max(cell_len(x) for x in text.split("\n")) <= 80


def test_no_change_is_said_in_words() -> None:
    assert "Nothing changed." in printed(compare(one("passed"), one("passed")))


def test_the_json_has_every_change_and_says_whether_it_is_worse() -> None:
    data = json.loads(json.dumps(compare_data(compare(one("passed"), one("failed")))))
    assert set(CHANGES) <= set(data)
    assert data["before"]["headline"] == data["now"]["headline"] == "GO"
    assert data["worse"] is True
    (line,) = data["new"]
    assert (line["before"], line["after"]) == ("passed", "failed")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_report_prints_without_controls(text: str) -> None:
    nasty = one("failed", check=text, subject=text, evidence=text) | {"headline": text}
    assert_harmless(printed(compare(one("passed"), nasty)), lines=True)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["outcomes", "findings", "consequences", "check", "status", "subject"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["outcomes", "findings", "looking", "domain"]), _JSON))
def test_a_malformed_report_is_compared_without_a_crash(data: dict[str, Any]) -> None:
    compare_data(compare(data, one("failed")))
    printed(compare(one("failed"), data))
