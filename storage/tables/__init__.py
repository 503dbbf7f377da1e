"""The database's tables: models, column types, seals and migrations."""
