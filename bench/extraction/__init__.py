"""Measures how well and how fast captures are read and screened."""
