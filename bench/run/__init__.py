"""Measures one run of 300 vendors, some of which fail."""
