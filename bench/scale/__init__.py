"""Measures how long commands take as the database grows."""
