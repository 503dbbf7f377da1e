"""Payloads: compressed, packed against similar ones, in the database or in an object store."""
