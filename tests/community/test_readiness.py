from __future__ import annotations

import asyncio
import re
from pathlib import Path

from launchready.community import Settings, guarded
from launchready.community.mail.letters import put_down
from launchready.community.plans import WILLOW
from launchready.community.running import Community
from launchready.guard import Guard
from launchready.manifest import parse_manifest
from tests.community.browser import Browser

MANIFEST = parse_manifest("""
[launch]
domain = "app.test"
[routes]
"app.test/webhooks/payments" = { kind = "webhook", signature = "stripe", secret_env = "HOOK" }
[guard]
metrics_token_env = "READS"
""")
ENVIRON = {"HOOK": "whsec_9f2c4b7d1a6e8035", "READS": "a-token-0f8e7d6c5b4a39281706"}


def made(tmp_path: Path) -> tuple[Guard, Community]:
    app = guarded(
        Settings(
            database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db",
            app_url="https://app.test",
            mail_folder=tmp_path / "mail",
        ),
        MANIFEST,
        environ=ENVIRON,
    )
    return app, app.app.state.community  # type: ignore[attr-defined]


async def test_ready_means_that_each_part_answers_by_its_name(tmp_path: Path) -> None:
    app, community = made(tmp_path)
    community.start()
    await asyncio.sleep(0)
    async with Browser(app) as browser:
        answer = await browser.client.get("/readyz")
        told = answer.json()
    await community.close()
    await app.close()
    assert (answer.status_code, told["ready"]) == (200, True)
    assert set(told["checks"]) == {"database", "disk", "worker", "payments"}


async def test_the_figures_tell_how_many_letters_wait_though_nobody_asks_whether_it_is_ready(
    tmp_path: Path,
) -> None:
    app, community = made(tmp_path)
    async with community.database.write() as session:
        put_down(session, "invite", "a@willow.example", now=community.now(), plan=WILLOW)
    community.post_office.end()  # nothing sends it meanwhile
    community.start()
    async with Browser(app) as browser, asyncio.timeout(30):
        for _ in range(600):
            figures = await browser.client.get(
                "/metrics", headers={"authorization": f"Bearer {ENVIRON['READS']}"}
            )
            if 'queue="letters"' in figures.text:
                break
            await asyncio.sleep(0.05)
    await community.close()
    await app.close()
    assert re.search(r'launchready_queue_depth\{queue="letters",worker="\d+"\} 1\.0', figures.text)


async def test_a_worker_that_never_ran_is_told_by_name(tmp_path: Path) -> None:
    app, community = made(tmp_path)
    async with Browser(app) as browser:
        answer = await browser.client.get("/readyz")
    await community.close()
    await app.close()
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"]["ok"] is False
    assert answer.json()["checks"]["database"]["ok"] is True
