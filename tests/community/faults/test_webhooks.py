from __future__ import annotations

import signal

from tests.community.faults.webhooks import TIMES, deliver_over_crashes


async def test_every_event_sent_twenty_times_shuffled_over_two_crashes_has_one_effect(
    database_url: str,
) -> None:
    seen = await deliver_over_crashes(database_url)
    assert seen.wrong == []
    assert seen.counted["killed"] == [-signal.SIGKILL] * 2
    assert seen.statuses[200] >= seen.counted["events"] * TIMES
    assert seen.counted["effects"] == seen.counted["events"]
