from __future__ import annotations

import contextlib
import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from launchready.community.database import upgrade
from launchready.community.plans import TRIAL_PRICE
from launchready.community.running import Community
from launchready.community.serving import app, database_url, settings_of
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


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///community.db", "sqlite+aiosqlite:///community.db"),
        ("postgres://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
        ("postgresql://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
        ("postgresql+psycopg://a:b@host/name", "postgresql+psycopg://a:b@host/name"),
    ],
)
def test_a_database_is_named_as_hosting_providers_name_it(given: str, used: str) -> None:
    assert database_url(given) == used


def test_a_database_that_it_does_not_run_on_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="sqlite:/// or postgresql://") as refused:
        database_url("mysql://ada:hunter2@host/name")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("given", ["mail.example.org:587", "smtp://", "http://ada:hunter2@host"])
def test_a_mail_server_that_is_no_url_is_refused_by_the_name_of_its_variable(given: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL begins with smtp://") as refused:
        settings_of({"DATABASE_URL": "sqlite:///c.db", "COMMUNITY_SECRET": "s", "SMTP_URL": given})
    assert "hunter2" not in str(refused.value)


def test_without_a_mail_server_there_is_none() -> None:
    settings = settings_of({"DATABASE_URL": "sqlite:///c.db", "COMMUNITY_SECRET": "s" * 32})
    assert settings.smtp_url is None


@pytest.mark.parametrize("url", ["postgresql://ada:hunter2@127.0.0.1:1/name", "sqlite:///{file}"])
def test_a_database_that_cannot_be_used_is_told_in_a_sentence_without_its_password(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "launchready.toml").write_text(MANIFEST)
    (tmp_path / "other").write_text("no database" * 100)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url.format(file=tmp_path / "other"))
    monkeypatch.setenv("COMMUNITY_SECRET", "s" * 32)
    with pytest.raises(SystemExit, match=r"The database cannot be used: .+DATABASE_URL") as refused:
        app()
    assert "hunter2" not in str(refused.value)


def test_processes_that_start_together_make_one_whole_database(tmp_path: Path) -> None:
    path = tmp_path / "community.db"
    fresh = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(3, mp_context=fresh) as processes:
        list(processes.map(upgrade, [f"sqlite:///{path}"] * 3))
    with contextlib.closing(sqlite3.connect(path)) as made:
        assert made.execute("SELECT count(*) FROM circles").fetchone() == (0,)
    assert {file.name for file in tmp_path.iterdir()} == {"community.db"}


async def test_a_file_is_found_by_its_plain_name_too(browser: Browser) -> None:
    assert (await browser.get("/assets/willow.svg")).headers["content-type"] == "image/svg+xml"
    assert (await browser.get("/assets/willow.txt")).status_code == 404


def _environ(**more: str) -> dict[str, str]:
    return {"DATABASE_URL": "sqlite:///c.db", "COMMUNITY_SECRET": "s" * 32, **more}


def test_prices_are_named_with_their_plans() -> None:
    settings = settings_of(_environ(PLAN_PRICES="price_1=willow, price_2=willow"))
    assert settings.plans == {"price_1": "willow", "price_2": "willow"}


@pytest.mark.parametrize("given", ["price_1", "=willow", "price_1=", "price_1=oak"])
def test_a_price_without_a_plan_of_ours_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="price_1Abc=willow"):
        settings_of(_environ(PLAN_PRICES=given))


def test_a_payment_link_without_a_price_is_refused_for_no_payment_would_open_anything() -> None:
    link = {"PAYMENT_LINK": "https://pay.example/willow"}
    with pytest.raises(ValueError, match="Please set PLAN_PRICES"):
        settings_of(_environ(**link))
    assert settings_of(_environ(**link, PLAN_PRICES="price_1=willow")).plans == {
        "price_1": "willow"
    }


def test_the_test_payment_knows_its_own_price() -> None:
    assert settings_of(_environ(PAYMENTS_SECRET="whsec_test")).plans == {TRIAL_PRICE: "willow"}
