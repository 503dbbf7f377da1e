"""The outcome of a crawl: the counts and the failures. Both are stored in Scrapy's stats during the crawl."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scrapy.statscollectors import StatsCollector

from core.addresses import without_userinfo
from core.escaping import escape_line
from core.plurals import plural
from intake.records import ReadCapture, UnreadCapture

_PREFIX = "clausewatch/"


@dataclass(frozen=True, slots=True)
class CrawlOutcome:
    """The counts of a finished crawl, and its failures.

    ok: whether the crawl was completed without a failure.
    failures: a line for each failure, with vendor, policy, address and reason.
    captures: the number of captures that the crawl found: HTTP responses of live pages, or rows of the archive's index.
    new: the number of captures that were not stored before.
    quarantined: the number of new captures that were quarantined.
    unplayable: the number of captures that the archive lists but does not return. These captures are not failures.
    malformed: the number of rows of the index that could not be parsed.
    not_modified: the number of rows of the index that this crawl skipped because their HTTP status is 304.
    left: the number of captures that were not fetched because the crawl ended early.
    unread: the number of new captures that were not read because the crawl ended early. The next crawl reads them.
    """

    ok: bool
    failures: tuple[str, ...]
    captures: int
    new: int
    quarantined: int
    unplayable: int = 0
    malformed: int = 0
    not_modified: int = 0
    left: int = 0
    unread: int = 0

    @property
    def summary(self) -> str:
        """The counts on one line. The last five counts are left out if they are 0."""
        parts = [
            f"{plural(self.captures, 'capture')} found",
            f"{self.new} new",
            f"{self.quarantined} quarantined",
            f"{len(self.failures)} failed",
        ]
        if self.unplayable:
            parts.append(f"{self.unplayable} listed by the archive but not returned")
        if self.malformed:
            parts.append(f"{self.malformed} malformed rows skipped")
        if self.not_modified:
            parts.append(f"{plural(self.not_modified, 'response')} of status 304 skipped")
        if self.left:
            parts.append(f"{self.left} left for the next crawl")
        if self.unread:
            parts.append(f"{self.unread} new captures left for the next crawl to read")
        return ", ".join(parts)


class Tally:
    """The counters of a running crawl, stored in Scrapy's stats. `outcome_from` makes a CrawlOutcome from the stats."""

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    def count_found(self, count: int = 1) -> None:
        """Counts captures that were found."""
        self._stats.inc_value(_PREFIX + "captures", count)

    def count_fetched(self) -> None:
        """Counts a fetched capture."""
        self._stats.inc_value(_PREFIX + "fetched")

    def count_stored(self, capture: UnreadCapture) -> None:
        """Counts a capture that has been stored, if it is new."""
        self._stats.inc_value(_PREFIX + "new", int(capture.is_new))

    def count_read(self, capture: ReadCapture) -> None:
        """Counts a capture that has been read, if it is new and was quarantined."""
        self._stats.inc_value(_PREFIX + "quarantined", int(capture.is_new and capture.verdict.name == "quarantined"))

    def add_failure(self, subject: str, why: str) -> None:
        """Adds a failure to the outcome.

        subject: the part of the crawl that failed: usually vendor, policy and address.
        why: the reason, in words.
        """
        failures = self._stats.get_value(_PREFIX + "failures", ())
        self._stats.set_value(_PREFIX + "failures", (*failures, escape_line(without_userinfo(f"{subject}: {why}"))))

    def count_not_returned(self, count: int) -> None:
        """Counts captures that the archive lists but does not return."""
        self._stats.inc_value(_PREFIX + "unplayable", count)

    def count_malformed(self, count: int) -> None:
        """Counts rows of the archive's index that could not be parsed."""
        self._stats.inc_value(_PREFIX + "malformed", count)

    def count_not_modified(self, count: int) -> None:
        """Counts rows of the archive's index that were skipped because their HTTP status is 304."""
        self._stats.inc_value(_PREFIX + "not_modified", count)

    def count_unread(self, count: int) -> None:
        """Counts the captures that are stored but not read when the crawl ends."""
        self._stats.inc_value(_PREFIX + "unread", count)

    def count_left(self, count: int) -> None:
        """Counts captures that were not fetched because the crawl ended early."""
        self._stats.inc_value(_PREFIX + "left", count)


def counts_from(stats: Mapping[str, Any]) -> dict[str, int]:
    """Returns the present counts of a running crawl: `captures`, `fetched`, `new` and `quarantined`."""
    return {name: stats.get(_PREFIX + name, 0) for name in ("captures", "fetched", "new", "quarantined")}


def outcome_from(stats: Mapping[str, Any]) -> CrawlOutcome:
    """Returns the outcome of a finished crawl.

    stats: Scrapy's stats after the crawl. In addition to the Tally's counts, they contain the number of exceptions in
        spiders, the number of logged errors, and the reason why the crawl ended. Scrapy's exit status is of no use: it
        is always 0, even after failures.
    """
    failures = list(stats.get(_PREFIX + "failures", ()))
    if not failures and (stats.get("spider_exceptions/count") or stats.get("log_count/ERROR")):
        failures.append("an error in clausewatch itself; see the log above")
    reason = stats.get("finish_reason")
    if reason == "shutdown":
        failures.append("the crawl was interrupted")
    elif reason != "finished" and not failures:
        failures.append(f"the crawl ended early: {reason}")
    return CrawlOutcome(
        ok=not failures,
        failures=tuple(failures),
        captures=stats.get(_PREFIX + "captures", 0),
        new=stats.get(_PREFIX + "new", 0),
        quarantined=stats.get(_PREFIX + "quarantined", 0),
        unplayable=stats.get(_PREFIX + "unplayable", 0),
        malformed=stats.get(_PREFIX + "malformed", 0),
        not_modified=stats.get(_PREFIX + "not_modified", 0),
        left=stats.get(_PREFIX + "left", 0),
        unread=stats.get(_PREFIX + "unread", 0),
    )
