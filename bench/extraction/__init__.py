"""Benchmarks of extraction: its accuracy, speed and memory use."""
