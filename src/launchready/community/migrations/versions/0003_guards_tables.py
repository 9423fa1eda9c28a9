"""The tables that guard keeps in the app's database: events that were heeded, and what AI costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "launchready_events",
        sa.Column("source", sa.String(255), primary_key=True),
        sa.Column("event_id", sa.String(255), primary_key=True),
        sa.Column("seen_s", sa.BigInteger(), nullable=False),
    )
    op.create_index("launchready_events_seen", "launchready_events", ["seen_s"])
    op.create_table(
        "launchready_newest",
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
    )
    op.create_index("launchready_newest_created", "launchready_newest", ["created_us"])
    op.create_table(
        "ai_spending",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("member", sa.String(255), primary_key=True),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("nanodollars", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    """Take the step back."""
    for table in ("ai_spending", "launchready_newest", "launchready_events"):
        op.drop_table(table)
