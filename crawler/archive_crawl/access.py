"""The archive crawl's access to the archive and to the database, and the record of requests that failed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from scrapy import Request
from scrapy.exceptions import CloseSpider
from twisted.python.failure import Failure

from core.exceptions import StorageError
from crawler.archives.protocol import Archive, Limits, RequestKind, download_slot
from crawler.backoff import ArchiveGivenUpInterrupt, Gate
from crawler.failures import RequestNotSentInterrupt, reason
from crawler.outcome import Tally
from storage.archive_listings import ArchiveListings

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(slots=True, eq=False)
class ArchiveAccess:
    """What all parts of an archive crawl use.

    archive: the client of the archive.
    limits: the limits on requests to the archive.
    gate: decides when a request to the archive may be sent.
    listings: the listings and the captures to fetch, in the database.
    tally: the counts of the crawl.
    begun_at: the time at which the crawl began.
    stop: a function that ends the crawl early. Its argument is the reason, as text.
    """

    archive: Archive
    limits: Limits
    gate: Gate
    listings: ArchiveListings
    tally: Tally
    begun_at: datetime
    stop: Callable[[str], None]
    _gave_up: bool = False

    def request(self, kind: RequestKind, url: str, callback: Any, errback: Any, arguments: dict[str, Any]) -> Request:
        """Returns a request to the archive.

        arguments: the keyword arguments of the callback.
        """
        return Request(
            url,
            callback,
            errback=errback,
            headers=dict(self.archive.request_headers),
            dont_filter=True,
            meta={"archive": kind, "gate": self.gate, "download_slot": download_slot(kind)},
            cb_kwargs=arguments,
        )

    async def in_thread(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
        """Calls a method of the store in another thread and returns its result. A StorageError ends the crawl."""
        try:
            return await asyncio.to_thread(function, *arguments, **keywords)
        except StorageError as error:
            self.stop(str(error))
            raise CloseSpider("stopped") from None

    def note_failure(self, failure: Failure, subject: str) -> None:
        """Records a failed request. If the crawl gave up the archive, records one failure, not one for each request."""
        if not isinstance(failure.value, RequestNotSentInterrupt):
            self.tally.add_failure(subject, reason(failure))
        elif isinstance(failure.value, ArchiveGivenUpInterrupt) and not self._gave_up:
            self._gave_up = True
            self.tally.add_early_end(
                self.archive.site.address, f"{failure.value}; the next crawl continues where this one stopped"
            )
