"""The schema's migrations, as Alembic runs them."""
