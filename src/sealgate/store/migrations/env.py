"""Alembic's entrance. The connection comes from `store.migrating`, inside its transaction; there is no other way in."""

from alembic import context

from sealgate.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the transaction is the caller's
    version_table_pk=True,
)
context.run_migrations()
