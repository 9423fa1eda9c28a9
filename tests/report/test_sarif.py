from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.report.model import Report
from launchready.report.sarif import sarif_data, sarif_text
from tests.report.sample_checks import checks
from tests.report.samples import healthy, report
from tests.report.test_json import one_finding
from tests.report.unsafe import assert_harmless

# SARIF 2.1.0-rtm.5 as schemastore.org publishes it, which the standard's own schema follows.
PUBLISHED = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text("utf-8-sig"))
VALIDATOR = jsonschema.Draft4Validator(PUBLISHED)


def run_of(made: Report) -> dict[str, Any]:
    (run,) = sarif_data(made)["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("made", [report(), healthy(), report(crashes=("Traceback",))])
def test_the_log_conforms_to_the_published_schema(made: Report) -> None:
    VALIDATOR.validate(sarif_data(made, checks()))


def test_the_published_schema_refuses_a_wrong_level() -> None:
    data = sarif_data(report())
    data["runs"][0]["results"][0]["level"] = "fatal"
    assert list(VALIDATOR.iter_errors(data))


def test_every_result_points_at_its_rule() -> None:
    run = run_of(report())
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_rules_come_from_the_catalogue_even_when_nothing_failed() -> None:
    made = healthy()
    ids = [r["id"] for r in sarif_data(made, checks())["runs"][0]["tool"]["driver"]["rules"]]
    assert ids == sorted({c.id for c in checks()})


def test_severities_become_levels() -> None:
    levels = {r["ruleId"]: r["level"] for r in run_of(report())["results"] if r["kind"] == "fail"}
    assert levels["certificate-expired"] == "error"
    assert levels["csp-missing"] == "warning"
    assert levels["no-ipv6"] == "note"


def test_an_unknown_blocker_is_open_and_our_own_limit_is_not_reported() -> None:
    found = [r for r in run_of(report())["results"] if r["kind"] == "open"]
    subjects = {r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for r in found}
    assert subjects == {"docs.example.org"}
    assert {r["level"] for r in found} == {"none"}
    assert found[0]["message"]["text"].startswith("Could not check the sample: ")


def test_each_result_has_a_file_that_code_hosts_can_show() -> None:
    for result in run_of(report(manifest_file="/home/me/launch ready.toml"))["results"]:
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert location["uri"] == "launch%20ready.toml"


def test_fingerprints_tell_check_and_subject_apart_and_stay_the_same() -> None:
    def prints(made: Report) -> list[str]:
        return [r["partialFingerprints"]["checkAndSubject/v1"] for r in run_of(made)["results"]]

    assert len(set(prints(report()))) == len(prints(report()))
    assert prints(report()) == prints(report(version="9.9"))


def test_a_crash_makes_the_run_unsuccessful() -> None:
    (invocation,) = run_of(report(crashes=("Traceback: boom",)))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "boom" in invocation["toolExecutionNotifications"][0]["message"]["text"]


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_a_valid_log_without_controls(text: str) -> None:
    made = one_finding(means=text, observed=text, fix=(text,), see=text, takes_effect=text)
    document = sarif_text(dataclasses.replace(made, manifest_file=text))
    document.encode()
    assert_harmless(document, lines=True)
    VALIDATOR.validate(json.loads(document))
