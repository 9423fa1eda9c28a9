"""What proves that a sensitive path is public, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.exposure.exposed_paths import asked_paths, gist, placed, recognise
from launchready.facts.http import Exchange
from tests.making import exchange

PATHS = placed("example.org")
NOWHERE = exchange("https://example.org/nowhere", status=404, body="<h1>Not found</h1>")
HTML = {"Content-Type": "text/html"}


def at(path: str, body: bytes | str, *, html: bool = False, status: int = 200) -> Exchange:
    fields = HTML if html else {"Content-Type": "application/octet-stream"}
    return exchange(f"https://example.org{path}", status=status, headers=fields, body=body)


EXPOSED: list[tuple[str, bytes | str]] = [
    ("/server.js", "const express = require('express')\napp.listen(3000)\n"),
    ("/index.js", "import express from 'express'\nexpress().listen(process.env.PORT)\n"),
    ("/app.py", "import os\nfrom flask import Flask\napp = Flask(__name__)\n"),
    ("/manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'club.settings')\n"),
    ("/index.php~", "<?php\n$password = 'hunter2';\n"),
    ("/package.json", '{"scripts": {"start": "node server.js"}, "dependencies": {"pg": "^8.1.0"}}'),
    ("/composer.json", '{"require": {"php": "^8.2"}}'),
    ("/.mcp.json", '{"mcpServers": {"mail": {"env": {"MAIL_API_KEY": "hunter2"}}}}'),
    ("/.env.production.local", "STRIPE_SECRET_KEY=hunter2\n"),
    ("/.dev.vars", "OPENAI_API_KEY=hunter2\n"),
    ("/example.zip", b"PK\x03\x04"),
    ("/example.sql", "CREATE TABLE members (id int);\n"),
    (
        "/api/members",
        '[{"email":"hunter2@example.org"},{"email":"b@example.org"},{"email":"c@example.org"}]',
    ),
    ("/members.csv", "id,name,email\n1,Ada,hunter2@example.org\n"),
    ("/_ignition/health-check", '{"can_execute_commands":true}'),
    ("/api/v1/chatflows", '[{"id":"1","name":"Guide","flowData":"{}","deployed":true}]'),
    ("/.env", "# production\nAPP_KEY=base64:abc\nexport DB_HOST=localhost\n"),
    ("/.env", b"\xef\xbb\xbfAPP_KEY=base64:abc\nDB_HOST=localhost\n"),
    ("/.env", "OPENAI_API_KEY=sk-1\n"),
    ("/.env", "# mail\nsmtp_host = mail\nsmtp_password = hunter2\n"),
    ("/.git/HEAD", "ref: refs/heads/main\n"),
    ("/.git/HEAD", "ab" * 32 + "\n"),
    ("/.git/HEAD", "0123456789abcdef0123456789abcdef01234567\n"),
    ("/.git/config", "[core]\n\trepositoryformatversion = 0\n"),
    ("/.svn/wc.db", b"SQLite format 3\x00..."),
    ("/.DS_Store", b"\x00\x00\x00\x01Bud1\x00"),
    ("/server.key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"),
    ("/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"),
    ("/config/master.key", f"{'0f' * 16}\n"),
    ("/.htpasswd", "admin:$apr1$abcdefgh$0123456789012345678901\n"),
    ("/backup.zip", b"PK\x03\x04\x14\x00"),
    ("/backup.tar.gz", b"\x1f\x8b\x08\x00\x00"),
    ("/dump.sql", "-- MySQL dump 10.13\n--\n"),
    ("/dump.sql", "--\n-- PostgreSQL database dump\n--\n"),
    ("/db.sqlite3", b"SQLite format 3\x00\x10\x00"),
    ("/wp-config.php.bak", "<?php\ndefine( 'DB_PASSWORD', 'x' );\n"),
    ("/config.json", '{"smtp": {"smtp_password": "hunter2"}}'),
    ("/docker-compose.yml", "services:\n  web:\n    image: nginx\n"),
    ("/nginx_status", "Active connections: 3 \nserver accepts\n"),
    ("/actuator/env", '{"activeProfiles":[],"propertySources":[{}]}'),
    ("/metrics", "# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n"),
    ("/openapi.json", '{"openapi":"3.1.0","info":{"title":"x"},"paths":{}}'),
    ("/swagger.json", '{\n  "swagger": "2.0",\n  "info": {}}'),
    ("/v1/models", '{"object":"list","data":[{"id":"gpt","object":"model"}]}'),
    ("/api/tags", '{"models":[{"name":"llama","modified_at":"2026-01-01"}]}'),
    (
        "/gradio_api/info",
        '{"named_endpoints":{"/chat":{"parameters":[{"parameter_name":"message"}]}}}',
    ),
    (
        "/api/v2/tenants/default_tenant/databases/default_database/collections",
        '[{"id":"7f3c","name":"lessons","configuration_json":{},"dimension":1536}]',
    ),
    ("/v1/schema", '{"classes":[{"class":"Lesson","vectorizer":"text2vec-openai"}]}'),
    ("/internal", '{"queue": 3, "workers": []}'),
    ("/.env.staging", "APP_ENV=staging\nDB_PASSWORD=hunter2\n"),
    ("/.envrc", "export STRIPE_SECRET=hunter2\n"),
    ("/backend/.env", "JWT_SECRET=hunter2\n"),
    ("/.git/index", b"DIRC\x00\x00\x00\x02\x00\x00\x00\x01"),
    ("/.git/packed-refs", "# pack-refs with: peeled fully-peeled sorted \n" + "ab" * 20 + " refs/"),
    ("/.git/logs/HEAD", "0" * 40 + " " + "ab" * 20 + " Ada <a@example.org> 1 +0000\tclone\n"),
    ("/.svn/entries", "10\n\ndir\n42\nhttps://svn.example.org/repo\n"),
    ("/.hg/requires", "dotencode\nfncache\nrevlogv1\nstore\n"),
    ("/example.org.zip", b"PK\x03\x04\x14\x00"),
    ("/example.org.tar.gz", b"\x1f\x8b\x08\x00\x00"),
    ("/backup.dump", b"PGDMP\x01\x0f\x00"),
    ("/dump.rdb", b"REDIS0011\xfa"),
    ("/.ssh/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"),
    ("/wp-config.php.save", "<?php\ndefine('DB_PASSWORD', 'x');\n"),
    ("/.wp-config.php.swp", b"b0VIM 8.2\x00\x00<?php\ndefine('DB_PASSWORD', 'x');\n"),
    ("/.npmrc", "_auth=dXNlcjpwYXNz\n"),
    ("/.npmrc", "//registry.npmjs.org/:_authToken=npm_x\n"),
    ("/.pypirc", "[pypi]\nusername = __token__\npassword = pypi-x\n"),
    ("/.netrc", "machine github.com\n  login ada\n  password hunter2\n"),
    ("/.git-credentials", "https://ada:hunter2@github.com\n"),
    ("/.docker/config.json", '{"auths":{"https://index.docker.io/v1/":{"auth":"eDp5"}}}'),
    ("/.kube/config", "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\n"),
    ("/terraform.tfstate", '{"version": 4, "terraform_version": "1.5.0", "resources": []}'),
    ("/.bash_history", "cd /var/www\nls -la\nmysql -u root -phunter2\n"),
    ("/appsettings.json", '{"ConnectionStrings":{"Default":"Server=x;User Id=a;Password=y"}}'),
    ("/web.config", '<configuration><connectionStrings><add connectionString="Password=y"/>'),
    ("/config/secrets.yml", "production:\n  secret_key_base: abcdef0123456789\n"),
    ("/application.properties", "spring.datasource.password=hunter2\n"),
    ("/settings.py", "DEBUG = True\nSECRET_KEY = 'hunter2'\n"),
    ("/Dockerfile", "FROM python:3.13\nCOPY . .\n"),
    ("/compose.yaml", "services:\n  db:\n    image: postgres\n"),
    ("/env", '{"profiles":[],"systemProperties":{"java.runtime.name":"x"}}'),
    ("/jolokia/version", '{"value":{"agent":"1.7","protocol":"7.2"},"status":200}'),
    ("/swagger/v1/swagger.json", '{"openapi":"3.0.1","info":{"title":"x"},"paths":{}}'),
    ("/openapi.yaml", "openapi: 3.0.0\ninfo:\n  title: x\npaths: {}\n"),
    ("/exports/", '[\n{ "name":"a.csv", "type":"file", "mtime":"Mon", "size":1 }\n]'),
]
EXPOSED += [
    ("/.env", "DB_PASSWORD=x\nAPP_KEY=y\n".encode("utf-16")),
    ("/.env", "STRIPE_SECRET_KEY: sk_live_x\n"),
    ("/backup.sql", "SET statement_timeout = 0;\nCOPY public.members (id) FROM stdin;\n"),
    ("/backup.sql", "-- phpMyAdmin SQL Dump\n"),
    ("/metrics", 'go_goroutines 12\nprocess_open_fds 9\nhttp_requests_total{code="200"} 8\n'),
    ("/", '<?xml version="1.0"?><ListBucketResult xmlns="x"><Name>club</Name>'),
    ("/", '<?xml version="1.0"?><EnumerationResults ServiceEndpoint="x"><Blobs>'),
    ("/collections", '{"result":{"collections":[{"name":"lessons"}]},"status":"ok","time":0.1}'),
]
EXPOSED_PAGES: list[tuple[str, str]] = [
    ("/letter_opener", "<!DOCTYPE html><title>LetterOpenerWeb</title>"),
    ("/good_job", "<!DOCTYPE html><title>Good Job Dashboard</title>"),
    ("/", "<html><head><title>Index of /</title></head><body><h1>Index of /</h1>members.csv"),
    ("/flower/", '<!doctype html><title>Flower</title><link href="/static/css/flower.css">'),
    ("/sidekiq", "<!doctype html><html><head><title>[PRODUCTION] Sidekiq</title><h3>Enqueued</h3>"),
    (
        "/horizon",
        "<!DOCTYPE html><title>Horizon - Club</title><script>window.Horizon = {};</script>",
    ),
    (
        "/telescope",
        "<!DOCTYPE html><title>Telescope</title><script>window.Telescope = {};</script>",
    ),
    ("/uploads/", '<!DOCTYPE html><title>Files within club/</title><ul id="files"><li>'),
    (
        "/uploads/",
        "<!DOCTYPE html><div class=meta-item></div>Served with <a href='https://caddyserver.com'>",
    ),
    ("/docs", "<!doctype html><elements-api apiDescriptionUrl='openapi.yaml'></elements-api>"),
    ("/trace.axd", "<html><h1>Application Trace</h1><h2>Requests to this Application</h2>"),
    ("/server-info", "<!DOCTYPE html><title>Server Information</title>Server Settings"),
    ("/static/", "<html><head><title>Index of /static/</title></head><body><h1>Index of /static/"),
    ("/wp-content/uploads/", "<title>Index of /wp-content/uploads</title><h1>Index of"),
    ("/files/", "<!DOCTYPE HTML><html><head><title>Directory listing for /files/</title>"),
    (
        "/docs",
        "<!DOCTYPE html><link rel=stylesheet href=https://cdn/swagger-ui.css><div id=swagger-ui>",
    ),
    ("/redoc", "<!DOCTYPE html><redoc spec-url='/openapi.json'></redoc>"),
    (
        "/phpinfo.php",
        "<!DOCTYPE html><title>PHP 8.3.1 - phpinfo()</title><h1>PHP Version 8.3.1</h1>",
    ),
    (
        "/server-status",
        "<!DOCTYPE HTML><title>Apache Status</title><h1>Apache Server Status for x</h1>",
    ),
    ("/debug/pprof/", "<html><head><title>/debug/pprof/</title></head>goroutine"),
    (
        "/admin",
        (
            "<html><a href='/admin/users'>Users</a><a href='/admin/orders'>Orders</a>"
            "<a href='/admin/settings'>Settings</a><a href='/logout'>Log out</a>"
        ),
    ),
    (
        "/admin",
        "<html><title>Log in | Django site admin</title><form><input type='password'></form>",
    ),
]
INNOCENT: list[tuple[str, str, bool]] = [
    ("/index.js", "import React from 'react';\nconsole.log(process.env.NODE_ENV)\n", False),
    ("/app.js", "const e = require('events'); socket.listen(1)\n", False),
    ("/app.py", "print('hello')\n", False),
    ("/package.json", '{"name": "club", "version": "1.0.0"}', False),
    ("/.mcp.json", '{"mcpServers": {"x": {"env": {"API_KEY": "${API_KEY}"}}}}', False),
    ("/api/users", '[{"id": 1, "name": "Ada"}, {"id": 2}, {"id": 3}]', False),
    ("/api/members", '{"contact": {"email": "hello@example.org"}}', False),
    ("/api/users", '{"email": "", "error": "email is required", "fields": ["email"]}', False),
    ("/users.csv", "Not found, sorry. Write us an e-mail.\n", False),
    ("/jobs", "<html><title>Good jobs at the club</title></html>", True),
    ("/_ignition/health-check", '{"can_execute_commands":false}', False),
    ("/horizon", "<html><title>On the Horizon: our retreat</title></html>", True),
    ("/telescope", "<html><title>Telescope nights for members</title></html>", True),
    ("/sidekiq", "<html><title>Sidekiq - Login</title><input type=password></html>", True),
    ("/hangfire", "<html><title>Hangfire, a blog post</title></html>", True),
    ("/files/", "<html><title>Files within reach: our library</title></html>", True),
    ("/collections", '{"collections":[{"id":1,"name":"Spring","status":"active"}]}', False),
    ("/internal", '{"error":"unauthorized"}', False),
    ("/internal", '{"message":"Not Found","statusCode":404}', False),
    ("/metrics", '{"members": 12}', False),
    ("/.env", "<!doctype html><title>App</title>DEBUG=1\nKEY=2", True),
    ("/.env", "nothing here\n", False),
    ("/.git/HEAD", "Not found", False),
    ("/config.json", '{"apiUrl": "https://api.example.org", "theme": "dark"}', False),
    ("/config.json", '{"password": ""}', False),
    ("/metrics", "<html><h1>Our metrics</h1></html>", True),
    ("/docs", "<html><title>How to join</title>Welcome to the docs</html>", True),
    ("/admin", "<html><title>Members</title><form><input type='email'></form></html>", True),
    ("/internal", "<html>Internal</html>", True),
    ("/static/", "<html><title>Statics</title></html>", True),
    ("/config/master.key", f"{'0f' * 20}\n", False),
    ("/config/master.key", f"the key is {'0f' * 16}\n", False),
    ("/.htpasswd", "name: value\n", False),
    ("/.env", "a line = of text\n", False),
    ("/.env", "SECRET_KEY=\n", False),
    ("/.env", "The secret of this page = patience\n", False),
    ("/v1/models", '{"error": "missing key"}', False),
    ("/.env.development", "VITE_API_URL=https://api.example.org\nBROWSER=none\n", False),
    ("/config.json", '{"forgotPasswordUrl": "/reset", "passwordMinLength": "8"}', False),
    ("/config.json", '{"resetPassword": "/reset", "password_hint": "ask us"}', False),
    (
        "/appsettings.json",
        '{"ConnectionStrings":{"Default":"Server=x;Trusted_Connection=True"}}',
        False,
    ),
    ("/web.config", "<configuration><system.webServer><rewrite/></system.webServer>", False),
    ("/config.yml", "# password: ask\ntitle: Meadow\npassword:\n", False),
    ("/.git-credentials", "https://example.org/help\n", False),
    ("/.bash_history", "cd is a command\n", False),
    ("/workers", "<html><title>Flower shops and their workers</title></html>", True),
    ("/", "<html><title>An index of gardens</title></html>", True),
    ("/Dockerfile", "From our kitchen\nCopy this recipe\n", False),
    ("/.svn/entries", "12\n", False),
]


@pytest.mark.parametrize(("path", "body"), EXPOSED)
def test_a_file_that_must_not_be_public_is_recognised(path: str, body: bytes | str) -> None:
    found = recognise(path, at(path, body), NOWHERE)
    assert found is not None


@pytest.mark.parametrize(("path", "body"), EXPOSED_PAGES)
def test_a_page_that_must_not_be_public_is_recognised(path: str, body: str) -> None:
    assert recognise(path, at(path, body, html=True), NOWHERE) is not None


@pytest.mark.parametrize(("path", "body", "html"), INNOCENT)
def test_something_else_at_the_path_proves_nothing(path: str, body: str, html: bool) -> None:
    assert recognise(path, at(path, body, html=html), NOWHERE) is None


def test_a_part_of_a_file_is_the_file_as_well() -> None:
    answer = at("/.env", "APP_KEY=base64:abc\nDB_HOST=localhost\n", status=206)
    assert recognise("/.env", answer, NOWHERE) is not None


def test_an_admin_page_without_log_in_is_graver_than_its_log_in_page() -> None:
    open_page, log_in = (at("/admin", body, html=True) for _, body in EXPOSED_PAGES[-2:])
    found = [recognise("/admin", page, NOWHERE) for page in (open_page, log_in)]
    assert [f.grade for f in found if f] == ["secret", "surface"]


def test_what_a_random_path_gets_as_well_proves_nothing() -> None:
    body = "A_SETTING=1\nANOTHER=2\n"
    nowhere = at("/nowhere", body + "AND_THIS=" + "other words " * 50)
    assert recognise("/.env", at("/.env", body), nowhere) is None


def test_a_refusal_proves_nothing() -> None:
    assert recognise("/.env", at("/.env", "A_A=1\nB_B=2\n", status=403), NOWHERE) is None


@pytest.mark.parametrize(("path", "body"), [*EXPOSED, *EXPOSED_PAGES])
def test_what_is_kept_of_an_answer_is_recognised_again(path: str, body: bytes | str) -> None:
    answer = at(path, body, html=(path, body) in EXPOSED_PAGES)
    found = recognise(path, answer, NOWHERE)
    assert found is not None
    again = recognise(path, at(path, gist(found, answer.body)), NOWHERE)
    assert again == found


def test_what_is_kept_of_any_secret_file_holds_no_value() -> None:
    for path, body in EXPOSED:
        found = recognise(path, at(path, body), NOWHERE)
        assert found is not None
        assert b"hunter2" not in gist(found, at(path, body).body)


def test_archives_are_asked_for_under_the_name_of_the_host_and_of_its_domain() -> None:
    asked = asked_paths("www.example.org")
    assert {"/www.example.org.zip", "/example.org.zip", "/example.org.sql"} <= set(asked)
    assert "/org.zip" not in asked_paths("example.org")


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Z][A-Z_]{3,9}", fullmatch=True),
            st.text(alphabet=st.characters(codec="ascii", exclude_categories=["C"]), min_size=12),
        ),
        min_size=2,
    )
)
def test_no_value_of_an_env_file_is_kept(lines: list[tuple[str, str]]) -> None:
    body = "\n".join(f"{name}={value}" for name, value in lines).encode()
    found = recognise("/.env", at("/.env", body), NOWHERE)
    assert found is not None
    kept = gist(found, body).decode().split("\n")
    assert all(line.endswith("=") for line in kept)
    assert {line.rstrip("=") for line in kept} <= {name for name, _ in lines}


@given(st.sampled_from(PATHS), st.binary(max_size=400))
def test_any_answer_is_judged_without_a_crash(path: object, body: bytes) -> None:
    for candidate in asked_paths("example.org")[:5]:
        recognise(candidate, at(candidate.partition("?")[0], body), NOWHERE)
    for known in PATHS:
        if known is path:
            assert len(gist(known[1], body)) <= len(body) * 4 + 64


@pytest.mark.parametrize("piece", [b" ", b"\n", b'"secret', b"<title>", b"<a ", b"A", b"[core"])
def test_a_body_made_to_stall_the_patterns_does_not(piece: bytes) -> None:
    body = piece * (20_000 // len(piece))
    for at_path, path in PATHS:
        assert recognise(at_path, at(at_path, body, html=path.html), NOWHERE) is None
