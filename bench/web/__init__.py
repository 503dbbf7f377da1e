"""Benchmark: how fast the reading room is over a million captures, and what search and traces cost to build."""
