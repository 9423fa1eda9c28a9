"""Reports made by hand: a launch with every kind of outcome, judged and folded as a run does it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

from launchready.facts import LAUNCH, Fact, Gap, Key, Subject, host_subject
from launchready.facts.declared import Declared
from launchready.finding import Check, Severity
from launchready.judge import judge
from launchready.report.model import Report
from launchready.report.routing import routing_map
from launchready.verdict import decide
from tests.making import AT, DOMAIN, manifest
from tests.report.sample_checks import Seen, checks, seen
from tests.report.sample_routes import world_facts

TOML = """
[launch]
domain = "example.org"
name = "The Beekeepers"
edge = "cloudflare"
timezone = "Europe/Berlin"
[hosts."www.example.org"]
redirects_to = "example.org"
[hosts."app.example.org"]
login = true
origin = ["203.0.113.80"]
[hosts."community.example.org"]
[hosts."docs.example.org"]
edge = "none"
"""


def sample_facts() -> list[Fact | Gap]:
    """Return the facts that the sample checks judge."""
    apex, app = host_subject("example.org", DOMAIN), host_subject("app.example.org", DOMAIN)
    below = Subject("route", "https://app.example.org/members", app)
    docs = host_subject("docs.example.org", DOMAIN)
    return [
        seen(apex, "good"),
        seen(app, "broken"),
        seen(host_subject("www.example.org", DOMAIN), "mail"),
        Gap(key=Key(Seen, below), reason="the handshake failed", because=Key(Seen, app)),
        Gap(
            key=Key(Seen, docs),
            reason="a bot protection answered instead of the site",
            how_to_prove="Allow this machine's address at the edge and run again.",
        ),
    ]


def report(
    *,
    catalogue: Sequence[Check] | None = None,
    facts: Sequence[Fact | Gap] | None = None,
    toml: str = TOML,
    **changes: object,
) -> Report:
    """Return the sample report: a no-go with blockers, risks, advice, consequences and gaps."""
    declared = Declared(
        subject=LAUNCH, at=AT, how="by hand", manifest=manifest(toml), from_file=True
    )
    judged = [*(sample_facts() if facts is None else facts), declared]
    observed = {f.key: f for f in judged}
    outcomes = judge(checks() if catalogue is None else catalogue, observed)
    around = {f.key: f for f in world_facts()}
    made = Report(
        verdict=decide(observed, observed, outcomes),
        domain="example.org",
        name="The Beekeepers",
        started=AT,
        finished=AT + timedelta(seconds=9),
        timezone="Europe/Berlin",
        manifest_file="launchready.toml",
        routing=routing_map(manifest(toml), around, AT),
        cache_safe=(
            ("https://example.org/static/app.4f2a.js", "fingerprinted, so it never changes"),
        ),
        cache_dynamic=(("https://app.example.org/login", "it sets a session"),),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def healthy() -> Report:
    """Return a report in which everything passed."""
    good = [c for c in checks() if c.severity is Severity.BLOCKER and c.family != "rate-limits"]
    return report(catalogue=good, facts=[seen(host_subject("example.org", DOMAIN))])
