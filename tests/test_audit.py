"""An audit from end to end, with every collector made by hand."""

from __future__ import annotations

import asyncio

import pytest

from launchready import audit as auditing
from launchready.audit import UnknownCheckError, audit, choose, unknown_check
from launchready.checks import catalogue
from launchready.collect import collectors
from launchready.collect.declared import declared
from launchready.collect.opening import open_world
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject, host_subject
from launchready.facts.active import Throttling
from launchready.facts.declared import Declared
from launchready.facts.dns import Resolution, ResolverAnswer
from launchready.facts.exposure import SecretScan
from launchready.facts.ways import Visit
from launchready.gather import Ask
from launchready.manifest import parse_manifest

from .making import AT, exchange, visit

MANIFEST = """
[launch]
domain = "example.org"
[routes]
"example.org/login" = "auth"
"""


class Made:
    """Collectors that answer with gaps, and remember what they were asked for in which order."""

    def __init__(self) -> None:
        self.asked: list[Key] = []

    def collectors(self) -> dict[type[Fact], object]:
        return {kind: self.collector(kind) for kind in collectors()} | {Declared: declared}

    def collector(self, kind: type[Fact]) -> object:
        async def collect(subject: Subject, _world: World, _ask: Ask) -> Gap:
            self.asked.append(Key(kind, subject))
            await asyncio.sleep(0)
            return Gap(key=Key(kind, subject), reason="made by hand")

        return collect


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """Every collector replaced."""
    hand = Made()
    monkeypatch.setattr(auditing, "collectors", hand.collectors)
    return hand


async def run(checks: tuple[str, ...] = (), **more: object) -> auditing.Audit:
    async with open_world(parse_manifest(MANIFEST), resolvers=("127.0.0.1:1",)) as world:
        return await audit(world, choose(checks), **more)  # type: ignore[arg-type]


def test_without_a_choice_every_check_runs() -> None:
    assert choose() == catalogue()


def test_checks_are_chosen_by_family_and_by_id() -> None:
    chosen = {c.id for c in choose(["rate-limits", "hsts-missing"], skip=["chat-not-limited"])}
    assert {"wrong-passwords-not-limited", "hsts-missing"} <= chosen
    assert "chat-not-limited" not in chosen
    assert "spf-missing" not in chosen


@pytest.mark.parametrize("where", ["only", "skip"])
def test_a_mistyped_check_is_named_with_the_nearest(where: str) -> None:
    with pytest.raises(UnknownCheckError, match="Did you mean 'hsts-missing'"):
        choose(**{where: ["hsts-mising"]})


def test_a_word_like_no_check_has_no_hint() -> None:
    assert "Did you mean" not in unknown_check("qqqqqqqq", {"hsts-missing"})


async def test_nothing_seen_is_never_a_go(made: Made) -> None:
    done = await run()
    assert not done.verdict.go
    assert done.verdict.headline.startswith("NOT PROVEN YET")
    assert not done.verdict.findings or all(
        f.check.needs[0].kind is Declared for f in done.verdict.findings
    )
    assert made.asked


async def test_every_key_is_asked_for_once(made: Made) -> None:
    await run()
    assert len(made.asked) == len(set(made.asked))


async def test_bursts_and_the_search_for_secrets_come_when_all_else_is_there(made: Made) -> None:
    await run()
    late = [k.kind in {Throttling, SecretScan} for k in made.asked]
    assert any(late)
    assert late == sorted(late)


async def test_only_what_the_chosen_checks_need_is_asked_for(made: Made) -> None:
    await run(("hsts-missing",))
    kinds = {k.kind.__name__ for k in made.asked}
    assert "Entrance" in kinds
    assert "Spf" not in kinds
    assert "Throttling" not in kinds


async def test_what_leads_to_further_keys_is_asked_for_too(made: Made) -> None:
    await run(("secret-in-page",))
    assert Visit in {k.kind for k in made.asked}


async def test_what_was_seen_before_is_not_asked_for_again(made: Made) -> None:
    subject = host_subject("example.org", "example.org")
    before = Resolution(
        subject=subject, at=AT, how="before",
        answers=(ResolverAnswer(resolver="192.0.2.1", rcode="NOERROR", v4=("203.0.113.5",)),),
    )  # fmt: skip
    done = await run(("does-not-resolve",), seen={before.key: before})
    assert before.key not in made.asked
    (outcome,) = [o for o in done.verdict.outcomes if o.check.id == "does-not-resolve"]
    assert outcome.status == "passed"


