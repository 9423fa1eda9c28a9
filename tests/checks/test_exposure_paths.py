"""What lies open at paths that must not be public: pass, fail and unknown, and the false alarms."""

from __future__ import annotations

import pytest

from launchready.checks.exposure import files, inside
from launchready.derive.exposure.exposed_paths import PATHS
from launchready.derive.exposure.exposures import EXPOSURES, exposure_of
from launchready.facts.exposure import Probe
from launchready.facts.http import Exchange
from launchready.finding import Check, Severity
from tests.making import AT, HOST, declared, exchange, gap, outcome

NOT_FOUND = exchange("https://example.org/nowhere", status=404, body="<h1>Not found</h1>")
SHELL = "<!doctype html><html><head><title>App</title></head><body><div id=root></div></body>"
TEXT = {"Content-Type": "text/plain"}
HTML = {"Content-Type": "text/html"}
CHECKS = (
    files.environment_file_exposed, files.settings_file_exposed, files.repository_exposed,
    files.backup_exposed, files.log_exposed, files.directory_listing, inside.debug_page_exposed,
    inside.admin_page_exposed, inside.account_names_exposed, inside.api_docs_exposed,
    inside.metrics_exposed, inside.ai_endpoint_open, inside.internal_endpoint_exposed,
    inside.member_list_open, files.source_code_exposed,
)  # fmt: skip


def at(path: str, body: bytes | str, *, html: bool = False) -> Exchange:
    return exchange(f"https://example.org{path}", headers=HTML if html else TEXT, body=body)


def probe(
    *found: Exchange, nowhere: Exchange = NOT_FOUND, unanswered: tuple[str, ...] = ()
) -> Probe:
    asked = tuple(p.path for p in PATHS)
    return Probe(
        subject=HOST, at=AT, how="curl", nowhere=nowhere, found=found, asked=asked,
        unanswered=unanswered,
    )  # fmt: skip


ENV = at("/.env", "DB_HOST=\nDB_PASSWORD=\n")
MEMBERS = '[{"email": "a@example.org"},{"email": "b@example.org"},{"email": "c@example.org"}]'
OPEN: list[tuple[Check, Exchange, Severity]] = [
    (files.environment_file_exposed, ENV, Severity.BLOCKER),
    (files.settings_file_exposed, at("/server.key", "-----BEGIN PRIVATE KEY-----\n"), Severity.BLOCKER),
    (files.settings_file_exposed, at("/docker-compose.yml", "services:\n  a:\n    image: x\n"), Severity.RISK),
    (files.repository_exposed, at("/.git/HEAD", "ref: refs/heads/main\n"), Severity.BLOCKER),
    (files.repository_exposed, at("/.svn/wc.db", b"SQLite format 3\x00"), Severity.BLOCKER),
    (files.backup_exposed, at("/backup.sql", "CREATE TABLE members (id int);"), Severity.BLOCKER),
    (files.backup_exposed, at("/backup.zip", b"PK\x03\x04"), Severity.BLOCKER),
    (files.source_code_exposed, at("/server.js", "const e = require('express');\nconst app = e();\napp.listen(80);\n"), Severity.RISK),
    (files.source_code_exposed, at("/app.py", "from flask import Flask\napp = Flask(__name__)\n"), Severity.RISK),
    (files.source_code_exposed, at("/package.json", '{"scripts": {"start": "node server.js"}}'), Severity.ADVICE),
    (files.log_exposed, at("/storage/logs/laravel.log", "[2026-01-01 10:00:00] local.ERROR: x"), Severity.BLOCKER),
    (files.directory_listing, at("/uploads/", "<title>Index of /uploads/</title>", html=True), Severity.ADVICE),
    (inside.debug_page_exposed, at("/phpinfo.php", "<title>PHP 8.3 - phpinfo()</title>PHP Version 8.3", html=True), Severity.RISK),
    (inside.debug_page_exposed, at("/actuator/env", '{"propertySources":[]}'), Severity.BLOCKER),
    (inside.debug_page_exposed, at("/debug/vars", '{"memstats": {}}'), Severity.RISK),
    (inside.admin_page_exposed, at("/admin", '<title>Site admin</title><input type="password">', html=True), Severity.ADVICE),
    (inside.account_names_exposed, at("/wp-json/wp/v2/users", '[{"id": 1,"slug": "a","avatar_urls": {}}]'), Severity.ADVICE),
    (inside.member_list_open, at("/api/users", MEMBERS), Severity.BLOCKER),
    (inside.member_list_open, at("/members.csv", "id,name,email\n1,Ana,ana@example.org\n"), Severity.BLOCKER),
    (inside.api_docs_exposed, at("/openapi.json", '{"openapi": "3.1.0", "paths": {}}'), Severity.ADVICE),
    (inside.metrics_exposed, at("/metrics", "# HELP requests_total All.\n"), Severity.RISK),
    (inside.ai_endpoint_open, at("/v1/models", '{"object":"list","data":[{"object":"model"}]}'), Severity.RISK),
    (inside.internal_endpoint_exposed, at("/internal", '{"queue": 3}'), Severity.RISK),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "severity"), OPEN)
