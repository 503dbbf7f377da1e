"""The migrations of the schema. Alembic runs the migrations."""
