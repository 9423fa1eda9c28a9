from __future__ import annotations

import dataclasses
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.report.junit import junit_text
from launchready.report.model import Report
from tests.report.samples import healthy, report
from tests.report.test_json import one_finding
from tests.report.unsafe import HOSTILE, assert_harmless


def parsed(made: Report) -> Element:
    return fromstring(junit_text(made).encode())  # noqa: S314 - our own document


def case(root: Element, name: str) -> Element:
    (found,) = [c for c in root.iter("testcase") if c.get("name") == name]
    return found


def test_each_check_and_subject_is_a_test_case() -> None:
    made = report()
    root = parsed(made)
    names = [c.get("name") for c in root.iter("testcase")]
    assert len(names) == len(made.verdict.outcomes) == len(set(names))
    assert root.get("tests") == str(len(names))


def test_the_elements_hold_what_the_schema_of_jenkins_lets_them_hold() -> None:
    allowed = {
        "testsuites": {"name", "time", "tests", "failures", "errors"},
        "testsuite": {"name", "timestamp", "tests", "failures", "errors", "skipped"},
        "testcase": {"name", "classname"},
        "failure": {"type", "message"}, "error": {"type", "message"}, "skipped": {"message"},
    }  # fmt: skip
    for made in (report(), healthy()):
        for element in parsed(made).iter():
            assert set(element.keys()) <= allowed[element.tag]


def test_a_pass_has_nothing_inside() -> None:
    assert len(case(parsed(report()), "certificate-expired [example.org]")) == 0


def test_a_blocker_is_a_failure_with_the_steps() -> None:
    failure = case(parsed(report()), "certificate-expired [app.example.org]").find("failure")
    assert failure is not None
    assert failure.get("type") == "blocker"
    assert failure.get("message") == "Browsers refuse the site, so nobody can sign in."
    assert "certbot renew" in (failure.text or "")


def test_advice_does_not_turn_the_build_red() -> None:
    found = case(parsed(report()), "no-ipv6 [example.org]")
    assert found.find("failure") is None
    skipped = found.find("skipped")
    assert skipped is not None
    assert (skipped.get("message") or "").startswith("advice: ")


def test_an_unknown_blocker_is_an_error() -> None:
    error = case(parsed(report()), "certificate-expired [docs.example.org]").find("error")
    assert error is not None
    assert "Allow this machine's address" in (error.get("message") or "")


def test_a_consequence_is_skipped_and_names_its_cause() -> None:
    skipped = case(parsed(report()), "redirect-loop [https://app.example.org/members]").find(
        "skipped"
    )
    assert skipped is not None
    assert "(because of certificate-expired)" in (skipped.get("message") or "")


def test_what_only_our_options_kept_from_being_checked_is_skipped() -> None:
    found = case(parsed(report()), "log-in-not-limited [example.org]")
    assert found.find("skipped") is not None
    assert found.find("error") is None


def test_the_counts_of_the_suites_add_up() -> None:
    root = parsed(report())
    for what, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counted = len(list(root.iter(tag)))
        assert sum(int(suite.get(what, "0")) for suite in root) == counted
        assert root.get(what, str(counted)) == str(counted)


def test_a_go_has_neither_failures_nor_errors() -> None:
    root = parsed(healthy())
    assert (root.get("failures"), root.get("errors")) == ("0", "0")


def test_a_run_that_was_stopped_is_never_green() -> None:
    made = healthy()
    verdict = dataclasses.replace(made.verdict, partial=True, go=False)
    assert parsed(dataclasses.replace(made, verdict=verdict)).get("errors") == "1"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_keeps_the_xml_well_formed(text: str) -> None:
    made = one_finding(means=text, observed=text, wanted=text, fix=(text,), see=text)
    document = junit_text(made)
    assert_harmless(document, lines=True)
    (only,) = fromstring(document.encode()).iter("testcase")  # noqa: S314 - our own document
    assert only.find("failure") is not None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_well_formed_xml(text: str) -> None:
    made = one_finding(means=text, observed=text, wanted=text, fix=(text,), see=text)
    document = junit_text(dataclasses.replace(made, domain=text, crashes=(text,)))
    fromstring(document.encode())  # noqa: S314 - our own document
    assert_harmless(document, lines=True)
