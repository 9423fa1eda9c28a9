"""The community as its command serves it, where a busy machine does not pass for a lost store."""

from __future__ import annotations

from launchready.community import serving
from launchready.guard.wrapping import Guard

PATIENT_S = 20.0


def app() -> Guard:
    """Return what `launchready.community.serving:app` returns; its stores may take their time."""
    served = serving.app()
    for store in (served.throttle._store, served.submissions._store):
        assert store is not None
        store._deadline_s = PATIENT_S
    return served
