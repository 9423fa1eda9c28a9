from __future__ import annotations

import pytest

from launchready.community.assets import assets
from tests.community.browser import Browser


@pytest.fixture
def database_url(tmp_path: object) -> str:
    """Say where the data is: what everybody sees does not depend on the database's kind."""
    return f"sqlite+aiosqlite:///{tmp_path}/community.db"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/", "Garden together, one balcony at a time."),
        ("/pricing", "9 a month"),
        ("/journal/first-evening", "Eleven of us"),
        ("/community", "What members talk about"),
        ("/interface", "nothing"),
        ("/files", "Styles, scripts and pictures"),
    ],
)
async def test_a_public_page_is_the_same_for_all_and_sets_no_cookie(
    browser: Browser, path: str, says: str
) -> None:
    answer = await browser.get(path)
    assert says in answer.text
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("name", ["willow.css", "willow.svg", "app.js", "htmx.min.js"])
async def test_a_file_is_served_under_a_name_with_its_hash(browser: Browser, name: str) -> None:
    asset = assets()[name]
    answer = await browser.get(asset.path)
    assert answer.content == asset.body
    assert answer.headers["content-type"] == asset.content_type


async def test_a_file_that_does_not_exist_is_404(browser: Browser) -> None:
    assert (await browser.get("/assets/willow.00000000.css")).status_code == 404


async def test_the_interface_lists_the_circles(browser: Browser) -> None:
    listed = (await browser.get("/v1/circles")).json()["circles"]
    assert [c["name"] for c in listed][:2] == ["Doorstep", "Beans"]
    assert set(listed[0]) == {"name", "about", "posts"}


async def test_the_door_leads_visitors_to_the_log_in(browser: Browser) -> None:
    assert (await browser.get("/door")).headers["location"] == "/login"


async def test_the_description_of_the_endpoints_is_not_public(browser: Browser) -> None:
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert (await browser.get(path)).status_code == 404
