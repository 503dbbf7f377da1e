"""The captures of the demo's fictional vendor, and a function that ingests them."""

from pathlib import Path

from core.dates import iso
from demo.captures import NEW_ADDRESS, PAGES, archived_pages
from tests.conftest import Clausewatch

# The file name, time and address of each capture, oldest first. The archived redirect is left out, as it has no file.
CAPTURES = tuple((f"{page.at:%Y%m%d%H%M%S}.html", iso(page.at), page.url) for page in archived_pages() if page.body)


# A page that shares no sentence with the policy, and its text.
HELD_SENTENCES = (
    "Autumn catalogue",
    "Woollen socks, felt slippers and tea cosies are knitted by hand in small numbers until they run out.",
)
HELD_PAGE = "<!DOCTYPE html><title>Lanternpost</title><main><h1>{}</h1><p>{}</p></main>".format(*HELD_SENTENCES)
HELD_TEXT = " ".join(HELD_SENTENCES)


def with_held_text(clausewatch: Clausewatch, folder: Path) -> Clausewatch:
    """Ingests two captures of the policy and two captures that are held. Returns `clausewatch`.

    The numbers of the held captures are 3 and 4. folder: a folder for the page that is ingested.
    """
    ingested(clausewatch, 2)
    page = folder / "held.html"
    page.write_text(HELD_PAGE, encoding="utf-8")
    for moment in ("2024-06-01", "2024-06-02"):
        clausewatch("ingest", page, "--vendor", "lanternpost", "--captured-at", moment, "--url", NEW_ADDRESS)
    return clausewatch


def ingested(clausewatch: Clausewatch, count: int | None = None) -> Clausewatch:
    """Ingests the first `count` captures, or all captures if `count` is None. Returns `clausewatch`."""
    for name, moment, address in CAPTURES[:count]:
        clausewatch("ingest", PAGES / name, "--vendor", "lanternpost", "--captured-at", moment, "--url", address)
    return clausewatch
