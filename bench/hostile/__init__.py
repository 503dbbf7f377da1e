"""Benchmark: inputs that are made to keep the program busy, and how its time grows with their size."""
