"""Members begin a new conversation with the guide."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply the step."""
    after = sa.Column("conversation_after", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("members", after)


def downgrade() -> None:
    """Take the step back."""
    op.drop_column("members", "conversation_after")
