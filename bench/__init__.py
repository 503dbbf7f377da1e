"""Benchmarks: they compare ratios in one run and print their figures."""
