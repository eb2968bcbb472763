"""Alembic's way in. Migrations run on the connection they are given, in the transaction that store/migrate.py began."""

from alembic import context

from store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():  # its commit ends the transaction that was begun
    context.run_migrations()
