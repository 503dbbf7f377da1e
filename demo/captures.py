"""The demo's fictional vendor: its declaration, and the archived captures of its policy."""

from datetime import UTC, datetime
from pathlib import Path

from loopback.archive import DatedPage

PAGES = Path(__file__).parent / "pages"
OLD_ADDRESS = "http://www.lanternpost.example/privacy.html"
NEW_ADDRESS = "https://www.lanternpost.example/legal/privacy"

# The time at which the policy moved from the old address to the new address.
_MOVED = datetime(2023, 1, 10, tzinfo=UTC)


def archived_pages() -> list[DatedPage]:
    """Returns the archived captures: the pages in demo/pages, and a redirect from the old address to the new address.

    The file name of each page is the time of its capture.
    """
    pages = []
    for path in sorted(PAGES.glob("2*.html")):
        captured_at = datetime.strptime(path.stem, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        pages.append(
            DatedPage(url=OLD_ADDRESS if captured_at < _MOVED else NEW_ADDRESS, at=captured_at, body=path.read_bytes())
        )
    pages.append(
        DatedPage(
            url=OLD_ADDRESS,
            at=datetime(2023, 11, 30, 17, 44, tzinfo=UTC),
            status=301,
            headers=(("Location", NEW_ADDRESS),),
        )
    )
    return pages


def declaration(live_address: str) -> str:
    """Returns the vendor's declaration as YAML. live_address: the address at which the demo serves the live page."""
    return f"""\
name: Lanternpost
homepage: https://www.lanternpost.example/
policies:
  privacy:
    locations:
      - url: {OLD_ADDRESS}
        until: 2024-01-01
      - url: {NEW_ADDRESS}
        since: 2023-01-01
        until: 2025-01-01
      # The fictional vendor's page of today.
      - url: {live_address}
        since: 2025-01-01
"""
