"""How Alembic runs a migration: on the connection `storage.tables.schema` hands over, inside its transaction."""

from alembic import context

from storage.tables.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
