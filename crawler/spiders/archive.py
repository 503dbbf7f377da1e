"""The archive crawl: `scrapy crawl archive [-a vendor=slug,slug] [-a since=DATE] [-a until=DATE]`.

For each location, the crawl first requests a listing from the archive's index, page by page. Then the crawl
requests each listed capture that is not stored yet. The request for a listed capture is called a *replay*. The spider
decides the order of this work; the parts of the work are in `crawler.archive_crawl`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Any, TypeVar

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from core.dates import parse_span
from core.exceptions import StorageError, UsageError
from core.policies import PolicyKey
from core.settings import Settings
from crawler.archive_crawl.access import ArchiveAccess
from crawler.archive_crawl.listing import ListingPart
from crawler.archive_crawl.policy_crawl import PolicyCrawl
from crawler.archive_crawl.replay import ReplayPart
from crawler.archives import configured_archive
from crawler.archives.protocol import Archive, Limits, RequestKind, download_slot, limits_in_force
from crawler.backoff import Gate
from crawler.budget import Budget
from crawler.captures import FetchedCapture
from crawler.environment import environment_of
from crawler.failures import request_of
from crawler.interruption import is_interrupted
from crawler.spiders.base import BaseSpider
from intake.records import UnreadCapture

_Step = TypeVar("_Step")

# Upper limit of policies on which the crawl works at the same time.
_MAX_POLICIES_UNDER_WAY = 3
# Upper limit of captures under way at the same time. A capture is under way from the first request for the capture
# until the capture is stored. If a crawl is killed, the next crawl has to request these captures again.
_MAX_CAPTURES_UNDER_WAY = 8


class ArchiveSpider(BaseSpider):
    """A spider that fetches a web archive's captures of each location, unless they are stored already.

    A location is declared for a period of time; captures from outside this period are not fetched.

    since: a year, a month or a day. Captures from before the beginning of this time are not fetched.
    until: a year, a month or a day. Captures from after the end of this time are not fetched.

    The remaining work is stored in the database. For each page of the index, the crawl stores the listed captures and
    the resume key of the next page. A listed capture remains in the database's list until the capture's bytes are
    stored. So if a crawl is killed, the next crawl continues the work.
    """

    name = "archive"
    argument_names = ("vendor", "since", "until")
    custom_settings = {"COOKIES_ENABLED": False, "REDIRECT_ENABLED": False}  # noqa: RUF012  (Scrapy's own attribute)
    _archive: Archive
    _limits: Limits
    _gate: Gate
    _crawls: dict[PolicyKey, PolicyCrawl]
    _changed: asyncio.Event
    _access: ArchiveAccess
    _listing: ListingPart
    _replay: ReplayPart
    _is_complete = False

    def __init__(self, since: str = "", until: str = "", **other_arguments: str) -> None:
        super().__init__(**other_arguments)
        self._begin = parse_span(since).begin if since else None
        self._end = parse_span(until).end if until else None
        if self._begin and self._end and self._begin > self._end:
            raise UsageError(f"since ({since}) is after until ({until})")

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Sets the Scrapy settings that follow from the archive's limits. Scrapy calls this before the crawl."""
        super().update_settings(settings)
        limits = limits_in_force(configured_archive(environment_of(settings)), settings)
        concurrency: dict[RequestKind, int] = {
            "listing": limits.listing_concurrency,
            "replay": limits.replay_concurrency,
        }
        # The gate (crawler.backoff.Gate) enforces the intervals between requests. The delay below has another reason:
        # Scrapy ignores a slot's concurrency if the slot has no delay.
        slots = {
            download_slot(kind): {"concurrency": count, "delay": 0.005, "jitter": 0}
            for kind, count in concurrency.items()
        }
        settings.set("DOWNLOAD_SLOTS", slots, priority="spider")
        # This setting also limits how many idle connections to a host Scrapy keeps open for reuse.
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", sum(concurrency.values()), priority="spider")

    def set_up(self, environment: Settings) -> None:
        """Prepares the spider: see BaseSpider.

        ArchiveBudgetError if the file in which the crawls of this machine share the archive's limits can't be used.
        """
        super().set_up(environment)
        self._archive = configured_archive(environment)
        self._limits = limits_in_force(self._archive, self.settings)
        budget = None
        if self._archive.budget_key is not None:
            budget = Budget(environment.state_home, self._archive.budget_key)
            budget.blocked()  # raises ArchiveBudgetError if the file can't be used
        self._gate = Gate(self._archive, self._limits, lambda: not is_interrupted(self.crawler), budget)
        # After an exception in a callback or in the pipeline, the capture would stay in the captures under way, and the
        # crawl would never end.
        self.crawler.signals.connect(self.callback_failed, signals.spider_error)
        self.crawler.signals.connect(self.storing_failed, signals.item_error)

    def spider_opened(self) -> None:
        """Starts the counts in the same way as BaseSpider, and prepares the parts of the crawl."""
        super().spider_opened()
        self._crawls = {}
        self._changed = asyncio.Event()
        self._access = ArchiveAccess(
            self._archive,
            self._limits,
            self._gate,
            self.store.archive_listings,
            self.tally,
            self.begun_at,
            self.stop,
        )
        self._listing = ListingPart(self._access, self._begin, self._end, self._changed.set)
        self._replay = ReplayPart(self._access, self.logger, self._count_finished)

    async def start(self) -> AsyncIterator[Any]:
        """Yields requests, and captures that need no request, until nothing is left to do.

        If the upper limit of policies or captures is reached, waits until a policy or a capture is finished.
        """
        policies = self.policies()
        while not self.stopped and self._gate.given_up is None and not is_interrupted(self.crawler):
            self._changed.clear()
            while len(self._crawls) < _MAX_POLICIES_UNDER_WAY and (next_policy := next(policies, None)):
                crawl = PolicyCrawl(*next_policy)
                self._crawls[crawl.key] = crawl
                for request in await self._steps_of(crawl, self._begin_policy(crawl)):
                    yield request
            if not self._crawls:
                self._is_complete = True
                return
            is_waiting = True
            for crawl in tuple(self._crawls.values()):
                captures_under_way = sum(len(policy_crawl.under_way) for policy_crawl in self._crawls.values())
                room = _MAX_CAPTURES_UNDER_WAY - captures_under_way
                if crawl.open_listings or not room or crawl.key not in self._crawls:
                    continue
                # If the archive does not return a capture, another capture with the same checksum has to be fetched
                # instead. So a policy is not finished while one of its captures is under way. A capture may be stored
                # while `next_steps` runs, so `was_under_way` is determined before the call.
                was_under_way = bool(crawl.under_way)
                steps = await self._steps_of(crawl, self._replay.next_steps(crawl, room))
                for step in steps:
                    is_waiting = False
                    yield step
                if not steps and not was_under_way:
                    is_waiting = False
                    self._crawls.pop(crawl.key, None)
            if is_waiting:
                await self._changed.wait()

    async def _begin_policy(self, crawl: PolicyCrawl) -> list[Request]:
        # If an earlier crawl was killed, some of its captures may be stored but not read.
        await self._access.in_thread(self.intake.reextract, crawl.key, crawl.policy)
        return await self._listing.begin(crawl)

    async def _steps_of(self, crawl: PolicyCrawl, steps: Awaitable[list[_Step]]) -> list[_Step]:
        """Returns a policy's next steps. After an unexpected exception, fails the policy and returns an empty list.

        All policies share the generator `start`, so an exception in it would end the crawl of all other policies, too.
        """
        try:
            return await steps
        except CloseSpider:
            raise
        except Exception:
            self.logger.exception("%s", crawl)
            self._fail(crawl)
            return []

    def on_capture_stored(self, stored: UnreadCapture) -> None:
        """Counts the capture in the same way as BaseSpider, and removes the capture from the captures under way."""
        super().on_capture_stored(stored)
        if (crawl := self._crawls.get(stored.capture.key)) is not None:  # None if the crawl of the policy has failed
            self._replay.note_stored(crawl, stored.capture)

    def estimate_remaining(self) -> float | None:
        """Returns an estimate of how many captures are still to be fetched; None before the first listing is complete.

        A policy that is not listed yet is assumed to have the average number of captures of the listed policies.
        """
        if not self._replay.listed_policies:
            return None
        policies = sum(1 for _ in self.policies())
        return max(0, self._replay.listed_captures * policies / self._replay.listed_policies - self.finished_count)

    def callback_failed(self, response: Response | Failure) -> None:
        """Handles Scrapy's signal that a callback raised an unexpected exception: fails the policy.

        response: what the callback received.
        """
        request = request_of(response) if isinstance(response, Failure) else response.request
        if request is not None:
            self._fail(request.cb_kwargs["crawl"])

    def storing_failed(self, item: FetchedCapture) -> None:
        """Handles Scrapy's signal that the pipeline raised an unexpected exception: fails the policy."""
        if (crawl := self._crawls.get(item.capture.key)) is not None:
            self._fail(crawl)

    def _fail(self, crawl: PolicyCrawl) -> None:
        """Ends the crawl of one policy after an unexpected exception. The other policies are crawled."""
        if self._crawls.pop(crawl.key, None) is not None:
            self.tally.add_failure(str(crawl), "an error in clausewatch itself; see the log above")
            self._changed.set()

    def spider_closed(self, reason: str) -> None:
        """Ends the crawl in the same way as BaseSpider.

        If the crawl was completed, deletes the listings. Otherwise, counts the captures that were not fetched.
        """
        keys = [key for key, _ in self.policies()]
        if reason == "finished" and self._is_complete:
            # All captures have been stored and read, so the listings are not needed any more. After an interrupted
            # crawl, the listings remain, and the next crawl need not request them again.
            try:
                self.store.archive_listings.close(keys)
            except StorageError as error:
                self.tally.add_early_end("the end of the crawl", str(error))
        else:
            # If the database fails here, an earlier failure of the database has ended the crawl and has been reported.
            with suppress(StorageError):
                archive = self._archive.site.name
                self.tally.count_left(sum(self.store.archive_listings.count_to_fetch(key, archive) for key in keys))
        super().spider_closed(reason)

    def _count_finished(self, count: int) -> None:
        """Counts listed captures that are finished, and lets `start` continue."""
        self.finished_count += count
        self._changed.set()
