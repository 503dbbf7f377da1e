"""Servers on 127.0.0.1 that replace a web archive and vendors' sites in the tests and in the demo.

- `archive` writes WARC files, and starts `pywb_front` in a separate process, which serves the files like the Wayback
  Machine.
- `pywb_front` is a web server in front of pywb. The server answers index queries and passes replay requests on to pywb.
- `cdx_dialect` is the query language of the Wayback Machine's index.
- `faults` describes wrong answers, which tests can request from the archive.
- `pages` is a plain web server for live crawls.
"""
