"""How fast captures out of WARC files are kept and read."""
