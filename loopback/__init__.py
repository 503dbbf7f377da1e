"""Servers on 127.0.0.1 that stand in for the outside world in tests and in the demo.

`archive` starts a Wayback-compatible web archive over WARC files, `pages` a plain web server; both are real servers.
"""
