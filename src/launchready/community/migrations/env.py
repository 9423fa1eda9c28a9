"""Run by Alembic: the steps on the connection that `upgrade` has opened."""

from alembic import context

from launchready.community.tables import Table
from launchready.guard import once

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=[Table.metadata, once.metadata],
    render_as_batch=connection.dialect.name == "sqlite",
    # SQLite has it, too, whatever Alembic thinks of its drivers: ours begins by itself.
    transactional_ddl=True,
)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        # Processes that start together migrate one after the other.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305)")
    context.run_migrations()
