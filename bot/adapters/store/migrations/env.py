"""Alembic's entry: runs on the connection that the store hands over, each migration in a transaction of its own."""

from alembic import context

from bot.adapters.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
