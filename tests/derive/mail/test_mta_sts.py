from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.mail.mta_sts import (
    covered,
    parse_sts_policy,
    sts_record_problem,
    sts_records,
    tls_rpt_problem,
    tls_rpt_records,
)

POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 604800\r\n"


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([b"v=STSv1; id=1"], ""),
        ([b"v=STSv1; id=1;"], ""),
        ([b"v=STSv1; id=1; x=y"], ""),
        ([b"v=STSv1"], "no id="),
        ([b"v=STSv1; id=a-b"], "letters and digits"),
        ([b"v=STSv2; id=1"], "does not begin"),
        ([b"v=STSv1; id=1", b"v=STSv1; id=2"], "2 records"),
    ],
)
def test_an_mta_sts_record_is_read_strictly(texts: list[bytes], problem: str) -> None:
    found = sts_record_problem(sts_records(texts))
    assert (problem in found) if problem else not found


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (POLICY, ""),
        ("version: STSv1\nmode: none\nmax_age: 86400", ""),
        (POLICY.replace("enforce", "strict"), "mode"),
        (POLICY.replace("STSv1", "STSv2"), "version"),
        (POLICY.replace("604800", "99999999"), "more than"),
        (POLICY.replace("604800", "x"), "max_age"),
        (POLICY.replace("mx.example.org", "mx example"), "no host name"),
        ("<html>", "no colon"),
        ("x: y\n" * 40000, "longer than"),
    ],
)
def test_a_policy_file_is_read_strictly(body: str, problem: str) -> None:
    found = parse_sts_policy(body.encode()).problem
    assert (problem in found) if problem else not found


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([b"v=TLSRPTv1; rua=mailto:t@example.org"], ""),
        ([b"v=TLSRPTv1;rua=https://t.example/x,mailto:t@example.org"], ""),
        ([b"v=TLSRPTv1"], "no rua="),
        ([b"v=TLSRPTv1; rua=t@example.org"], "neither"),
        ([b"v=TLSRPTv1; rua=mailto:nobody"], "neither"),
        ([b"v=TLSRPTv2; rua=mailto:t@example.org"], "does not begin"),
        ([b"v=TLSRPTv1; rua=mailto:t@example.org"] * 2, "2 records"),
    ],
)
async def test_a_tls_reporting_record_is_read_strictly(texts: list[bytes], problem: str) -> None:
    found = tls_rpt_problem(tls_rpt_records(texts))
    assert (problem in found) if problem else not found


@given(st.binary(max_size=300))
def test_any_bytes_are_a_policy_or_a_problem(body: bytes) -> None:
    found = parse_sts_policy(body)
    assert found.problem or found.mode in {"enforce", "testing", "none"}


@given(st.lists(st.one_of(st.binary(max_size=80), st.from_regex(rb"v=STSv1;[ -~]{0,60}"))))
def test_any_records_are_one_record_or_a_problem(texts: list[bytes]) -> None:
    for records, problem in (
        (sts_records(texts), sts_record_problem),
        (tls_rpt_records(texts), tls_rpt_problem),
    ):
        if records and not problem(records):
            assert len(records) == 1


@given(st.text(max_size=60), st.lists(st.text(max_size=60)))
def test_only_a_named_server_is_covered(host: str, patterns: list[str]) -> None:
    if covered(host, patterns):
        assert any(p.removeprefix("*.") in host.lower() for p in patterns)
