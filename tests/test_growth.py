"""A launch of many hosts takes as much more work as it has more hosts: calls are counted, not time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial

import pytest

from launchready.checks import catalogue
from launchready.expected import expected
from launchready.facts import LAUNCH, Fact, Gap, Key, host_subject
from launchready.facts.declared import Declared
from launchready.facts.exposure import Probe
from launchready.judge import judge

from .making import AT, DOMAIN, declared, exchange, visit

Observed = Mapping[Key, Fact | Gap]
SOME = 150
"""Twice as many are more than any cache of ours holds."""
LINEAR = 2.2
"""Twice the hosts may take so many times the calls: the standard library forgets URLs it has split."""


def launch(hosts: int) -> Observed:
    """Return the facts of a launch of so many hosts, each with a page and nothing open."""
    names = [f"api.circle-{n}.{DOMAIN}" for n in range(hosts)]
    routes = "".join(f'"{name}/feed" = "page"\n' for name in names)
    found: list[Fact] = [declared(f'[launch]\ndomain = "{DOMAIN}"\n[routes]\n{routes}')]
    for name in names:
        html = exchange(f"https://{name}/feed", headers={"Content-Type": "text/html"})
        nowhere = exchange(f"https://{name}/nowhere", status=404)
        subject = host_subject(name, DOMAIN)
        found += [
            visit(html),
            Probe(subject=subject, at=AT, how="", nowhere=nowhere, found=(), asked=()),
        ]
    return {fact.key: fact for fact in found}


def calls(work: Callable[[], object]) -> int:
    count = 0

    def event(_frame: object, what: str, _what: object) -> None:
        nonlocal count
        count += what in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(event)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("family", sorted({c.family for c in catalogue()}))
def test_judging_twice_the_hosts_takes_twice_the_calls(family: str) -> None:
    checks = [c for c in catalogue() if c.family == family]
    some, many = (calls(partial(judge, checks, launch(n))) for n in (SOME, 2 * SOME))
    assert many <= LINEAR * some


def test_what_twice_the_hosts_imply_takes_twice_the_calls() -> None:
    def implied(observed: Observed) -> object:
        told = observed[Key(Declared, LAUNCH)]
        assert isinstance(told, Declared)
        return expected(told.manifest, observed)

    some, many = (calls(partial(implied, launch(n))) for n in (SOME, 2 * SOME))
    assert many <= LINEAR * some
