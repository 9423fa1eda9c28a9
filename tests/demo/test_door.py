from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from launchready.demo import Running
from launchready.demo.door import Door, door
from launchready.derive.pages.forms import forms
from launchready.manifest import load_manifest


@pytest.fixture
async def opened(willow: Running, tmp_path: Path) -> AsyncIterator[Door]:
    manifest = load_manifest(willow.manifest)
    async with door(willow.state, manifest, willow.environment, tmp_path) as entrance:
        yield entrance


@pytest.fixture
async def visitor(opened: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A browser: on localhost it keeps cookies for HTTPS too, which httpx does not."""
    held: dict[str, str] = {}

    async def bring(request: httpx.Request) -> None:
        request.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in held.items())

    async def keep(answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            held[name] = rest.partition(";")[0]

    hooks: dict[str, list[Any]] = {"request": [bring], "response": [keep]}
    async with httpx.AsyncClient(
        base_url=opened.url, trust_env=False, timeout=60, event_hooks=hooks
    ) as client:
        yield client


async def send(visitor: httpx.AsyncClient, path: str, **typed: str) -> httpx.Response:
    answer = await visitor.get(path)
    form = next(
        f
        for f in forms(answer.text, base=f"{visitor.base_url}{path}")
        if urlsplit(f.url).path == urlsplit(path).path
    )
    return await visitor.post(
        form.url,
        content=form.filled(typed),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )


@pytest.mark.parametrize("who", ["member", "admin"])
async def test_those_who_are_told_a_password_come_in(
    visitor: httpx.AsyncClient, opened: Door, willow: Running, who: str
) -> None:
    address = opened.admin if who == "admin" else opened.member
    answer = await send(visitor, "/login", email=address, password=willow.state.password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/members")
    assert (await visitor.get("/members")).status_code == 200
    assert (await visitor.get("/admin")).status_code == (200 if who == "admin" else 404)


async def test_no_page_leads_to_a_name_that_a_browser_does_not_find(
    visitor: httpx.AsyncClient, opened: Door, willow: Running
) -> None:
    await send(visitor, "/login", email=opened.member, password=willow.state.password)
    for path in ("/", "/pricing", "/members", "/guide", "/checkout"):
        html = (await visitor.get(path)).text
        for link in re.findall(r"(?:href|src|action)=\"(https?://[^\"]*)", html):
            assert link.startswith(opened.url), path


async def test_a_newcomer_joins_by_the_link_in_the_letter_that_lies_in_the_folder(
    visitor: httpx.AsyncClient, opened: Door
) -> None:
    joined = await send(
        visitor, "/signup", name="Ada", email="ada@new.example", password="a long password 1"
    )
    assert joined.status_code < 400
    for _ in range(1200):
        if files := list(opened.letters.glob("*.eml")):
            break
        await asyncio.sleep(0.05)
    letter = email.message_from_bytes(files[0].read_bytes(), policy=email.policy.default)
    link = re.search(rf"{opened.url}/confirm\S*", letter.get_content())
    assert link is not None
    assert (await visitor.get(link[0])).status_code == 200


async def test_what_the_demo_lacks_is_not_met_by_who_walks_through_it(
    visitor: httpx.AsyncClient,
) -> None:
    answer = await visitor.get("/")
    assert "content-security-policy" in answer.headers
    assert answer.headers["x-frame-options"] == "DENY"
