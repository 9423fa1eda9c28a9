from __future__ import annotations

from pathlib import Path

import pytest

from launchready.community.running import Community
from launchready.community.serving import app, settings_of
from tests.community.browser import Browser

MANIFEST = '[launch]\ndomain = "app.test"\n[routes]\n"app.test/members" = "private"\n'


async def test_a_new_community_starts_from_environment_variables_with_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "launchready.toml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/community.db")
    monkeypatch.setenv("COMMUNITY_SECRET", "s" * 32)
    made = app()
    async with Browser(made) as browser:
        listed = (await browser.get("/v1/circles")).json()["circles"]
    assert "Beans" in {circle["name"] for circle in listed}
    running: Community = made.app.state.community  # type: ignore[attr-defined]
    await running.close()
    await made.close()


def test_what_is_missing_is_named_at_once() -> None:
    with pytest.raises(ValueError, match="DATABASE_URL and COMMUNITY_SECRET"):
        settings_of({})


def test_without_a_manifest_it_says_so_instead_of_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"launchready\.toml"):
        app()
