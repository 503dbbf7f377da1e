"""Clients of web archives: they build requests and parse answers, and do no I/O of their own."""
