"""How fast captures are kept, read and committed, from WARC files."""
