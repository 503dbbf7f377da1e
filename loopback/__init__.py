"""Servers on 127.0.0.1. In the tests and in the demo, these servers replace a web archive and the sites of vendors.

- `archive` writes WARC files, and starts `pywb_front` in a separate process.
- `pywb_front` is a web server that serves WARC files like the Wayback Machine. The server answers index queries, and
  passes requests for archived pages on to pywb.
- `cdx_dialect` is the query language of the Wayback Machine's index.
- `faults` describes wrong HTTP responses, which tests can request from the archive.
- `pages` is a plain web server for live crawls.
"""
