"""The words of posts can be searched: FTS5 in SQLite, a tsvector in PostgreSQL."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = (
    "CREATE VIRTUAL TABLE posts_words USING fts5(title, body, content='posts', content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER posts_words_added AFTER INSERT ON posts BEGIN INSERT INTO posts_words(rowid, title, body) VALUES (new.id, new.title, new.body); END",
    "CREATE TRIGGER posts_words_gone AFTER DELETE ON posts BEGIN INSERT INTO posts_words(posts_words, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END",
    "CREATE TRIGGER posts_words_changed AFTER UPDATE OF title, body ON posts BEGIN INSERT INTO posts_words(posts_words, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); INSERT INTO posts_words(rowid, title, body) VALUES (new.id, new.title, new.body); END",
)
_POSTGRESQL = (
    "ALTER TABLE posts ADD COLUMN words tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', title), 'A') || to_tsvector('english', body)) STORED",
    "CREATE INDEX ix_posts_words ON posts USING gin (words)",
)


def upgrade() -> None:
    """Apply the step."""
    here = op.get_bind().dialect.name
    for statement in _SQLITE if here == "sqlite" else _POSTGRESQL:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Take the step back."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute(sa.text("ALTER TABLE posts DROP COLUMN words"))
        return
    for name in ("added", "gone", "changed"):
        op.execute(sa.text(f"DROP TRIGGER posts_words_{name}"))
    op.execute(sa.text("DROP TABLE posts_words"))
