"""Two worker processes behind one port: a scrape meets one of them, and says which."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

TOKEN = "k3J9x0Qw7ZpLm2Vt8Rb5"
STARTS_WITHIN_S = 60
APP = f"""
from fastapi import FastAPI

from launchready.guard import guard
from launchready.manifest import parse_manifest

app = FastAPI()
app.get("/")(lambda: "hello")
manifest = parse_manifest('''
[launch]
domain = "willow.example"
[routes]
"willow.example/" = "page"
[guard]
metrics_token_env = "METRICS_TOKEN"
''')
app = guard(app, manifest, environ={{"METRICS_TOKEN": "{TOKEN}"}})
"""
_ANSWERS = re.compile(
    r'^launchready_answers_total\{route="/",status="200",worker="(\d+)"\} (\S+)$', re.MULTILINE
)
_WORKERS = re.compile(r'worker="(\d+)"')


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "two.py").write_text(APP)
    log = tmp_path / "log"
    command = [
        sys.executable, "-m", "uvicorn", "two:app", "--port", "0", "--workers", "2",
        "--no-access-log",
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=out, stderr=out)
        try:
            until = time.monotonic() + STARTS_WITHIN_S
            while log.read_text().count("Application startup complete") < 2:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            found = re.search(r"running on (http://\S+)", log.read_text())
            assert found is not None
            yield found[1]
        finally:
            process.terminate()
            process.wait(30)


def _get(url: str) -> str:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


def test_what_scrapes_of_two_workers_tell_adds_up_to_every_answer(two_workers: str) -> None:
    newest: dict[str, float] = {}
    asked = Counter[str]()
    # Each request takes a connection of its own, and whichever worker is free takes that.
    for _ in range(400):
        _get(f"{two_workers}/")
        asked["pages"] += 1
        page = _get(f"{two_workers}/metrics")
        assert len(set(_WORKERS.findall(page))) == 1
        assert all("worker=" in line for line in page.splitlines() if line[:1] not in {"", "#"})
        for worker, count in _ANSWERS.findall(page):
            assert float(count) >= newest.get(worker, 0.0), "a counter of one worker went back"
            newest[worker] = float(count)
        if len(newest) == 2 and sum(newest.values()) == asked["pages"]:
            return
    pytest.fail(f"{newest} never added up to {asked['pages']}")
