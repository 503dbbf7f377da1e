"""The tables: models, column types, seals and migrations."""
