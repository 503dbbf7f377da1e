"""`scrapy crawl archive [-a vendor=slug,slug] [-a since=DATE] [-a until=DATE]`"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from core.captures import Capture
from core.declarations import Location, Policy
from core.exceptions import ArchiveError, UsageError
from core.moments import parse_span
from crawler import wayback
from crawler.backoff import Gate, GaveUp
from crawler.captures import Found, archived_capture, header_map, repeated_capture
from crawler.environment import environment_of
from crawler.failures import NotAsked, reason, request_of
from crawler.policies import PolicySpider


@dataclass(frozen=True, slots=True)
class _Place:
    """A location of a policy whose captures are looked for."""

    vendor: str
    name: str
    policy: Policy
    location: Location

    def __str__(self) -> str:
        return f"{self.vendor}/{self.name} {self.location.url}"


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of a listing that have the same digest, so that one answer shows what all of them captured.

    tried: how many of them were asked for in vain. redirect: the archived redirect met on the way, if any.
    """

    place: _Place
    rows: tuple[wayback.Row, ...]
    tried: int = 0
    redirect: Found | None = None

    def __str__(self) -> str:
        others = f" and {len(self.rows) - 1} more of the same text" if len(self.rows) > 1 else ""
        return f"{self.place} at {self.rows[0].timestamp}{others}"


# Rows of one digest may all refer to one record the archive has lost.
_ROWS_TRIED = 2


_SEVERAL_PAGES = (
    "a policy of several pages cannot be put together from an archive, which captured each page at another time"
)


