"""What a crawl came to, counted in Scrapy's stats, and the exit status that follows from it."""

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
    """What a crawl came to.

    ok: it did its job: nothing failed, nothing was left undone.
    failures: one line each, saying vendor, policy, address and why.
    captures: found: answers of live pages, or rows of the archive's index. new: of these, those the store did not
    hold. quarantined: of the new ones. unplayable: listed by the archive, but not given by it; no failure of ours.
    malformed: rows of the index that could not be read. left: not asked for, because the crawl ended early.
    unread: kept, but not read yet for the same reason; the next crawl reads them.
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
        """All counts on one line."""
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
    """Counts in Scrapy's stats what CrawlOutcome tells."""

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    def found(self, count: int = 1) -> None:
        """Captures found."""
        self._stats.inc_value(_PREFIX + "captures", count)

    def fetched(self) -> None:
        """An answer that may be a capture."""
        self._stats.inc_value(_PREFIX + "fetched")

    def kept(self, unread: UnreadCapture) -> None:
        """A capture that the store took."""
        self._stats.inc_value(_PREFIX + "new", int(unread.is_new))

    def read(self, kept: ReadCapture) -> None:
        """A capture that was read after the store took it."""
        self._stats.inc_value(_PREFIX + "quarantined", int(kept.is_new and kept.verdict.name == "quarantined"))

    def failed(self, what: str, why: str) -> None:
        """Something the crawl was to do and could not."""
        failures = self._stats.get_value(_PREFIX + "failures", ())
        self._stats.set_value(_PREFIX + "failures", (*failures, escape_line(f"{what}: {why}")))

    def unplayable(self, count: int) -> None:
        """Captures the archive lists and does not give."""
        self._stats.inc_value(_PREFIX + "unplayable", count)

    def malformed(self, count: int) -> None:
        """Rows of the index that could not be read."""
        self._stats.inc_value(_PREFIX + "malformed", count)

    def unread(self, count: int) -> None:
        """Captures that the store took, and that are not read when the crawl ends."""
        self._stats.inc_value(_PREFIX + "unread", count)

    def left(self, count: int) -> None:
        """Captures not asked for, because the crawl ends early."""
        self._stats.inc_value(_PREFIX + "left", count)


def counts_from(stats: Mapping[str, Any]) -> dict[str, int]:
    """The counts there are while a crawl is under way: captures, fetched, new, quarantined."""
    return {name: stats.get(_PREFIX + name, 0) for name in ("captures", "fetched", "new", "quarantined")}


def outcome_from(stats: Mapping[str, Any]) -> CrawlOutcome:
    """The outcome that a finished crawl's stats tell.

    Scrapy itself exits with 0 whatever happens; its stats know of exceptions in spiders, of errors it logged, and
    whether the crawl came to its own end.
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
