"""Runs the migrations on the connection that `storage.tables.schema` passes, inside the connection's transaction."""

from alembic import context

from storage.tables.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