class ArchiveSpider(PolicySpider):
    """Fetches what the archive holds of each location, for the time it holds, and is not stored yet.

    since, until: a year, a month or a day; until takes it in.
    """

    name = "archive"
    _gave_up = False
    custom_settings = {"COOKIES_ENABLED": False, "REDIRECT_ENABLED": False}  # noqa: RUF012  (as Scrapy has it)

    def __init__(self, since: str = "", until: str = "", **others: str) -> None:
        super().__init__(**others)
        self._begin = parse_span(since).begin if since else None
        self._end = parse_span(until).end if until else None
        if self._begin and self._end and self._begin > self._end:
            raise UsageError(f"since ({since}) is after until ({until})")

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """See Scrapy's spiders."""
        super().update_settings(settings)
        slots = wayback.download_slots(environment_of(settings).wayback_url)
        settings.set("DOWNLOAD_SLOTS", slots, priority="spider")
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", 5, priority="spider")  # connections kept open

    async def start(self) -> AsyncIterator[Any]:
        """The requests to begin with: the first page of each location's listing."""
        self._base = environment_of(self.settings).wayback_url
        self._gate = Gate(self.settings, lambda: self.crawler.engine.running)
        self._taken: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for vendor, name, policy in self.policies():
            for location in policy.locations:
                if location.pages:
                    self.tally.failed(f"{vendor}/{name} {location.url}", _SEVERAL_PAGES)
                    continue
                begin, end = _clipped(location, self._begin, self._end)
                if begin is None or end is None or begin <= end:
                    yield self._listing(_Place(vendor, name, policy, location), begin, end)

    def _listing(
        self,
        place: _Place,
        begin: datetime | None,
        end: datetime | None,
        rows: tuple[wayback.Row, ...] = (),
        resume_key: str | None = None,
    ) -> Request:
        limit = self.settings.getint("ARCHIVE_LISTING_ROWS")
        return self._request(
            "listing",
            wayback.listing_url(self._base, place.location.url, begin, end, limit, resume_key),
            self.parse_listing,
            self.listing_failed,
            {"place": place, "begin": begin, "end": end, "rows": rows, "resume_key": resume_key},
        )

    async def parse_listing(self, response: Response, **about: Any) -> AsyncIterator[Any]:
        """A page of a location's listing: asks for the next one, or for the captures when it was the last."""
        place, rows = about["place"], about["rows"]
        try:
            refusal = wayback.listing_refusal(response.status, response.body)
            if refusal:
                raise ArchiveError(refusal)
            page = wayback.parse_listing(response.body)
            if page.resume_key and page.resume_key == about["resume_key"]:
                raise ArchiveError("the archive's index does not go on: it gives the same resume key again")
        except ArchiveError as error:
            self.tally.failed(f"{place}: listing", str(error))
        else:
            rows += page.rows
            self.tally.malformed(page.malformed)
            if page.resume_key:
                yield self._listing(place, about["begin"], about["end"], rows, page.resume_key)
                return
        async for one in self._wanted(place, rows):
            yield one

    async def listing_failed(self, failure: Failure) -> AsyncIterator[Any]:
        """No answer from the index: what it gave before is asked for all the same."""
        about = request_of(failure).cb_kwargs
        self._not_got(failure, f"{about['place']}: listing")
        async for one in self._wanted(about["place"], about["rows"]):
            yield one

    async def _wanted(self, place: _Place, rows: tuple[wayback.Row, ...]) -> AsyncIterator[Any]:
        """What is still to be got of a listing: one request for each digest, with the rows that have it."""
        self.tally.found(len({(row.urlkey, row.timestamp) for row in rows}))
        stored = await asyncio.to_thread(self.store.captures, place.vendor, place.name)
        archived = [one.capture for one in stored if one.capture.source == "wayback"]
        taken = self._taken.setdefault((place.vendor, place.name), set())
        taken.update((capture.archive["urlkey"], capture.archive["timestamp"]) for capture in archived)
        known = {capture.archive["digest"]: capture for capture in archived if _shows_its_digest(capture)}
        groups: dict[str, list[wayback.Row]] = {}
        for row in rows:
            if (row.urlkey, row.timestamp) in taken:
                continue
            taken.add((row.urlkey, row.timestamp))
            key = row.digest if row.may_repeat else f"{row.urlkey} {row.timestamp}"
            groups.setdefault(key, []).append(row)
        for digest, group in groups.items():
            if digest in known:
                for found in self._repeats(place, known[digest], group):
                    yield found
            else:
                yield self._replay(_Group(place, tuple(group)), wayback.Visit.of(group[0]))

    def _repeats(self, place: _Place, of: Capture, rows: Iterable[wayback.Row]) -> Iterator[Found]:
        """The captures that rows with the digest of a stored capture are evidence of."""
        for row in rows:
            address = wayback.replay_url(self._base, row.timestamp, row.original)
            yield Found(repeated_capture(of, row, self.begun_at, address), None, place.policy)

    def _replay(self, group: _Group, visit: wayback.Visit) -> Request:
        url = wayback.replay_url(self._base, visit.timestamp, visit.url)
        about = {"group": group, "visit": visit}
        return self._request("replay", url, self.parse_replay, self.replay_failed, about)

    def parse_replay(self, response: Response, group: _Group, visit: wayback.Visit) -> Iterator[Any]:
        """The archive's answer to the request for a capture."""
        answer = wayback.read_replay(visit, self._base, response.status, header_map(response), response.body)
        if isinstance(answer, wayback.Elsewhere):
            yield self._replay(group, answer.visit)
        elif isinstance(answer, wayback.Missing):
            yield from self._instead(group, visit, answer.why, self._unplayable)
        else:
            place = group.place
            capture = archived_capture(response, place.vendor, place.name, visit, answer.memento)
            found = Found(capture, response.body, place.policy)
            if answer.then is not None:
                yield self._replay(replace(group, redirect=found), answer.then)
                return
            yield found
            others = tuple(row for row in group.rows if row != visit.row)
            if _shows_its_digest(capture):
                yield from self._repeats(place, capture, others)
            else:
                yield from self._apart(place, others)

    def replay_failed(self, failure: Failure) -> Iterator[Any]:
        """No answer from the archive."""
        about = request_of(failure).cb_kwargs
        group = about["group"]
        if isinstance(failure.value, NotAsked):
            self.tally.left(len(group.rows))
            self._not_got(failure, "")
        else:
            yield from self._instead(group, about["visit"], reason(failure), self.tally.failed)

    def _instead(
        self, group: _Group, visit: wayback.Visit, why: str, give_up: Callable[[str, str], None]
    ) -> Iterator[Any]:
        """When a capture cannot be had: the redirect that led to it, or another capture of the same bytes."""
        tried = group.tried + 1
        if group.redirect is not None:
            yield group.redirect
            yield from self._apart(group.place, [row for row in group.rows if row != visit.row])
        elif tried < min(len(group.rows), _ROWS_TRIED):
            yield self._replay(replace(group, tried=tried), wayback.Visit.of(group.rows[tried]))
        else:
            give_up(str(group), why)

    def _apart(self, place: _Place, rows: Iterable[wayback.Row]) -> Iterator[Request]:
        """Rows whose digest tells nothing: each is asked for by itself."""
        for row in rows:
            yield self._replay(_Group(place, (row,)), wayback.Visit.of(row))

    def _unplayable(self, what: str, why: str) -> None:
        self.tally.unplayable()
        self.logger.warning("%s: %s", what, why)

    def _request(self, kind: wayback.Kind, url: str, callback: Any, errback: Any, about: dict[str, Any]) -> Request:
        slot = wayback.LISTING_SLOT if kind == "listing" else wayback.REPLAY_SLOT
        return Request(
            url,
            callback,
            errback=errback,
            headers=wayback.HEADERS,
            dont_filter=True,
            meta={"archive": kind, "gate": self._gate, "download_slot": slot},
            cb_kwargs=about,
        )

    def _not_got(self, failure: Failure, what: str) -> None:
        if not isinstance(failure.value, NotAsked):
            self.tally.failed(what, reason(failure))
        elif isinstance(failure.value, GaveUp) and not self._gave_up:
            self._gave_up = True
            self.tally.failed(self._base, f"{failure.value}; the next crawl goes on from here")


def _clipped(
    location: Location, begin: datetime | None, end: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """The time for which captures of a location are looked for; both ends are included."""
    last = location.end - timedelta(seconds=1) if location.end else None  # the archive counts in seconds
    begins = [moment for moment in (begin, location.begin) if moment]
    ends = [moment for moment in (end, last) if moment]
    return max(begins, default=None), min(ends, default=None)


def _shows_its_digest(capture: Capture) -> bool:
    """Whether the payload is the one the index gives the digest of: a redirect's is that of the redirect."""
    return capture.status == 200 and not capture.redirects
