"""Subscriptions tell what is bought, and how long the doors stay open when a payment failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the step. What was open stays open until an event tells the price."""
    for name, length in (("email", 254), ("price", 120)):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("subscriptions", column)
    grace_until = sa.Column("grace_until", sa.DateTime(timezone=True), nullable=True)
    op.add_column("subscriptions", grace_until)
    op.create_index("ix_subscriptions_grace_until", "subscriptions", ["grace_until"])
    op.execute("UPDATE subscriptions SET grace_until = paid_until WHERE status = 'past_due'")


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_subscriptions_grace_until", "subscriptions")
    for name in ("grace_until", "price", "email"):
        op.drop_column("subscriptions", name)
