"""The captures of the demo's fictional vendor, and a function that ingests them."""

from core.dates import iso
from demo.captures import PAGES, archived_pages
from tests.conftest import Clausewatch

# The file name, time and address of each capture, oldest first. The archived redirect is left out, as it has no file.
CAPTURES = tuple((f"{page.at:%Y%m%d%H%M%S}.html", iso(page.at), page.url) for page in archived_pages() if page.body)


def ingested(clausewatch: Clausewatch, count: int | None = None) -> Clausewatch:
    """Ingests the first `count` captures, or all captures if `count` is None. Returns `clausewatch`."""
    for name, moment, address in CAPTURES[:count]:
        clausewatch("ingest", PAGES / name, "--vendor", "lanternpost", "--captured-at", moment, "--url", address)
    return clausewatch
