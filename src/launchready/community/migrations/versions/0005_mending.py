"""Posts and comments tell that they were changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the step."""
    for table in ("posts", "comments"):
        op.add_column(table, sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take the step back."""
    for table in ("posts", "comments"):
        op.drop_column(table, "edited_at")
