"""What Alembic runs: migrations go through the connection that :mod:`plugin.store.schema` hands over."""

from __future__ import annotations

from alembic import context

from plugin.store.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations are run by 'signgate db upgrade', not by Alembic's own command")

context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
