"""Measures how many bytes stored captures take, and how fast they are stored."""
