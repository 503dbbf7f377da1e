"""Benchmark of the live crawl: `python -m bench.crawl`."""
