"""The second half of the archive crawl: requests the listed captures, and makes captures from the responses.

The request for a listed capture is called a *replay*.
"""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from core.captures import Capture
from core.dates import iso
from crawler.archive_crawl.access import ArchiveAccess
from crawler.archive_crawl.policy_crawl import PolicyCrawl, proves_checksum
from crawler.archives.protocol import ArchiveRedirect, CaptureNotGiven, Replay
from crawler.backoff import ArchiveKeepsFailingError
from crawler.captures import FetchedCapture, archived_capture, header_map, repeated_capture
from crawler.failures import RequestNotSentInterrupt, reason, request_of
from storage import CaptureToFetch, KnownPayload


class ReplayPart:
    """Requests the listed captures of policies whose listings are complete.

    listed_policies: the number of policies whose captures this part has begun to request.
    listed_captures: the number of captures of these policies that were to be fetched when the requests began.
    """

    def __init__(
        self, access: ArchiveAccess, logger: "logging.LoggerAdapter[Any]", on_finished: Callable[[int], None]
    ) -> None:
        """Sends nothing yet.

        logger: the crawl's log. on_finished: called with the number of listed captures that are finished.
        """
        self.listed_policies = 0
        self.listed_captures = 0
        self._access = access
        self._logger = logger
        self._on_finished = on_finished

    async def next_steps(self, crawl: PolicyCrawl, room: int) -> list[Request | FetchedCapture]:
        """Returns the next steps for a policy whose listings are complete: requests, or captures to store.

        If a payload with a capture's checksum is stored already, the result contains the capture instead of a request.

        room: upper limit of the number of steps.
        """
        site = self._access.archive.site
        if crawl.payloads is None:
            known = await self._access.in_thread(self._access.listings.known_payloads, crawl.key, site.name)
            crawl.payloads = dict(known)
            self.listed_policies += 1
            count = await self._access.in_thread(self._access.listings.count_to_fetch, crawl.key, site.name)
            self.listed_captures += count
            self._access.tally.count_to_fetch(count)
        requested_checksums = crawl.requested_checksums()
        ids = [to_fetch.id for to_fetch in crawl.under_way.values()]
        captures_to_fetch = await self._access.in_thread(
            self._access.listings.to_fetch, crawl.key, site, ids, requested_checksums, room
        )
        steps: list[Request | FetchedCapture] = []
        for to_fetch in captures_to_fetch:
            listed = to_fetch.listed
            if to_fetch.checksum in crawl.payloads:
                known_payload = crawl.payloads[to_fetch.checksum]
                provenance = self._access.archive.provenance(
                    listed, self._access.archive.replay_url(listed.timestamp, listed.original)
                )
                repeated = repeated_capture(crawl.key, known_payload, listed, self._access.begun_at, provenance)
                steps.append(FetchedCapture(repeated, None, crawl.policy))
            elif to_fetch.tried or to_fetch.checksum in requested_checksums:
                continue  # another capture with the same checksum is under way
            else:
                steps.append(self._replay_request(crawl, to_fetch, Replay.begin(listed)))
                if to_fetch.checksum is not None:
                    requested_checksums.add(to_fetch.checksum)
            crawl.under_way[listed.index_key] = to_fetch
        return steps

    def note_stored(self, crawl: PolicyCrawl, capture: Capture) -> None:
        """Removes a capture that has been stored from the captures under way, and adds its payload to the known ones.

        ValueError if no row of an index led to the capture.
        """
        index_key = capture.provenance.index_key if capture.provenance is not None else None
        if index_key is None:
            raise ValueError("an archive crawl stored a capture that has no row in the index")
        to_fetch = crawl.under_way[index_key]
        if to_fetch.checksum is not None and proves_checksum(capture) and crawl.payloads is not None:
            crawl.payloads[to_fetch.checksum] = KnownPayload(capture.sha256, capture.media_type)
        self._finish(crawl, to_fetch)

    def _replay_request(
        self, crawl: PolicyCrawl, to_fetch: CaptureToFetch, replay: Replay, redirect: FetchedCapture | None = None
    ) -> Request:
        """Returns the request for a capture.

        redirect: if an archived redirect led to this request, the redirect's response; otherwise None.
        """
        url = self._access.archive.replay_url(replay.timestamp, replay.url)
        arguments = {"crawl": crawl, "to_fetch": to_fetch, "replay": replay, "redirect": redirect}
        return self._access.request("replay", url, self.parse_replay, self.replay_failed, arguments)

    async def parse_replay(
        self,
        response: Response,
        crawl: PolicyCrawl,
        to_fetch: CaptureToFetch,
        replay: Replay,
        redirect: FetchedCapture | None,
    ) -> AsyncIterator[Request | FetchedCapture]:
        """Yields the capture made from an HTTP response, or for a redirect the request for the target."""
        result = self._access.archive.parse_replay(replay, response.status, header_map(response), response.body)
        if isinstance(result, ArchiveRedirect):
            yield self._replay_request(crawl, to_fetch, result.next_replay, redirect)
        elif isinstance(result, CaptureNotGiven):
            async for fetched in self._settle_without(crawl, to_fetch, redirect, result.why, self._note_not_returned):
                yield fetched
        else:
            provenance = self._access.archive.provenance(to_fetch.listed, response.url)
            capture = archived_capture(response, crawl.key, replay, result.memento, provenance)
            answer = FetchedCapture(capture, response.body, crawl.policy)
            if result.next_replay is not None:
                yield self._replay_request(crawl, to_fetch, result.next_replay, answer)
            else:
                async for fetched in self._settle_with(crawl, to_fetch, answer):
                    yield fetched

    async def replay_failed(self, failure: Failure) -> AsyncIterator[FetchedCapture]:
        """Handles a failed replay request. If a redirect led to the request, yields the redirect's capture."""
        arguments = request_of(failure).cb_kwargs
        crawl, to_fetch = arguments["crawl"], arguments["to_fetch"]
        if isinstance(failure.value, RequestNotSentInterrupt):
            self._access.note_failure(failure, "")
            self._finish(crawl, to_fetch)
            return
        # A revisit record refers to an earlier record. If the archive has lost the earlier record, the archive answers
        # every request for the revisit record with 503. No later request would succeed, so the crawl has not failed.
        is_lost = isinstance(failure.value, ArchiveKeepsFailingError) and to_fetch.listed.is_revisit
        note = self._note_not_returned if is_lost else self._note_fetch_failed
        async for fetched in self._settle_without(crawl, to_fetch, arguments["redirect"], reason(failure), note):
            yield fetched

    async def _settle_with(
        self, crawl: PolicyCrawl, to_fetch: CaptureToFetch, fetched: FetchedCapture
    ) -> AsyncIterator[FetchedCapture]:
        """Yields the capture that was fetched for a row of the index."""
        self._access.tally.count_fetched()
        if not proves_checksum(fetched.capture):
            await self._access.in_thread(self._access.listings.distrust_checksum, crawl.key, to_fetch)
        yield fetched

    async def _settle_without(
        self,
        crawl: PolicyCrawl,
        to_fetch: CaptureToFetch,
        redirect: FetchedCapture | None,
        why: str,
        note: Callable[[str, str, int], None],
    ) -> AsyncIterator[FetchedCapture]:
        """Handles a listed capture that the archive does not return.

        If the capture is a redirect and only its target is missing, yields the redirect itself as the capture.

        Otherwise, the crawl requests another listed capture with the same checksum. If no such capture is left, or if
        the requests for several such captures have failed, all captures with this checksum are given up.

        why: the reason, in words.
        note: called if captures are given up. Its arguments are the name of the capture, the reason, and the number of
            captures given up.
        """
        if redirect is not None:
            async for fetched in self._settle_with(crawl, to_fetch, redirect):
                yield fetched
            return
        given_up = await self._access.in_thread(self._access.listings.mark_not_given, crawl.key, to_fetch)
        if given_up:
            others = f" (and {given_up - 1} more with the same text)" if given_up > 1 else ""
            captured_at = iso(to_fetch.listed.captured_at)
            note(f"{crawl} {to_fetch.url}: the capture of {captured_at}{others}", why, given_up)
        self._finish(crawl, to_fetch, given_up)

    def _note_not_returned(self, subject: str, why: str, count: int) -> None:
        self._access.tally.count_not_returned(count)
        self._logger.warning("%s is listed by the archive, but not returned: %s", subject, why)

    def _note_fetch_failed(self, subject: str, why: str, count: int) -> None:
        self._access.tally.add_failure(subject, why)

    def _finish(self, crawl: PolicyCrawl, to_fetch: CaptureToFetch, count: int = 1) -> None:
        """Removes a capture from the captures under way.

        count: the number of listed captures that are finished. 0 if another capture with the same checksum is to be
            fetched instead. More than 1 if several captures with the same checksum are given up together.
        """
        del crawl.under_way[to_fetch.listed.index_key]
        self._on_finished(count)
