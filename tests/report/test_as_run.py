from __future__ import annotations

from launchready.facts import LAUNCH
from launchready.judge import judge
from launchready.report.as_run import as_run
from launchready.report.model import Looking
from launchready.report.same_places import SamePlaces
from launchready.verdict import Verdict, decide
from tests.report.sample_checks import failed, make_check, seen

AS_USUAL = Looking()


def verdict(see: str, *fix: str) -> Verdict:
    check = make_check(
        "alerts-nobody", lambda _what, _name: failed(see=see, fix=fix or ("Do it.",))
    )
    fact = seen(LAUNCH)
    observed = {fact.key: fact}
    return decide(observed, observed, judge([check], observed))


def command(
    see: str, manifest: str = "", given: Looking = AS_USUAL, resolvers: tuple[str, ...] = ()
) -> str:
    told = as_run(verdict(see), manifest_file=manifest, given=given, resolvers=resolvers)
    return told.findings[0].failure.see


def test_a_command_reads_the_manifest_that_was_audited() -> None:
    assert command("grep tested launchready.toml", "my launch/prod.toml") == (
        "grep tested 'my launch/prod.toml'"
    )


def test_a_step_names_the_manifest_that_was_audited() -> None:
    told = as_run(
        verdict("true", 'Under [alerts] in launchready.toml add: monitor = "…"'),
        manifest_file="prod.toml", given=Looking(),
    )  # fmt: skip
    assert told.findings[0].failure.fix == ('Under [alerts] in prod.toml add: monitor = "…"',)


def test_a_step_that_audits_again_reads_the_manifest_that_was_audited() -> None:
    told = as_run(
        verdict("true", "Then run `launchready audit --active`.", "Then run `launchready smoke`."),
        manifest_file="prod.toml", given=Looking(),
    )  # fmt: skip
    assert told.findings[0].failure.fix == (
        "Then run `launchready audit --active --manifest prod.toml`.",
        "Then run `launchready smoke --manifest prod.toml`.",
    )


def test_a_step_is_no_longer_for_the_ways_of_the_command_line() -> None:
    told = as_run(
        verdict("true", "Then run `launchready audit --active`."),
        manifest_file="prod.toml", given=Looking(dial=("a.example:443=127.0.0.1:443",)),
    )  # fmt: skip
    assert told.findings[0].failure.fix == (
        "Then run `launchready audit --active --manifest prod.toml`.",
    )


def test_without_a_manifest_a_recheck_names_the_domain() -> None:
    told = as_run(
        verdict("launchready recheck log-in-fails", "Then `launchready recheck log-in-fails`.",
                "Run `launchready audit --active`."),
        manifest_file="", given=Looking(ca="ca.pem"), domain="a.example",
    )  # fmt: skip
    failure = told.findings[0].failure
    assert failure.see == "launchready recheck log-in-fails a.example --ca ca.pem"
    assert failure.fix == (
        "Then `launchready recheck log-in-fails a.example`.",
        "Run `launchready audit --active`.",
    )


def test_a_command_of_another_program_looks_where_the_run_looked() -> None:
    told = as_run(
        verdict("dig +short TXT a.example"), manifest_file="", given=Looking(),
        places=SamePlaces(resolver=("127.0.0.1", 5353)),
    )  # fmt: skip
    assert told.findings[0].failure.see == "dig @127.0.0.1 -p 5353 +short TXT a.example"


def test_a_recheck_is_told_the_manifest_and_the_ways_of_the_command_line() -> None:
    given = Looking(resolvers=("127.0.0.1:53",), dial=("a.example:443=127.0.0.1:443",), ca="ca.pem")
    assert command("launchready recheck log-in-fails", "prod.toml", given) == (
        "launchready recheck log-in-fails --manifest prod.toml --resolver 127.0.0.1:53 "
        "--dial a.example:443=127.0.0.1:443 --ca ca.pem"
    )
    assert command("launchready smoke", "prod.toml") == "launchready smoke --manifest prod.toml"


def test_an_evaluation_of_mail_asks_the_resolvers_that_were_asked() -> None:
    see = "launchready mail spf a.example --ip 192.0.2.1"
    asked = command(see, "prod.toml", Looking(ca="ca.pem"), resolvers=("127.0.0.1:5353",))
    assert asked == f"{see} --resolver 127.0.0.1:5353"


def test_the_usual_manifest_needs_no_word() -> None:
    for see in (
        "launchready recheck a",
        "grep tested launchready.toml",
        "dig +short TXT a.example",
    ):
        assert command(see, "launchready.toml") == see


def test_an_outcome_stays_one_and_the_same_in_all_places() -> None:
    told = as_run(verdict("launchready smoke"), manifest_file="prod.toml", given=Looking())
    assert told.findings[0].outcome is told.outcomes[0]
