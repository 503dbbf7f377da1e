"""Measures how fast captures from WARC files are stored and read."""