async def test_a_stopped_audit_is_partial_and_no_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_subject: Subject, _world: World, _ask: Ask) -> Gap:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(
        auditing, "collectors", lambda: dict.fromkeys(collectors(), never) | {Declared: declared}
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.set)
    done = await run(stop=stop)
    assert done.verdict.partial
    assert not done.verdict.go
    assert any("stopped before" in o.detail for o in done.verdict.outcomes)


async def test_a_stopped_audit_says_of_what_had_not_begun_yet_that_it_was_stopped(
    monkeypatch: pytest.MonkeyPatch, made: Made
) -> None:
    async def never(_subject: Subject, _world: World, _ask: Ask) -> Gap:
        stop.set()
        await asyncio.Event().wait()
        raise AssertionError

    stop = asyncio.Event()
    monkeypatch.setattr(auditing, "collectors", lambda: made.collectors() | {Visit: never})
    done = await run(stop=stop)
    assert Throttling not in {k.kind for k in made.asked}
    (line,) = [b for b in done.verdict.bar if b.line == "abuse"]
    assert "stopped before it was observed" in line.evidence


async def test_a_host_of_others_is_no_cause_to_mend_however_little_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, made: Made
) -> None:
    cdn = host_subject("cdn.example.net", "cdn.example.net")

    async def page(_subject: Subject, _world: World, _ask: Ask) -> Visit:
        html = {"content-type": "text/html"}
        loads = '<script src="https://cdn.example.net/app.js"></script>'
        return visit(exchange("https://example.org/login", headers=html, body=loads), kind="auth")

    async def scan(subject: Subject, _world: World, ask: Ask) -> Gap:
        if subject.parent == cdn:
            await ask(Resolution, cdn)
            because = Key(Resolution, cdn)
            return Gap(key=Key(SecretScan, subject), reason="does not resolve", because=because)
        return Gap(key=Key(SecretScan, subject), reason="made by hand")

    async def nowhere(subject: Subject, _world: World, _ask: Ask) -> Resolution:
        answer = ResolverAnswer(resolver="192.0.2.1", rcode="NXDOMAIN")
        return Resolution(subject=subject, at=AT, how="made by hand", answers=(answer,))

    by_hand = {Visit: page, SecretScan: scan, Resolution: nowhere}
    monkeypatch.setattr(auditing, "collectors", lambda: made.collectors() | by_hand)
    done = await run(("secret-in-page",), causes=choose())
    assert done.verdict.findings == ()
    assert any(o.because == Key(SecretScan, o.subject) for o in done.verdict.unchecked)


async def test_pages_that_were_seen_do_not_prove_what_the_others_load(
    monkeypatch: pytest.MonkeyPatch, made: Made
) -> None:
    async def page(subject: Subject, _world: World, _ask: Ask) -> Visit:
        html = {"content-type": "text/html"}
        broken = subject.name.endswith("/login")
        answer = exchange(subject.name, status=502 if broken else 200, headers=html, body="<p>Hi")
        return visit(answer, kind="auth" if broken else "page")

    async def scan(subject: Subject, world: World, ask: Ask) -> Fact | Gap:
        if subject.kind == "route":
            return await collectors()[SecretScan](subject, world, ask)
        return SecretScan(
            subject=subject, at=AT, how="searched", sightings=(), scanned_bytes=5, complete=True
        )

    by_hand = {Visit: page, SecretScan: scan}
    monkeypatch.setattr(auditing, "collectors", lambda: made.collectors() | by_hand)
    done = await run(("secret-in-page", "source-map-public", "route-answers-wrong"))
    (line,) = [b for b in done.verdict.bar if b.line == "secrets"]
    assert line.answer == "not proven"
    (wrong,) = done.verdict.findings
    assert [c.check.id for c in wrong.consequences] == ["secret-in-page"]


async def test_a_bug_of_ours_is_told_and_hides_nothing_else(
    monkeypatch: pytest.MonkeyPatch, made: Made
) -> None:
    async def broken(_subject: Subject, _world: World, _ask: Ask) -> Gap:
        raise ZeroDivisionError

    monkeypatch.setattr(auditing, "collectors", lambda: made.collectors() | {Resolution: broken})
    done = await run()
    assert len(done.crashes) == 1
    assert "ZeroDivisionError" in done.crashes[0]
    assert any(k.kind is Visit for k in made.asked)


async def test_every_outcome_is_told_as_it_arrives(made: Made) -> None:
    told: list[Key] = []
    done = await run(("dns",), on_observed=lambda key, _found: told.append(key))
    assert set(told) == set(done.observed)
    assert set(made.asked) <= set(told)
