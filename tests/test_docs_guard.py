"""Every example on the guard's pages: the manifests are valid, and the Python runs with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import create_engine, func, select

from launchready.expected import THROTTLED_KINDS
from launchready.guard import Guard, once
from launchready.guard.limits.rules import rules_for
from launchready.guard.parts import PARTS
from launchready.guard.routes import ANSWER_MAX_S, ANSWER_MAX_S_ELSE, BODY_MAX_BYTES, Kind
from launchready.manifest import RouteEntry, RouteKind, parse_manifest
from tests.guard.frameworks.two_pages import FRAMEWORKS

PAGES = sorted((Path(__file__).parent.parent / "docs" / "guard").glob("*.md"))
LAUNCH = '[launch]\ndomain = "example.org"\n'
ENVIRONMENT = {
    "SESSION_SECRET": "k3J9x0Qw7ZpLm2Vt8Rb5",
    "DATABASE_URL": "postgresql://db.internal/community",
    "STRIPE_KEY": "sk_live_k3J9x0Qw7ZpLm2Vt8Rb5",
    "STRIPE_WEBHOOK_SECRET": "whsec_k3J9x0Qw7ZpLm2Vt8Rb5",
    "OPENAI_API_KEY": "sk-k3J9x0Qw7ZpLm2Vt8Rb5",
    "METRICS_TOKEN": "k3J9x0Qw7ZpLm2Vt8Rb5",
    "SENTRY_DSN": "http://public@127.0.0.1:9/1",
    "VALKEY_URL": "valkey://127.0.0.1:9",
}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def manifest_of(page: Path) -> str:
    text = "\n".join(blocks(page, "toml"))
    return text if "[launch]" in text else LAUNCH + text


@pytest.fixture
def in_a_community(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    FRAMEWORKS["django"]()
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_pages_manifest_is_valid(page: Path) -> None:
    parse_manifest(manifest_of(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_a_pages_python_runs(page: Path, in_a_community: Path) -> None:
    (in_a_community / "launchready.toml").write_text(manifest_of(page))
    examples = blocks(page, "python")
    assert len(examples) >= 2, "one for FastAPI, one for Django"
    for example in examples:
        names: dict[str, Any] = {"__name__": page.stem}
        exec(compile(example, page.name, "exec"), names)  # noqa: S102 - our own pages
        for made in names.values():
            if isinstance(made, Guard):
                await made.close()


async def test_a_form_that_is_sent_again_after_the_process_was_killed_has_one_effect(
    in_a_community: Path,
) -> None:
    page = next(page for page in PAGES if page.stem == "twice")
    (in_a_community / "launchready.toml").write_text(manifest_of(page))
    example = next(e for e in blocks(page, "python") if "import once" in e)
    made = create_engine("sqlite:///community.db")
    once.metadata.create_all(made)
    for _ in ("before it was killed", "after"):
        names: dict[str, Any] = {"__name__": page.stem}
        exec(compile(example, page.name, "exec"), names)  # noqa: S102 - our own pages
        transport = httpx.ASGITransport(app=names["app"])
        async with httpx.AsyncClient(transport=transport, base_url="https://example.org") as client:
            answer = await client.post("/join", data={"_submission": "a-token-of-its-form"})
        assert answer.headers["location"] == "/welcome"
        await names["app"].close()
        await names["engine"].dispose()
    with made.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(once.events)) == 1
    made.dispose()


async def test_what_the_chat_pages_example_answers_is_counted_in_the_figures(
    in_a_community: Path,
) -> None:
    page = next(page for page in PAGES if page.stem == "chat")
    nobody = 'base_url = "http://127.0.0.1:9/v1"'
    manifest = re.sub(r'base_url = "https://[^"]*"', nobody, manifest_of(page))
    (in_a_community / "launchready.toml").write_text(manifest)
    names: dict[str, Any] = {"__name__": page.stem}
    exec(compile(blocks(page, "python")[0], page.name, "exec"), names)  # noqa: S102 - our own pages
    transport = httpx.ASGITransport(app=names["app"])
    async with httpx.AsyncClient(transport=transport, base_url="https://example.org") as client:
        await client.post("/chat", json={"question": "Where do I begin?"})
    text, _ = names["app"].figures.page()
    await names["guide"].close()
    await names["app"].close()
    assert b'launchready_chat_fallbacks_total{reason="unreachable"' in text


def rows(page: str, heading: str) -> Iterator[list[str]]:
    """Yield the cells of the rows of the table that begins so."""
    text = (PAGES[0].parent / page).read_text().partition(heading)[2]
    for line in text.partition("\n\n")[0].splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_switches_that_the_guards_page_names_are_its_parts() -> None:
    named = {n for row in rows("index.md", "| page |") for n in re.findall(r"`([^`]+)`", row[2])}
    assert named == PARTS


def test_the_limits_that_its_page_tells_are_those_that_hold() -> None:
    told = {
        kind.strip(): [int(n) for n in re.findall(r"\b(\d+)\b(?! minutes)", limit)]
        for kinds, limit in rows("limits.md", "| kind |")
        for kind in kinds.split(",")
    }
    assert set(told) == THROTTLED_KINDS
    for kind, numbers in told.items():
        held = rules_for(RouteEntry(url="https://example.org/x", kind=cast("RouteKind", kind)))
        assert list(dict.fromkeys(rule.requests for rule in held)) == numbers


def test_the_sizes_and_times_that_their_page_tells_are_those_that_hold() -> None:
    units = {"KiB": 1024, "MiB": 1024 * 1024}
    told: set[Kind] = set()
    for kinds, size, time in rows("health.md", "| kind |"):
        number, _, unit = size.partition(" ")
        for name in (k.strip() for k in kinds.split(",")):
            kind = None if name == "undeclared" else cast("RouteKind", name)
            told.add(kind)
            assert BODY_MAX_BYTES[kind] == (int(number) * units[unit] if unit else 0), name
            # A time that stands for one kind of the row alone stands behind its name.
            own = re.search(rf"{name} (\d+) s", time) or re.match(r"(\d+) s", time)
            if own:
                assert ANSWER_MAX_S.get(kind, ANSWER_MAX_S_ELSE) == float(own[1]), name
    assert told == set(BODY_MAX_BYTES)


def test_every_page_stands_in_the_contents_and_tells_what_else_to_do() -> None:
    contents = (PAGES[0].parent.parent.parent / "mkdocs.yml").read_text()
    assert len(PAGES) == 12
    for page in PAGES:
        assert f"guard/{page.name}" in contents
        if page.stem != "index":
            assert "## When the app is not Python" in page.read_text()
