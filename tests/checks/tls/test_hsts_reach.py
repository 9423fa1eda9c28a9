from __future__ import annotations

import pytest

from launchready.checks.tls.hsts import (
    hsts_breaks_subdomain,
)
from launchready.facts import host_subject
from launchready.facts.tls import (
    CoveredName,
    Handshake,
    HstsReach,
)
from launchready.finding import Outcome, Severity
from tests.checks.tls.making import answer, entrance, handshake, root_ids
from tests.making import AT, DOMAIN, HOST, gap, outcome

COVERING = "max-age=31536000; includeSubDomains"


def reach(*names: CoveredName) -> HstsReach:
    return HstsReach(subject=HOST, at=AT, how="test", names=names)


def covered(trouble: str = "", **more: object) -> CoveredName:
    values: dict[str, object] = {"declared": True} | more
    return CoveredName(name="old.example.org", trouble=trouble, **values)  # type: ignore[arg-type]


def breaks(value: str | None, *names: CoveredName) -> Outcome:
    return outcome(hsts_breaks_subdomain, entrance(answer(value)), reach(*names))


def test_a_declared_name_without_https_under_covering_hsts_is_a_blocker() -> None:
    found = breaks(COVERING, covered("nothing listens on port 443"))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert "old.example.org" in found.detail


def test_a_name_found_in_the_dns_without_https_under_covering_hsts_is_a_risk() -> None:
    found = breaks(COVERING, covered("closed", declared=False))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_names_that_can_follow_pass() -> None:
    assert breaks(COVERING, covered()).status == "passed"


@pytest.mark.parametrize("value", ["max-age=31536000", "max-age=0; includeSubDomains", None])
def test_hsts_that_covers_no_subdomains_breaks_none(value: str | None) -> None:
    assert breaks(value, covered("closed")).status == "not_applicable"


def test_names_that_were_not_observed_leave_it_unknown() -> None:
    found = outcome(hsts_breaks_subdomain, entrance(answer(COVERING)), gap(HstsReach, HOST))
    assert found.status == "unknown"


def test_a_web_host_that_refuses_https_is_the_one_root_cause() -> None:
    below = host_subject("old.example.org", DOMAIN)
    dead = Handshake(subject=below, at=AT, how="test", accepted=False, refusal="closed")
    names = reach(covered("closed", because=dead.key))
    roots = root_ids(entrance(answer(COVERING)), names, handshake(), dead)
    assert roots == ["https-refused"]
