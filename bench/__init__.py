"""Benchmarks, which print figures. Compare only ratios within one run, because the speed of machines differs."""
