from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.facts import Fault, host_subject
from launchready.facts.guarding import GuardFigures
from launchready.finding import Check, Failed
from launchready.report.json_report import json_text, report_data
from launchready.report.model import Report
from launchready.report.schema import schema, schema_text
from tests.report.sample_checks import failed, make_check, seen
from tests.report.samples import healthy, report
from tests.report.unsafe import assert_harmless

DOCS = Path(__file__).parents[2] / "docs"
VALIDATOR = jsonschema.Draft202012Validator(
    schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def always(failure: Failed) -> Check:
    return make_check("always-fails", lambda _what, _name: failure)


def one_finding(**changes: Any) -> Report:
    facts = [seen(host_subject("example.org", "example.org"))]
    return report(catalogue=[always(failed(**changes))], facts=facts)


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_published_schema_is_fresh() -> None:
    assert (DOCS / "report.schema.json").read_text("utf-8") == schema_text()


@pytest.mark.parametrize("made", [report(), healthy()], ids=["no-go", "go"])
def test_reports_conform_to_the_schema(made: Report) -> None:
    VALIDATOR.validate(report_data(made))


def test_a_field_that_the_schema_does_not_know_is_refused() -> None:
    data = report_data(report())
    data["findings"][0]["extra"] = 1
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(data)


def test_findings_carry_the_fields_that_a_founder_acts_on() -> None:
    (finding,) = report_data(one_finding(effort_min=90, evidence="seen"))["findings"]
    assert finding["check"] == "always-fails"
    assert finding["subject"] == "example.org"
    assert finding["severity"] == "blocker"
    assert finding["impact"] == "sign-in"
    assert finding["who"] == "your developer"
    assert (finding["effort"], finding["effort_minutes"]) == ("1 h 30 min", 90)
    assert finding["evidence"] == "seen"
    assert finding["fix"][0].startswith("Renew the certificate")


def test_consequences_stand_under_their_root_cause() -> None:
    findings = report_data(report())["findings"]
    (first,) = [f for f in findings if f["check"] == "certificate-expired"]
    assert {c["subject"] for c in first["consequences"]} == {"https://app.example.org/members"}
    assert {c["status"] for c in first["consequences"]} == {"unknown"}


def test_a_failure_that_is_owed_to_one_fault_names_it_in_words() -> None:
    owed = Fault(GuardFigures, "caching-off", host_subject("app.example.org", "example.org"))
    data = report_data(one_finding(because=owed))
    told = [o["because"] for o in data["outcomes"] if "because" in o]
    assert told == ["guard's figures of app.example.org: caching-off"]
    VALIDATOR.validate(data)


def test_the_verdict_is_go_when_all_passed() -> None:
    data = report_data(healthy())
    assert data["verdict"] == "go"
    assert data["proven"] == data["total"] == 4


def test_a_passed_outcome_has_evidence_and_an_unknown_one_a_reason() -> None:
    by_status = {o["status"]: o for o in report_data(report())["outcomes"]}
    assert by_status["passed"]["evidence"]
    assert "reason" not in by_status["passed"]
    assert by_status["unknown"]["reason"]
    assert "evidence" not in by_status["unknown"]


def test_times_are_written_in_utc() -> None:
    data = report_data(report())
    assert data["started"] == "2026-11-21T12:00:00Z"
    assert data["finished"] == "2026-11-21T12:00:09Z"


def test_the_map_says_no_where_a_name_leads_nowhere_and_a_question_mark_where_nobody_knows() -> (
    None
):
    hosts = {h["host"]: h for h in report_data(report())["routing"]["hosts"]}
    nowhere, unknown = hosts["community.example.org"], hosts["docs.example.org"]
    assert {e["state"] for e in nowhere["entries"]} == {"bad"}
    assert {e["state"] for e in unknown["entries"]} == {"unknown"}


def test_the_routing_tells_an_open_origin_and_a_redirect_loop() -> None:
    hosts = {h["host"]: h for h in report_data(report())["routing"]["hosts"]}
    assert hosts["app.example.org"]["origin"]["state"] == "bad"
    assert hosts["app.example.org"]["entries"][0]["note"] == "loop"
    assert hosts["community.example.org"]["dns"]["state"] == "bad"
    assert hosts["docs.example.org"]["tls"] == {
        "state": "unknown",
        "note": "no answer within 10 seconds",
    }
    assert hosts["www.example.org"]["entries"][0]["end"] == "https://example.org/"


def test_an_endless_value_is_cut_and_says_by_how_much() -> None:
    (finding,) = report_data(one_finding(observed="a" * 10_000))["findings"]
    assert finding["observed"] == "a" * 2000 + "… (8000 more characters)"


def test_a_long_record_in_a_fix_stays_whole() -> None:
    record = "v=DKIM1; k=rsa; p=" + "A" * 800
    (finding,) = report_data(one_finding(fix=(record,)))["findings"]
    assert finding["fix"] == [record]


@given(text=st.text(max_size=300))
def test_any_text_gives_valid_json_without_controls(text: str) -> None:
    made = one_finding(
        means=text, observed=text, wanted=text, fix=(text,), see=text, evidence=text,
        takes_effect=text,
    )  # fmt: skip
    made = dataclasses.replace(made, name=text, cache_safe=((text, text),))
    document = json_text(made).encode()
    data = json.loads(document)
    VALIDATOR.validate(data)
    assert_harmless(data["findings"][0]["observed"])
    assert_harmless(document.decode(), lines=True)
