"""What strangers should not see: files, debug pages, secrets, open pages."""

from __future__ import annotations

from dataclasses import replace

from launchready.demo.answers import Answer, Request, json_answer, page
from launchready.demo.app import asked_otherwise, changed
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch
from launchready.demo.manifest import script

_PRIVATE = {"cache-control": "no-store"}


_TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/srv/willow/rooms.py", line 41, in open_room\n'
    '    room = rooms[int(request.query["id"])]\n'
    "ValueError: invalid literal for int() with base 10\n"
)


def _file(launch: DemoLaunch, path: str, body: str, kind: str = "text/plain") -> None:
    headers: dict[str, str | None] = {"content-type": kind, **_PRIVATE}
    launch.host().serve(path, Answer(body=body, headers=headers))


def _page(launch: DemoLaunch, path: str, title: str, main: str) -> None:
    html = f"<!doctype html><html><head><title>{title}</title></head><body>{main}</body></html>"
    launch.host().serve(path, page(html, cache_control="no-store"))


@defect("environment-file-exposed")
def env_file(launch: DemoLaunch) -> None:
    """The file with the app's passwords lies in the web root."""
    _file(launch, "/.env", "APP_ENV=production\nDATABASE_URL=postgres://willow:made-up@db/willow\n")


@defect("settings-file-exposed")
def settings_file(launch: DemoLaunch) -> None:
    """An editor left a copy of the settings, which the server hands out as text."""
    _file(launch, "/wp-config.php.bak", "<?php\ndefine('DB_PASSWORD', 'made-up');\n")


@defect("repository-exposed")
def git_folder(launch: DemoLaunch) -> None:
    """The site is a clone, and its history can be fetched."""
    _file(launch, "/.git/HEAD", "ref: refs/heads/main\n")
    _file(launch, "/.git/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n")


@defect("source-code-exposed")
def whole_project(launch: DemoLaunch) -> None:
    """The server was given the whole project as its folder of files."""
    code = "const express = require('express');\nconst app = express();\napp.listen(3000);\n"
    _file(launch, "/server.js", code, "text/javascript")


@defect("backup-exposed")
def dump(launch: DemoLaunch) -> None:
    """Last night's dump of the database lies beside the pages."""
    _file(
        launch, "/backup.sql", "-- PostgreSQL database dump\nCREATE TABLE members (id integer);\n"
    )


@defect("log-exposed")
def log(launch: DemoLaunch) -> None:
    """The log is written into the web root."""
    _file(launch, "/storage/logs/laravel.log", "[2026-11-20 08:00:00] production.ERROR: no room\n")


@defect("directory-listing")
def listing(launch: DemoLaunch) -> None:
    """The folder of uploads shows its files."""
    _page(launch, "/uploads/", "Index of /uploads/", "<h1>Index of /uploads/</h1><a>plan.pdf</a>")


@defect("debug-page-exposed")
def phpinfo(launch: DemoLaunch) -> None:
    """A page from setting up the server was never deleted."""
    _page(launch, "/phpinfo.php", "PHP 8.3.6 - phpinfo()", "<h1>PHP Version 8.3.6</h1>")


@defect("debug-page-exposed", variant="actuator")
def actuator(launch: DemoLaunch) -> None:
    """The running app tells its settings."""
    _file(launch, "/actuator/env", '{"propertySources": []}', "application/json")


@defect("admin-page-exposed")
def admin_area(launch: DemoLaunch) -> None:
    """The database's administration stands beside the site."""
    _page(launch, "/phpmyadmin/", "phpMyAdmin", '<form><input name="pma_username"></form>')


@defect("account-names-exposed")
def account_names(launch: DemoLaunch) -> None:
    """The names to log in with can be listed."""
    _file(
        launch, "/wp-json/wp/v2/users",
        '[{"id": 1, "name": "Gardener", "slug": "gardener", "avatar_urls": {}}]', "application/json",
    )  # fmt: skip


@defect("member-list-open")
def member_list(launch: DemoLaunch) -> None:
    """The list of members is given to whoever asks."""
    members = [{"id": n, "email": f"member{n}@willow.example"} for n in range(1, 4)]
    launch.host().serve("/api/members", json_answer(members, cache_control="no-store"))


@defect("api-docs-exposed")
def api_description(launch: DemoLaunch) -> None:
    """The description of every endpoint is public."""
    _file(
        launch, "/openapi.json", '{"openapi": "3.1.0", "info": {}, "paths": {}}', "application/json"
    )


@defect("metrics-exposed")
def metrics(launch: DemoLaunch) -> None:
    """The app's measurements are open to everyone: a server in front adds the token by itself."""

    def with_token(request: Request) -> Request:
        token = f"Bearer {request.state.metrics_token}"
        return replace(request, headers={**request.headers, "authorization": token})

    launch.host().serve("/metrics", asked_otherwise(with_token))


@defect("ai-endpoint-open")
def model(launch: DemoLaunch) -> None:
    """The language model answers whoever asks."""
    _file(
        launch, "/v1/models", '{"object": "list", "data": [{"object": "model", "id": "guide"}]}',
        "application/json",
    )  # fmt: skip


