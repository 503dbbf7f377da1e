"""Benchmarks of the comparison: the quality, the speed, and the time and memory that hostile texts need."""
