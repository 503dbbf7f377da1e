"""Stores payloads in the database or in an object store.

Each payload is compressed by itself, or as a delta against a similar payload.
"""
