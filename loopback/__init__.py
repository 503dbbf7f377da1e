"""Servers on 127.0.0.1 that replace a web archive and vendors' sites in the tests and in the demo.

- `archive` writes WARC files and serves them like the Wayback Machine. The server is `pywb_front`, in a separate process.
- `pywb_front` is a web server in front of pywb. Replay requests are passed on to pywb; index queries are not.
- `cdx_dialect` is the query language of the Wayback Machine's index.
- `faults` describes wrong answers, which tests can request from the archive.
- `pages` is a plain web server for live crawls.
"""
