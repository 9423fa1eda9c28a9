"""Every example on the guard's pages: the manifests are valid, and the Python runs with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, func, select

from launchready.guard import Guard, once
from launchready.manifest import parse_manifest
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


def test_every_page_stands_in_the_contents_and_tells_what_else_to_do() -> None:
    contents = (PAGES[0].parent.parent.parent / "mkdocs.yml").read_text()
    assert len(PAGES) == 12
    for page in PAGES:
        assert f"guard/{page.name}" in contents
        if page.stem != "index":
            assert "## When the app is not Python" in page.read_text()
