from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.guard import guard_part_off, metrics_not_readable
from launchready.checks.rate_limits import webhooks_not_limited, wrong_passwords_not_limited
from launchready.derive.guard_figures import PARTS
from launchready.facts import Fact, Fault, Gap, host_subject, route_subject
from launchready.facts.active import Throttling
from launchready.facts.guarding import GuardFigures
from launchready.finding import Check, Severity
from launchready.judge import judge
from launchready.manifest import RouteKind
from launchready.verdict import Verdict, decide
from tests.making import AT, DOMAIN, gap, outcome, route

HOST = host_subject(f"app.{DOMAIN}", DOMAIN)
BOTH = pytest.mark.parametrize("check", [guard_part_off, metrics_not_readable])


def told(*off: str) -> GuardFigures:
    parts = tuple((part, part not in off) for part in PARTS)
    return GuardFigures(
        subject=HOST, at=AT, how="curl", token_env="TOKEN", status=200, seen="200, figures",
        parts=parts,
    )  # fmt: skip


def unreadable(status: int) -> GuardFigures:
    return GuardFigures(
        subject=HOST, at=AT, how="curl", token_env="TOKEN", status=status, seen=str(status)
    )


def burst(kind: RouteKind = "auth", limit: int | None = 30) -> Throttling:
    url = f"https://app.{DOMAIN}/there"
    return Throttling(
        subject=route_subject(url, DOMAIN), at=AT, how="test", requests=30, throttled_after=None,
        route=route(url, kind, limit=limit), first_answer="401", changed_answer="",
    )  # fmt: skip


def verdict(*found: Fact | Gap) -> Verdict:
    observed = {f.key: f for f in found}
    checks = [
        guard_part_off,
        metrics_not_readable,
        wrong_passwords_not_limited,
        webhooks_not_limited,
    ]
    return decide(observed, observed, judge(checks, observed))


def test_a_guard_with_every_part_on_passes() -> None:
    assert outcome(guard_part_off, told()).status == "passed"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_off_fails_and_is_named(part: str) -> None:
    found = outcome(guard_part_off, told(part))
    assert found.failure is not None
    assert found.failure.observed == f"switched off in the running app: {part}"
    assert f'take "{part}" out of without=(…)' in found.failure.fix[0]


def test_what_caches_kept_meanwhile_is_to_be_purged() -> None:
    purged = outcome(guard_part_off, told("caching")).failure
    assert purged is not None
    assert purged.fix[1].startswith("Purge the caches")
    other = outcome(guard_part_off, told("logs")).failure
    assert other is not None
    assert not any("Purge" in step for step in other.fix)


def test_several_parts_that_are_off_are_one_finding_with_a_sentence_each() -> None:
    found = outcome(guard_part_off, told("logs", "bodies"))
    assert found.failure is not None
    assert found.failure.observed == "switched off in the running app: bodies, logs"
    assert found.failure.means.count(".") == 2


def test_figures_that_come_pass() -> None:
    assert outcome(metrics_not_readable, told()).status == "passed"


@pytest.mark.parametrize("status", [200, 302, 404])
def test_figures_that_do_not_come_fail(status: int) -> None:
    assert outcome(metrics_not_readable, unreadable(status)).status == "failed"
    assert outcome(guard_part_off, unreadable(status)).status == "not_applicable"


@BOTH
@pytest.mark.parametrize("status", [401, 403, 429])
def test_an_address_that_is_not_let_in_proves_nothing(check: Check, status: int) -> None:
    assert outcome(check, unreadable(status)).status == "unknown"


@BOTH
def test_figures_that_were_not_read_are_unknown(check: Check) -> None:
    assert outcome(check, gap(GuardFigures, HOST)).status == "unknown"


def test_figures_that_were_not_read_keep_nobody_from_a_go() -> None:
    limited = replace(burst(), throttled_after=9, changed_answer="429")
    assert verdict(gap(GuardFigures, HOST), limited).go


def test_missing_limits_are_folded_under_a_guard_without_limits() -> None:
    found = verdict(told("limits"), burst())
    assert [f.check.id for f in found.findings] == ["guard-part-off"]
    assert [c.check.id for c in found.findings[0].consequences] == ["wrong-passwords-not-limited"]
    assert found.findings[0].severity is Severity.BLOCKER


def test_a_webhooks_limit_that_stays_unseen_is_folded_under_it_too() -> None:
    found = verdict(told("limits"), burst("webhook", limit=None))
    assert [f.check.id for f in found.findings] == ["guard-part-off"]
    assert found.unchecked == ()


@pytest.mark.parametrize(
    "figures", [told(), told("logs"), told("caching"), unreadable(404), gap(GuardFigures, HOST)]
)
def test_a_missing_limit_stands_for_itself_unless_guards_limits_are_off(
    figures: Fact | Gap,
) -> None:
    found = verdict(figures, burst())
    missing = [f for f in found.findings if f.check is wrong_passwords_not_limited]
    assert len(missing) == 1
    assert missing[0].outcome.because == Fault(GuardFigures, "limits-off", HOST)
