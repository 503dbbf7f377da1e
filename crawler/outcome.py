"""The outcome of a crawl, counted in Scrapy's stats."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scrapy.statscollectors import StatsCollector

from core.escaping import escape_line
from core.plurals import plural
from intake.records import ReadCapture, UnreadCapture

_PREFIX = "clausewatch/"


@dataclass(frozen=True, slots=True)
class CrawlOutcome:
    """What a crawl found, what it stored, and what failed.

    ok: whether the crawl ran to its end and nothing failed.
    failures: a line for each failure, with vendor, policy, address and reason.
    captures: how many captures were found: answers of live pages, or rows of the archive's index.
    new: how many of the captures were not stored before.
    quarantined: how many of the new captures were quarantined.
    unplayable: how many captures the archive lists but does not return. They are no failure of the crawl.
    malformed: how many rows of the index could not be parsed.
    left: how many captures were not fetched because the crawl ended early.
    unread: how many new captures were not read because the crawl ended early. The next crawl reads them.
    """

    ok: bool
    failures: tuple[str, ...]
    captures: int
    new: int
    quarantined: int
    unplayable: int = 0
    malformed: int = 0
    left: int = 0
    unread: int = 0

    @property
    def summary(self) -> str:
        """The counts on one line; the last four only if they are not 0."""
        parts = [
            f"{plural(self.captures, 'capture')} found",
            f"{self.new} new",
            f"{self.quarantined} quarantined",
            f"{len(self.failures)} failed",
        ]
        if self.unplayable:
            parts.append(f"{self.unplayable} that the archive lists but does not give")
        if self.malformed:
            parts.append(f"{self.malformed} malformed rows skipped")
        if self.left:
            parts.append(f"{self.left} left for the next crawl")
        if self.unread:
            parts.append(f"{self.unread} of the new ones left for the next crawl to read")
        return ", ".join(parts)


class Tally:
    """The counters of a running crawl, kept in Scrapy's stats. `outcome_from` turns them into a CrawlOutcome."""

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    def found(self, count: int = 1) -> None:
        """Counts captures that were found."""
        self._stats.inc_value(_PREFIX + "captures", count)

    def fetched(self) -> None:
        """Counts an answer from which a capture is made."""
        self._stats.inc_value(_PREFIX + "fetched")

    def kept(self, unread: UnreadCapture) -> None:
        """Counts a capture that has been stored, if it is new."""
        self._stats.inc_value(_PREFIX + "new", int(unread.is_new))

    def read(self, capture: ReadCapture) -> None:
        """Counts a capture that has been read, if it is new and was quarantined."""
        self._stats.inc_value(_PREFIX + "quarantined", int(capture.is_new and capture.verdict.name == "quarantined"))

    def failed(self, what: str, why: str) -> None:
        """Adds a failure. what: vendor, policy and address; why: the reason."""
        failures = self._stats.get_value(_PREFIX + "failures", ())
        self._stats.set_value(_PREFIX + "failures", (*failures, escape_line(f"{what}: {why}")))

    def unplayable(self, count: int) -> None:
        """Counts captures that the archive lists but does not return."""
        self._stats.inc_value(_PREFIX + "unplayable", count)

    def malformed(self, count: int) -> None:
        """Counts rows of the archive's index that could not be parsed."""
        self._stats.inc_value(_PREFIX + "malformed", count)

    def unread(self, count: int) -> None:
        """Counts captures that are stored but not read when the crawl ends."""
        self._stats.inc_value(_PREFIX + "unread", count)

    def left(self, count: int) -> None:
        """Counts captures that are not fetched because the crawl ends early."""
        self._stats.inc_value(_PREFIX + "left", count)


def counts_from(stats: Mapping[str, Any]) -> dict[str, int]:
    """Returns the counts so far of a crawl that is running: captures, fetched, new, quarantined."""
    return {name: stats.get(_PREFIX + name, 0) for name in ("captures", "fetched", "new", "quarantined")}


def outcome_from(stats: Mapping[str, Any]) -> CrawlOutcome:
    """Returns the outcome of a finished crawl.

    Scrapy's own exit status is 0 whatever happens. Its stats count exceptions in spiders and logged errors, and say
    why the crawl ended.
    """
    failures = list(stats.get(_PREFIX + "failures", ()))
    if not failures and (stats.get("spider_exceptions/count") or stats.get("log_count/ERROR")):
        failures.append("an error in clausewatch itself; the log above has it")
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
        left=stats.get(_PREFIX + "left", 0),
        unread=stats.get(_PREFIX + "unread", 0),
    )
