"""Paths that must not be public, and what in an answer proves that they are.

An answer proves it when every pattern of its entry is found, the answer is not the one that a
random path gets, and the random path's answer does not match the patterns as well. Patterns match
names and marks only, never values, so that what they matched can be kept: see `gist`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import urlsplit

from launchready.derive.same_page import same_page
from launchready.facts.exposure import Probe
from launchready.facts.http import Exchange

Grade = Literal["secret", "inside", "surface"]
"""`secret`: gives away passwords, code or data. `inside`: shows how the app runs, or lets act on
it. `surface`: tells attackers where to look."""

_GIST_MAX = 20
SHOWN = frozenset({200, 203, 206})
"""Statuses of an answer that holds what lies at a path (RFC 9110 section 15.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path to ask for, what lies there in plain words, and the patterns that prove it."""

    path: str
    what: str
    grade: Grade
    patterns: tuple[re.Pattern[bytes], ...]
    at_least: int = 1
    """So many matches of the first pattern are needed."""
    html: bool = False
    """False: an HTML page there is something else."""


def _marks(*patterns: bytes) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(p, re.MULTILINE | re.IGNORECASE) for p in patterns)


def _paths(
    what: str,
    grade: Grade,
    names: str,
    *patterns: bytes,
    at_least: int = 1,
    html: bool = False,
    case: bool = False,
) -> list[Path]:
    marks = tuple(re.compile(p, re.MULTILINE) for p in patterns) if case else _marks(*patterns)
    return [
        Path(path=f"/{name}", what=what, grade=grade, patterns=marks, at_least=at_least, html=html)
        for name in names.split()
    ]


# Patterns run over hostile text: none may scan the same stretch again from many starts.
_LINE = rb"^(?:\xef\xbb\xbf)?[ \t]*(?:export )?"
_ASSIGNMENT = _LINE + rb"[A-Z][A-Z0-9_]{2,}[ \t]*="
# One line is enough where its name says what it holds; the value itself stays out.
_SECRET_ASSIGNMENT = (
    _LINE + rb"\w{0,40}(?:passw(?:or)?d|secret|token|_key|database_url|dsn)\w{0,40}[ \t]*=[ \t]*"
    rb"(?=[^\s]|\Z)"
)
# The name and the opening quote of a value that is there; the value itself stays out.
_SECRET_IN_JSON = (
    rb'"[\w.-]{0,40}(?:passw(?:or)?d|secret|private[_-]?key|database[_-]?url|connection[_-]?string|'
    rb'smtp_pass|access[_-]?token)[\w.-]{0,40}"\s*:\s*"(?=[^"]|\Z)'
)

PATHS: tuple[Path, ...] = (
    *_paths("a file of secrets and settings", "secret",
            ".env .env.local .env.production .env.bak",
            _ASSIGNMENT, at_least=2, case=True),
    *_paths("a file of secrets and settings", "secret",
            ".env .env.local .env.production .env.bak", _SECRET_ASSIGNMENT),
    *_paths("the source code's history", "secret", ".git/HEAD",
            rb"\A(?:ref: refs/|(?:[0-9a-f]{40}|[0-9a-f]{64})\s*\Z)"),
    *_paths("the source code's history", "secret", ".git/config", rb"^\[core\]"),
    *_paths("the source code's history", "secret", ".svn/wc.db", rb"\ASQLite format 3"),
    *_paths("a list of the folder's files", "surface", ".DS_Store", rb"\A\x00\x00\x00\x01Bud1"),
    *_paths("a private key", "secret", "id_rsa server.key",
            rb"^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    *_paths("access keys of the hosting account", "secret", ".aws/credentials",
            rb"^[ \t]*aws_secret_access_key\s*="),
    *_paths("a package registry's access token", "secret", ".npmrc", rb"_authToken\s*="),
    *_paths("password hashes", "secret", ".htpasswd",
            rb"^[^\s:<]{1,80}:(?:\$apr1\$|\$2[aby]\$|\{SHA\})"),
    *_paths("keys of a service account", "secret", "credentials.json",
            rb'"(?:private_key|client_secret)"\s*:\s*"'),
    *_paths("a copy of the site", "secret",
            "backup.zip www.zip", rb"\APK\x03\x04"),
    *_paths("a copy of the site", "secret", "backup.tar.gz", rb"\A\x1f\x8b\x08"),
    *_paths("a copy of the database", "secret", "dump.sql backup.sql database.sql",
            rb"^(?:CREATE TABLE|INSERT INTO|DROP TABLE|-- (?:MySQL|MariaDB) dump|-- PostgreSQL database)"),
    *_paths("a copy of the database", "secret", "backup.sql.gz", rb"\A\x1f\x8b\x08"),
    *_paths("the database itself", "secret", "db.sqlite3 database.sqlite app.db",
            rb"\ASQLite format 3"),
    *_paths("the database password", "secret", "wp-config.php.bak wp-config.php~",
            rb"define\(\s*['\"]DB_PASSWORD['\"]"),
    *_paths("the program's settings", "secret", "config.php.bak", rb"<\?php"),
    *_paths("the program's settings", "secret", "config/database.yml",
            rb"^[ \t]*adapter:", rb"^[ \t]*(?:password|database):"),
    *_paths("the program's settings", "secret", "config.json appsettings.json",
            _SECRET_IN_JSON),
    *_paths("how the app is run", "inside", "docker-compose.yml",
            rb"^services:", rb"^[ \t]+(?:image|build|ports|environment):"),
    *_paths("the program's log", "secret", "storage/logs/laravel.log",
            rb"^\[\d{4}-\d\d-\d\d[ T][\d:.+-]+\] \w+\.(?:ERROR|INFO|DEBUG|WARNING|CRITICAL):"),
    *_paths("the program's log", "inside", "wp-content/debug.log error.log",
            rb"^(?:\[[^\]\n]{8,40}\] |\d{4}[-/]\d\d[-/]\d\d[ T][\d:.,]+ ).{0,40}"
            rb"(?:PHP (?:Warning|Notice|Fatal|Deprecated)|ERROR|\[error\]|DEBUG|Traceback)"),
    *_paths("the web server's status", "inside", "server-status",
            rb"Apache (?:Server )?Status", html=True),
    *_paths("the web server's status", "inside", "nginx_status", rb"^Active connections: "),
    *_paths("the PHP settings", "inside", "phpinfo.php info.php", rb"<title>[^<]*phpinfo\(\)",
            rb"PHP Version", html=True),
    *_paths("the settings of the running app", "secret", "actuator/env", rb'"propertySources"\s*:'),
    *_paths("the controls of the running app", "inside", "actuator", rb'"_links"\s*:',
            rb"/actuator/(?:env|beans|heapdump|loggers|mappings|metrics|threaddump)"),
    *_paths("the inside of the running app", "inside", "debug/pprof/", rb"/debug/pprof/",
            rb"goroutine", html=True),
    *_paths("the inside of the running app", "inside", "debug/vars", rb'"memstats"\s*:'),
    *_paths("a debug page", "inside", "_profiler", rb"Symfony Profiler", html=True),
    *_paths("a debug page", "secret", "telescope", rb"<title>[^<]*Telescope",
            html=True),
    *_paths("a debug page", "inside", "horizon", rb"<title>[^<]*Horizon", html=True),
    *_paths("a debug page", "inside", "_debugbar/open", rb'"(?:__meta|utime|uri)"\s*:',
            rb'"(?:id|datetime)"\s*:'),
    *_paths("a debug page", "inside", "__debug__/",
            rb"djdt|Django Debug Toolbar|Data for this panel isn't available", html=True),
    *_paths("a console that runs code", "secret", "console", rb"Interactive Console|EVALEX\s*=",
            rb"werkzeug|__debugger__", html=True),
    *_paths("the app's routes", "inside", "rails/info/routes", rb"Rails\.root|<title>Routes|Helper</th>",
            rb"Controller#Action", html=True),
    *_paths("the app's error log", "inside", "elmah.axd", rb"Error log for", html=True),
    *_paths("the database's administration", "inside", "phpmyadmin/ adminer.php",
            rb"phpMyAdmin|<title>[^<]*Adminer", rb"pma_username|pma_password|auth\[username\]|auth\[server\]",
            html=True),
    *_paths("an admin area without a log-in", "secret", "admin",
            rb"<a\s[^<>]*href=[\"']?(?:https?://[^/\"'\s>]+)?/?(?:admin|dashboard|administrator)/[\w-]+",
            rb"(?:log|sign)[ -]?out", at_least=3, html=True),
    *_paths("the log-in of the admin area", "surface", "admin admin/login",
            rb"<title>[^<]*admin", rb"<input[^<>]*type=[\"']?password", html=True),
    *_paths("the names of the accounts", "surface", "wp-json/wp/v2/users",
            rb'"slug"\s*:', rb'"id"\s*:\s*\d', rb'"avatar_urls"\s*:'),
    *_paths("the description of the API", "surface",
            "docs api/docs swagger swagger-ui.html swagger-ui/ api-docs redoc",
            rb"swagger-ui(?:-bundle|-standalone|\.css|-dist)|SwaggerUIBundle|<redoc|redoc\.standalone|"
            rb"Scalar\.createApiReference|id=[\"']api-reference[\"']", html=True),
    *_paths("the description of the API", "surface",
            "openapi.json swagger.json api/openapi.json v3/api-docs api/schema/",
            rb'^(?:openapi|swagger)[ \t]*:[ \t]*["\']?[23]\.|"(?:openapi|swagger)"\s*:\s*"[23]\.',
            rb'"?(?:paths|info)"?\s*:'),
    *_paths("the description of the API", "surface",
            "graphql?query=%7B__schema%7BqueryType%7Bname%7D%7D%7D", rb'"__schema"\s*:', rb'"queryType"'),
    *_paths("a console for the API", "surface", "graphiql",
            rb"<title>[^<]*(?:GraphiQL|GraphQL Playground)|GraphiQL\.createFetcher", html=True),
    *_paths("the app's measurements", "inside", "metrics",
            rb"^# (?:HELP|TYPE) [A-Za-z_:]"),
    *_paths("an internal endpoint", "inside", "internal internal/config",
            rb"\A\s*[\[{]", rb'"[\w.-]+"\s*:'),
    *_paths("the settings of the running app", "secret", "debug env",
            _SECRET_IN_JSON),
    *_paths("an AI model that anyone can use", "inside", "v1/models",
            rb'"object"\s*:\s*"list"', rb'"object"\s*:\s*"model"'),
    *_paths("an AI model that anyone can use", "inside", "api/tags", rb'"models"\s*:\s*\[',
            rb'"(?:modified_at|digest)"\s*:'),
    *_paths("an AI model that anyone can use", "inside", "gradio_api/info",
            rb'"named_endpoints"\s*:', rb'"parameter_name"\s*:'),
    *_paths("the chatbot's knowledge base", "secret", "collections",
            rb'"collections"\s*:\s*\[', rb'"(?:status|name)"\s*:'),
    *_paths("the chatbot's knowledge base", "secret",
            "api/v2/tenants/default_tenant/databases/default_database/collections",
            rb"\A\s*\[\s*\{", rb'"(?:configuration_json|log_position|dimension)"\s*:'),
    *_paths("the chatbot's knowledge base", "secret", "v1/schema",
            rb'"classes"\s*:\s*\[', rb'"(?:vectorizer|vectorIndexType)"\s*:'),
    *_paths("a list of the folder's files", "surface",
            "static/ assets/ uploads/ media/ files/ backup/ wp-content/uploads/",
            rb"<title>\s*(?:Index of /|Directory listing for|listing directory )|\[To Parent Directory\]",
            html=True),
)  # fmt: skip
"""What is asked of each host, in order; a path may stand twice with different patterns."""


def asked_paths() -> tuple[str, ...]:
    """Return each path to ask once, in order."""
    return tuple(dict.fromkeys(p.path for p in PATHS))


def recognise(path: str, answer: Exchange, nowhere: Exchange) -> Path | None:
    """Return what an answer proves to be public at a path; None when it proves nothing.

    `nowhere` is the host's answer to a random path. A trailing slash or a query does not count.
    """
    if answer.status not in SHOWN or answer.challenge or same_page(answer, nowhere):
        return None
    for candidate in PATHS:
        if _bare(candidate.path) == _bare(path) and _matches(candidate, answer):
            return None if nowhere.status == 200 and _matches(candidate, nowhere) else candidate
    return None


def exposed(probe: Probe) -> tuple[tuple[Path, Exchange], ...]:
    """Return each thing that a probe found to be public, with the answer that proves it."""
    found = []
    for answer in probe.found:
        path = recognise(urlsplit(answer.url).path, answer, probe.nowhere)
        if path is not None:
            found.append((path, answer))
    return tuple(found)


def gist(path: Path, body: bytes) -> bytes:
    """Return only what the patterns matched: enough to recognise it again, and no secret's value."""
    found: list[bytes] = []
    for number, pattern in enumerate(path.patterns):
        matches = islice(pattern.finditer(body), _GIST_MAX if number == 0 else 1)
        found += [match[0].strip(b"\r\n") for match in matches]
    return b"\n".join(found)


def _bare(path: str) -> str:
    return path.partition("?")[0].strip("/")


def _matches(candidate: Path, answer: Exchange) -> bool:
    body = answer.body
    if not candidate.html and _is_html(answer):
        return False
    first, *others = candidate.patterns
    if candidate.at_least > 1:
        if sum(1 for _ in first.finditer(body)) < candidate.at_least:
            return False
    elif first.search(body) is None:
        return False
    return all(p.search(body) for p in others)


def _is_html(answer: Exchange) -> bool:
    start = answer.body[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype", b"<html", b"<head", b"<body"))
