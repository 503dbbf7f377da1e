"""Benchmarks of the comparison: how right it is, how fast, and what hostile texts cost."""
