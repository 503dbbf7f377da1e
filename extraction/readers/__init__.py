"""Reads bytes into blocks of text: one reader for each format, and what the readers share (encodings, links)."""