def test_what_lies_open_is_found_and_weighed(
    check: Check, answer: Exchange, severity: Severity
) -> None:
    found = outcome(check, probe(answer))
    assert found.status == "failed"
    assert found.severity is severity
    assert found.failure is not None
    assert answer.url in found.failure.see


@pytest.mark.parametrize(("check", "answer", "_severity"), OPEN)
def test_one_thing_that_lies_open_is_found_by_one_check_alone(
    check: Check, answer: Exchange, _severity: Severity
) -> None:
    others = [c.id for c in CHECKS if outcome(c, probe(answer)).status == "failed"]
    assert others == [check.id]


@pytest.mark.parametrize("check", CHECKS)
def test_a_host_where_nothing_lies_open_passes(check: Check) -> None:
    assert outcome(check, probe()).status == "passed"


@pytest.mark.parametrize("check", CHECKS)
def test_a_single_page_app_that_answers_every_path_passes(check: Check) -> None:
    shell = exchange("https://example.org/nowhere", headers=HTML, body=SHELL)
    everywhere = [at(p.path, SHELL, html=True) for p in PATHS]
    assert outcome(check, probe(*everywhere, nowhere=shell)).status == "passed"


@pytest.mark.parametrize("check", CHECKS)
def test_a_host_whose_paths_could_not_be_asked_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Probe, HOST)).status == "unknown"


@pytest.mark.parametrize("check", CHECKS)
def test_paths_that_got_no_answer_prove_nothing(check: Check) -> None:
    silent = tuple(p.path for p in PATHS)
    found = outcome(check, probe(unanswered=silent))
    assert found.status == "unknown"
    assert "got no answer" in found.detail


def test_what_was_found_counts_although_other_paths_were_silent() -> None:
    found = outcome(files.environment_file_exposed, probe(ENV, unanswered=("/.env.bak",)))
    assert found.status == "failed"


@pytest.mark.parametrize(
    ("route", "check", "answer"),
    [
        ("docs", inside.api_docs_exposed, at("/docs", "<!doctype html><redoc></redoc>", html=True)),
        (
            "admin/login",
            inside.admin_page_exposed,
            at("/admin/login", '<title>Admin</title><input type="password">', html=True),
        ),
        ("metrics", inside.metrics_exposed, at("/metrics", "# HELP a b\n")),
    ],
)
def test_a_declared_route_is_open_on_purpose(route: str, check: Check, answer: Exchange) -> None:
    toml = f'[launch]\ndomain = "example.org"\n[routes]\n"example.org/{route}" = "page"\n'
    assert outcome(check, probe(answer)).status == "failed"
    assert outcome(check, probe(answer), declared(toml)).status == "passed"


def test_a_declared_route_does_not_excuse_a_file_of_passwords() -> None:
    toml = '[launch]\ndomain = "example.org"\n[routes]\n"example.org/.env" = "page"\n'
    assert outcome(files.environment_file_exposed, probe(ENV), declared(toml)).status == "failed"


def test_the_command_shows_no_value_of_what_it_finds() -> None:
    failure = outcome(files.environment_file_exposed, probe(ENV)).failure
    assert failure is not None
    assert "-o /dev/null" in failure.see


def test_every_kind_of_exposure_has_a_path_that_is_asked() -> None:
    assert {exposure_of(p) for p in PATHS} == set(EXPOSURES)


def test_what_is_meant_to_be_internal_is_all_that_falls_to_the_last_check() -> None:
    rest = {p.what for p in PATHS if exposure_of(p) == "internal"}
    assert rest == {"an internal endpoint"}


def test_one_address_of_the_communitys_own_is_no_list_of_members() -> None:
    contact = at("/api/users", '{"name": "Willow", "email": "hello@example.org"}')
    assert outcome(inside.member_list_open, probe(contact)).status == "passed"


def test_a_list_of_what_a_page_loads_is_no_source_code() -> None:
    built = at("/app.js", "import{a as e}from'./chunk.js';document.body.append(e())")
    assert outcome(files.source_code_exposed, probe(built)).status == "passed"
