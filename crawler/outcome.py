"""The outcome of a crawl: the counts and the failures. Both are stored in Scrapy's stats during the crawl."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from scrapy.statscollectors import StatsCollector

from core.addresses import without_userinfo
from core.captures import Capture, reason_words
from core.dates import iso
from core.escaping import escape_line
from core.plurals import plural
from core.policies import PolicyKey
from intake.records import ReadCapture, UnreadCapture

_PREFIX = "clausewatch/"
# Upper limit of the quarantined captures that an outcome names. A crawl of an archive may quarantine thousands.
_MAX_NAMED = 20
# Upper limit of the evidence of a quarantined capture, in characters.
_MAX_EVIDENCE = 200


@dataclass(frozen=True, slots=True)
class QuarantinedCapture:
    """A new capture that a crawl has quarantined.

    key: the policy. description: one line with the policy, the address, the time, the reason and the evidence.
    """

    key: PolicyKey
    description: str


@dataclass(frozen=True, slots=True)
class CrawlOutcome:
    """The counts of a finished crawl, and its failures.

    ok: whether the crawl was completed without a failure.
    complete: whether the crawl did everything except for what failed. False if the crawl ended early, if it was
        interrupted, if clausewatch itself had an error, or if nothing could be fetched.
    interrupted: whether a signal has ended the crawl.
    failures: a line for each failure, with vendor, policy, address and reason.
    captures: the number of captures that the crawl found: HTTP responses of live pages, or rows of the archive's index.
    new: the number of captures that were not stored before.
    quarantined: the number of new captures that were quarantined.
    quarantined_captures: the first 20 of these captures.
    unplayable: the number of captures that the archive lists but does not return. These captures are not failures.
    malformed: the number of rows of the index that could not be parsed.
    not_modified: the number of rows of the index that this crawl skipped because their HTTP status is 304.
    left: the number of captures that were not fetched because the crawl ended early.
    unread: the number of new captures that were not read because the crawl ended early. The next crawl reads them.
    """

    ok: bool
    complete: bool
    interrupted: bool
    failures: tuple[str, ...]
    captures: int
    new: int
    quarantined: int
    unplayable: int = 0
    malformed: int = 0
    not_modified: int = 0
    left: int = 0
    unread: int = 0
    quarantined_captures: tuple[QuarantinedCapture, ...] = ()

    @property
    def exit_status(self) -> int:
        """The exit status of a command: 0 if all is done, 3 if a part failed and the rest is done, 1 otherwise."""
        return 0 if self.ok else 3 if self.complete else 1

    @property
    def lines(self) -> list[str]:
        """The quarantined captures and the failures, a line each."""
        lines = [f"quarantined: {capture.description}" for capture in self.quarantined_captures]
        if (others := self.quarantined - len(self.quarantined_captures)) > 0:
            lines.append(f"quarantined: {others} more; `clausewatch review` lists them")
        return [*lines, *(f"failed: {failure}" for failure in self.failures)]

    @property
    def summary(self) -> str:
        """The counts on one line. The last five counts are left out if they are 0."""
        parts = [
            f"{plural(self.captures, 'capture')} found",
            f"{self.new} new ({self.quarantined} quarantined)",
            f"{len(self.failures)} failed",
        ]
        if self.unplayable:
            parts.append(f"{self.unplayable} listed by the archive but not returned")
        if self.malformed:
            parts.append(f"{plural(self.malformed, 'unreadable row')} of the archive's list skipped")
        if self.not_modified:
            parts.append(f"{plural(self.not_modified, 'answer')} without a page (status 304) skipped")
        if self.left:
            parts.append(f"{self.left} left for the next crawl")
        if self.unread:
            parts.append(f"{plural(self.unread, 'new capture')} stored, but not read yet")
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

    def count_listed(self) -> None:
        """Counts a location of which the archive has listed all captures."""
        self._stats.inc_value(_PREFIX + "listed")

    def count_to_fetch(self, count: int) -> None:
        """Counts listed captures that are not stored yet."""
        self._stats.inc_value(_PREFIX + "to_fetch", count)

    def count_read(self, capture: Capture, read_capture: ReadCapture) -> None:
        """Counts and names a capture that has been read, if it is new and was quarantined."""
        if not read_capture.is_new or read_capture.verdict.name != "quarantined":
            return
        self._stats.inc_value(_PREFIX + "quarantined")
        named = self._stats.get_value(_PREFIX + "quarantined_captures", ())
        if len(named) < _MAX_NAMED:
            verdict = read_capture.verdict
            evidence = " ".join(verdict.evidence.split())
            evidence = evidence if len(evidence) <= _MAX_EVIDENCE else f"{evidence[: _MAX_EVIDENCE - 1].rstrip()}…"
            line = (
                f"{capture.key} {without_userinfo(capture.asked_url)} at {iso(capture.captured_at)} "
                f"({reason_words(verdict.reason)})"
            )
            description = escape_line(f"{line}: {evidence}" if evidence else line)
            self._stats.set_value(
                _PREFIX + "quarantined_captures", (*named, QuarantinedCapture(capture.key, description))
            )

    def add_failure(self, subject: str, why: str) -> None:
        """Adds a failure to the outcome.

        subject: the part of the crawl that failed: usually vendor, policy and address.
        why: the reason, in words.
        """
        failures = self._stats.get_value(_PREFIX + "failures", ())
        self._stats.set_value(_PREFIX + "failures", (*failures, escape_line(without_userinfo(f"{subject}: {why}"))))

    def add_early_end(self, subject: str, why: str) -> None:
        """Adds a failure that has kept the crawl from doing the rest of its work. The arguments are as above."""
        self.add_failure(subject, why)
        self._stats.set_value(_PREFIX + "ended_early", True)

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


def outcome_from(stats: Mapping[str, Any], *, is_cut_off: bool = False) -> CrawlOutcome:
    """Returns the outcome of a finished crawl.

    stats: Scrapy's stats after the crawl. In addition to the Tally's counts, they contain the number of exceptions in
        spiders, the number of logged errors, and the reason why the crawl ended. Scrapy's exit status is of no use: it
        is always 0, even after failures.
    is_cut_off: whether the crawl was cut off after a signal, perhaps before it had any stats.
    """
    failures = list(stats.get(_PREFIX + "failures", ()))
    had_error = bool(stats.get("spider_exceptions/count") or stats.get("log_count/ERROR"))
    if had_error and not failures:
        failures.append(
            "an error in clausewatch itself; please report the lines of the log above that begin with ERROR"
        )
    interrupted = is_cut_off or seconds_since_interrupt(stats) is not None
    reason = stats.get("finish_reason")
    if interrupted:
        failures.append("the crawl was interrupted")
    elif reason != "finished" and not failures:
        failures.append(f"the crawl ended early: {reason}")
    was_fetched = stats.get(_PREFIX + "fetched", 0) or stats.get(_PREFIX + "new", 0)
    had_nothing_to_fetch = stats.get(_PREFIX + "listed", 0) and not stats.get(_PREFIX + "to_fetch", 0)
    ended_early = interrupted or had_error or reason != "finished" or stats.get(_PREFIX + "ended_early", False)
    return CrawlOutcome(
        ok=not failures,
        complete=not ended_early and bool(not failures or was_fetched or had_nothing_to_fetch),
        interrupted=interrupted,
        failures=tuple(failures),
        captures=stats.get(_PREFIX + "captures", 0),
        new=stats.get(_PREFIX + "new", 0),
        quarantined=stats.get(_PREFIX + "quarantined", 0),
        unplayable=stats.get(_PREFIX + "unplayable", 0),
        malformed=stats.get(_PREFIX + "malformed", 0),
        not_modified=stats.get(_PREFIX + "not_modified", 0),
        left=stats.get(_PREFIX + "left", 0),
        unread=stats.get(_PREFIX + "unread", 0),
        quarantined_captures=stats.get(_PREFIX + "quarantined_captures", ()),
    )


def mark_interrupted(stats: StatsCollector) -> None:
    """Records that the crawl is interrupted now."""
    stats.set_value(_PREFIX + "interrupted_at", monotonic())


def seconds_since_interrupt(stats: Mapping[str, Any]) -> float | None:
    """Returns how many seconds ago the crawl was interrupted; None if it was not interrupted. stats: Scrapy's stats."""
    interrupted_at = stats.get(_PREFIX + "interrupted_at")
    return None if interrupted_at is None else monotonic() - interrupted_at
