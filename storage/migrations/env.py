"""How Alembic runs a migration: on the connection `storage.schema` hands over, inside its transaction."""

from alembic import context

from storage.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
