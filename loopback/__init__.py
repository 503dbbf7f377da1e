"""Real servers on 127.0.0.1 that stand in for the outside world in the tests and in the demo.

- `archive` writes WARC files and serves them as the Wayback Machine would. It starts `pywb_front` in a process of its
  own: pywb, behind a front that speaks the query language of the Wayback Machine's index (`cdx_dialect`) and answers
  with `faults` if a test asks for them.
- `pages` is a plain web server for live crawls.
"""
