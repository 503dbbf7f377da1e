"""Clients of web archives: they build requests and parse answers, and do no I/O of their own.

`crawler.archives.protocol` says what a client does and how to add one. The crawl knows that protocol alone.
"""

from core.settings import Settings
from crawler.archives.protocol import Archive
from crawler.archives.wayback import WaybackMachine


def configured_archive(environment: Settings) -> Archive:
    """Returns the client of the archive that the operator's settings name."""
    return WaybackMachine(environment.wayback_url)
