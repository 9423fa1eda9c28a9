"""Subscriptions tell when they end because they were cancelled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply the step."""
    ends_at = sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("subscriptions", ends_at)


def downgrade() -> None:
    """Take the step back."""
    op.drop_column("subscriptions", "ends_at")
