"""Runs the migrations on the connection that `storage.tables.schema` passes, inside the connection's transaction."""

from alembic import context

from storage.tables.subscription_models import SubscriberRow

context.configure(connection=context.config.attributes["connection"], target_metadata=SubscriberRow.metadata)
context.run_migrations()