@defect("internal-endpoint-exposed")
def internal(launch: DemoLaunch) -> None:
    """An endpoint for the app's own parts answers strangers."""
    _file(launch, "/internal", '{"queue": 3, "workers": 2}', "application/json")


@defect("framework-debug-page")
def debug_mode(launch: DemoLaunch) -> None:
    """The app runs in debug mode and explains each missing page: guard's are switched off."""
    explained = page(
        "<title>Page not found</title><p>You're seeing this error because you have "
        "<code>DEBUG = True</code> in your Django settings file.</p>",
        status=404, cache_control="no-store",
    )  # fmt: skip
    launch.host("community").without_guard.add("errors")
    launch.host("community").otherwise = changed(lambda a: explained if a.status == 404 else a)


@defect("stack-trace-in-error")
def traceback(launch: DemoLaunch) -> None:
    """A wrong method ends in a traceback, and guard's error pages are switched off."""

    def fail(request: Request) -> Answer:
        status = 500 if request.method == "POST" else 0
        return Answer(status=status, body=_TRACE, headers=dict(_PRIVATE))

    launch.host("community").without_guard.add("errors")
    launch.host("community").before.insert(0, fail)


@defect("internal-id-in-error")
def database_error(launch: DemoLaunch) -> None:
    """A malformed query shows the database's own words: guard's error pages are switched off."""

    def fail(request: Request) -> Answer:
        status = 500 if "id[]" in request.query or "id%5B%5D" in request.query else 0
        return Answer(
            status=status, body="You have an error in your SQL syntax near '-1'\n",
            headers=dict(_PRIVATE),
        )  # fmt: skip

    launch.host("community").without_guard.add("errors")
    launch.host("community").before.insert(0, fail)


@defect("version-in-headers")
def version(launch: DemoLaunch) -> None:
    """The app tells the version it runs on."""
    launch.host("community").headers["x-powered-by"] = "PHP/8.1.2"


@defect("secret-in-page")
def secret(launch: DemoLaunch) -> None:
    """A key that belongs to the server was built into the script."""
    key = "SG." + "aB3dE5fG7hJ9kL1mN3pQ5r" + "." + "sT7uV9wX1yZ3aB5cD7eF9gH1jK3lM5nP7qR9sT1uV3w"
    _script_ends_in(launch, f'\nconst mail = "{key}";\n')


@defect("secret-in-page", variant="later")
def secret_in_chunk(launch: DemoLaunch) -> None:
    """The key stands in a part of the bundle that is loaded only when a member opens the chat."""
    key = "gsk_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5m"
    _script_ends_in(launch, '\nconst chat = () => import("./chat.js");\n')
    launch.host("static").serve(
        f"{script().rpartition('/')[0]}/chat.js",
        Answer(
            body=f'export const key = "{key}";\n',
            headers={"content-type": "text/javascript", "cache-control": "public, max-age=300"},
        ),
    )


@defect("source-map-public")
def source_map(launch: DemoLaunch) -> None:
    """The script's readable source lies beside it."""
    path = script()
    _script_ends_in(launch, f"\n//# sourceMappingURL={path.rpartition('/')[2]}.map\n")
    launch.host("static").serve(
        f"{path}.map",
        json_answer(
            {"version": 3, "sources": ["guide.ts"], "sourcesContent": ["// ask"], "mappings": ""},
            cache_control="public, max-age=31536000, immutable",
        ),
    )


def _script_ends_in(launch: DemoLaunch, text: str) -> None:
    def longer(answer: Answer) -> Answer:
        assert isinstance(answer.body, bytes)  # noqa: S101 - the app's answers are
        answer.body += text.encode()
        return answer

    launch.host("static").serve(script(), changed(longer))


@defect("private-page-open")
def open_room(launch: DemoLaunch) -> None:
    """The members' room opens without signing in."""
    _everybody_is_the_member(launch, "/members")


@defect("private-page-open", variant="data")
def open_data(launch: DemoLaunch) -> None:
    """The members' room is closed, and what its script fetches for it is given to everybody."""
    posts = {"posts": [{"by": "Gardener", "text": "Who waters the willows on Sunday?"}]}
    launch.host("app").serve("/members.json", json_answer(posts, cache_control="no-store"))


@defect("member-page-open")
def open_account(launch: DemoLaunch) -> None:
    """The members' room opens without signing in, and no route is declared for it."""
    _everybody_is_the_member(launch, "/members")
    del launch.manifest["routes"]["app.willow.example/members"]


@defect("member-page-open", variant="kept")
def kept_for_others(launch: DemoLaunch) -> None:
    """A cache keeps the members' room that the first member opens, and gives it to whoever comes."""
    kept: list[Answer] = []

    def keep(answer: Answer) -> Answer:
        if answer.status == 200 and not kept:
            kept.append(answer)
        return kept[0] if kept else answer

    launch.host("app").serve("/members", changed(keep))
    del launch.manifest["routes"]["app.willow.example/members"]


def _everybody_is_the_member(launch: DemoLaunch, path: str) -> None:
    def signed_in(request: Request) -> Request:
        return replace(request, headers={**request.headers, "cookie": request.app.cookie})

    launch.host("app").serve(path, asked_otherwise(signed_in))
