"""Payloads: compressed whole or as deltas against similar ones, and stored in the database or in an object store."""
