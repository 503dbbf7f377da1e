"""The captures of the demo's fictional vendor, as a test hands them to `clausewatch ingest`."""

from core.moments import iso
from demo.captures import archived_pages

# In order of capture: file, time of capture, address. The redirect among them has no file.
CAPTURES = tuple((f"{page.at:%Y%m%d%H%M%S}.html", iso(page.at), page.url) for page in archived_pages() if page.body)
