"""Clients of web archives. A client builds requests and parses HTTP responses; it does no I/O.

`crawler.archives.protocol` defines the interface of a client and explains how to add a client. The crawl uses a client
only through this interface.
"""

from core.settings import Settings
from crawler.archives.protocol import Archive
from crawler.archives.wayback import WaybackMachine


def configured_archive(environment: Settings) -> Archive:
    """Returns the client of the archive that is configured in the operator's settings."""
    return WaybackMachine(environment.wayback_url)
