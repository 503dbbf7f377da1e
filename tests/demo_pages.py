"""The captures of the demo's fictional vendor, and how a test ingests them."""

from core.dates import iso
from demo.captures import PAGES, archived_pages
from tests.conftest import Clausewatch

# File, time of capture and address of each capture, oldest first. The redirect has no file and is left out.
CAPTURES = tuple((f"{page.at:%Y%m%d%H%M%S}.html", iso(page.at), page.url) for page in archived_pages() if page.body)


def ingested(clausewatch: Clausewatch, count: int | None = None) -> Clausewatch:
    """Ingests the first `count` captures (None: all of them), and returns the command."""
    for name, moment, address in CAPTURES[:count]:
        clausewatch("ingest", PAGES / name, "--vendor", "lanternpost", "--captured-at", moment, "--url", address)
    return clausewatch
