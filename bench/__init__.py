"""Benchmarks. They print their figures; compare ratios of one run, since machines differ."""
