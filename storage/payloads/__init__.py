"""Payloads: each is compressed by itself, or as a delta against a similar payload, and stored in the database or in an
object store.
"""
