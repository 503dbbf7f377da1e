"""The captures of the demo's fictional vendor, as a test hands them to `clausewatch ingest`."""

from core.dates import iso
from demo.captures import PAGES, archived_pages
from tests.conftest import Clausewatch

# In order of capture: file, time of capture, address. The redirect among them has no file.
CAPTURES = tuple((f"{page.at:%Y%m%d%H%M%S}.html", iso(page.at), page.url) for page in archived_pages() if page.body)


def ingested(clausewatch: Clausewatch, count: int | None = None) -> Clausewatch:
    """The command, when the first `count` of the captures are in its database; None: all of them."""
    for name, moment, address in CAPTURES[:count]:
        clausewatch("ingest", PAGES / name, "--vendor", "lanternpost", "--captured-at", moment, "--url", address)
    return clausewatch
