"""The small app guarded, and how visitors ask it."""

from __future__ import annotations

import httpx

from launchready.guard import Guard, guard
from launchready.manifest import parse_manifest
from tests.guard.frameworks.serving import MANIFEST, TOKEN
from tests.guard.frameworks.two_pages import FRAMEWORKS, INSIDE

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"accept": "application/json"}
ORIGIN = "https://app.willow.example"


def guarded(framework: str, *, debug: bool = False) -> Guard:
    return guard(
        FRAMEWORKS[framework](debug=debug),
        parse_manifest(MANIFEST),
        environ={"METRICS_TOKEN": TOKEN},
    )


def gave_nothing_away(answer: httpx.Response) -> None:
    for part in (INSIDE, "Traceback", ".py", "RuntimeError", "DEBUG", "urlpatterns"):
        assert part not in answer.text
    assert answer.headers["cache-control"] == "no-store"
