"""Letters to be sent, put down in the transaction of what they tell."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.tables import Letter

Kind = Literal["confirm", "reset", "welcome", "invite", "receipt"]


def put_down(
    session: AsyncSession, kind: Kind, recipient: str, *, now: dt.datetime, **details: Any
) -> None:
    """Keep a letter for the worker; it goes out if the transaction does what it is about."""
    domain = recipient.rpartition("@")[2]
    session.add(
        Letter(
            kind=kind,
            recipient=recipient,
            details=details,
            message_id=f"<{uuid.uuid4().hex}@{domain}>",
            created_at=now,
            due_at=now,
        )
    )
