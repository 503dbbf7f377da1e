"""Records in the store's journal which locations could be fetched, and which pages redirect permanently."""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import ParamSpec

from scrapy.http import Response

from core.addresses import without_userinfo
from core.exceptions import RefusedError, StorageError
from core.policies import PolicyKey
from crawler.location_fetch import LocationFetch
from storage.journal import Journal

_P = ParamSpec("_P")
# RFC 9110, sections 15.4.2 and 15.4.9: the target has a new permanent address.
_PERMANENT = (301, 308)


class FetchJournal:
    """The record of a live crawl's fetches.

    A record that the database refuses is a failure of its location only. Any other error of the store ends the crawl.
    """

    def __init__(self, journal: Journal, add_failure: Callable[[str, str], None], stop: Callable[[str], None]) -> None:
        """Writes nothing yet.

        add_failure: called with the location and the reason if a record was refused. stop: a function that ends the
        crawl early; its argument is the reason.
        """
        self._journal = journal
        self._add_failure = add_failure
        self._stop = stop

    async def begin(self, vendors: Collection[str], locations: Collection[tuple[PolicyKey, str]]) -> None:
        """Deletes what was recorded about locations of these vendors that are no longer fetched.

        vendors: slugs. locations: the locations that this crawl fetches, each with its policy.
        """
        await self._write("the record of earlier fetches", self._journal.keep_only, vendors, locations)

    async def note_failure(self, fetch: LocationFetch, reason: str) -> None:
        """Records that a page of a location could not be fetched. reason: the reason, in words."""
        await self._write(
            str(fetch),
            self._journal.note_failed_fetch,
            fetch.key,
            fetch.location.url,
            fetch.url,
            without_userinfo(reason),
            datetime.now(UTC),
        )

    async def note_success(self, fetch: LocationFetch) -> None:
        """Records that all pages of a location were fetched."""
        await self._write(
            f"{fetch.key} {fetch.location.url}",
            self._journal.note_fetched,
            fetch.key,
            fetch.location.url,
            fetch.moves,
            datetime.now(UTC),
        )

    async def _write(self, subject: str, write: Callable[_P, None], *arguments: _P.args, **keywords: _P.kwargs) -> None:
        try:
            await asyncio.to_thread(write, *arguments, **keywords)
        except RefusedError as error:
            self._add_failure(subject, f"the record of this fetch was refused: {error}")
        except StorageError as error:
            self._stop(str(error))


def moved_to(response: Response) -> str | None:
    """Returns the new address of a page that redirects permanently; None if it doesn't, or if its target is an error.

    From the first temporary redirect on, redirects are not followed: their targets may change.
    """
    request = response.request
    if request is None or not 200 <= response.status < 300:
        return None
    addresses = [*request.meta.get("redirect_urls", ()), response.url]
    permanent = 0
    for status in request.meta.get("redirect_reasons", ()):
        if status not in _PERMANENT:
            break
        permanent += 1
    return addresses[permanent] if permanent else None
