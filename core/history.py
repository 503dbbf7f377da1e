"""Versions and periods: a policy's history, derived from the set of its captures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.captures import Source
from core.dates import iso, parse_span
from core.exceptions import UsageError

# Live captures of an address that are closer together than this count as one look, and don't confirm one another.
ONE_LOOK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Observation:
    """An accepted capture as the timeline sees it.

    capture_id: the capture's key in storage.
    sha256: the checksum of its payload.
    version_id: the id of the version it shows.
    reader: names what read the capture: the extractor's version and, if the declaration says how to read, a checksum of
        that.
    """

    capture_id: int
    captured_at: datetime
    url: str
    source: Source
    sha256: str
    version_id: str
    reader: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Returns the capture as evidence in the shape of the JSON contract; the time is ISO 8601 in UTC."""
        return {
            "captured_at": iso(self.captured_at),
            "url": self.url,
            "source": self.source,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Period:
    """A run of captures, consecutive in capture time, that show one version. It has at least one observation."""

    version_id: str
    observations: tuple[Observation, ...]

    @property
    def first(self) -> Observation:
        """The earliest capture of the period."""
        return self.observations[0]

    @property
    def last(self) -> Observation:
        """The latest capture of the period."""
        return self.observations[-1]


@dataclass(frozen=True, slots=True)
class Version:
    """A distinct text of a policy.

    number: its place in order of first appearance, from 1; for display, since it changes if a backfill finds an earlier
        text.
    id: a checksum of its clauses; it stays the same whatever captures arrive later.
    periods: the periods that show it, oldest first.
    """

    number: int
    id: str
    periods: tuple[Period, ...]

    @property
    def first(self) -> Observation:
        """The earliest capture that shows the version; the version's text is taken from it."""
        return self.periods[0].first


@dataclass(frozen=True, slots=True)
class History:
    """The periods of one policy in order of time, and the versions they show in order of first appearance."""

    periods: tuple[Period, ...]
    versions: tuple[Version, ...]

    def version(self, version_id: str) -> Version:
        """Returns the version with that id. KeyError if the history has no such version."""
        for version in self.versions:
            if version.id == version_id:
                return version
        raise KeyError(version_id)

    def period_at(self, moment: datetime) -> Period | None:
        """Returns the period in force at a moment: that of the last capture not after it.

        None if every capture is later.
        """
        in_force = None
        for period in self.periods:
            if period.first.captured_at > moment:
                break
            in_force = period
        return in_force

    def shown_before(self, moment: datetime, url: str) -> str | None:
        """Returns the id of the version that the latest capture before a moment shows.

        Captures of `url` go before all others, since two addresses of one policy may show different texts for years.
        None if there is no capture before that moment.
        """
        earlier = [seen for period in self.periods for seen in period.observations if seen.captured_at < moment]
        of_this_address = [seen for seen in earlier if seen.url == url]
        return (of_this_address or earlier)[-1].version_id if earlier else None


@dataclass(frozen=True, slots=True)
class Alternation:
    """A run of consecutive periods in which a page goes back and forth between texts it has shown before.

    versions: the versions it goes between, in order of number.
    ongoing: whether it includes the newest period, and the text of that period has not stood for a month since.
    """

    versions: tuple[Version, ...]
    periods: tuple[Period, ...]
    ongoing: bool

    @property
    def since(self) -> datetime:
        """The time of the capture that first shows that one of the texts gave way to another."""
        return self.periods[1].first.captured_at

    @property
    def until(self) -> datetime:
        """The time of the last capture that is part of it."""
        return self.periods[-1].last.captured_at

    @property
    def times(self) -> int:
        """How often one text gave way to another."""
        return len(self.periods) - 1


@dataclass(frozen=True, slots=True)
class SettledHistory:
    """A history, separated by what is known of each change: see `diffing.timeline.settled`.

    history: the periods that stand, with the versions and numbers of the whole history.
    transient: the periods of texts that did not last: when the page was fetched again minutes later, they were gone.
    pending: the newest periods, beginning with the first whose text may still turn out not to last.
    until: the time of the last capture before the pending periods; None if there is none.
    """

    history: History
    transient: tuple[Period, ...]
    pending: tuple[Period, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A change of a policy that subscribers are told about once.

    old, new: the consecutive periods between which the text changed.
    returned_to: the period that last showed the text of `new` before; None if the text is new.
    alternation: the alternation, up to `new`, that the returns have become; None if the change itself is announced.
    """

    old: Period
    new: Period
    returned_to: Period | None = None
    alternation: Alternation | None = None


def period_for(history: History, when: str) -> Period:
    """Returns the period that a user names, by a date or by the id of a version.

    when: a year, a month, a day or a time, which names the period in force at its end; or `@id`, which names the last
        period of that version. The id may be shortened as long as it names one version.

    UsageError if nothing was captured by that date, or if no version or several versions match the id.
    """
    if not history.periods:
        raise UsageError("no capture of this policy has been accepted yet; crawl it first")
    if when.startswith("@"):
        matches = [version for version in history.versions if version.id.startswith(when[1:])]
        if len(matches) != 1 or when == "@":
            candidates = ", ".join(f"@{version.id}" for version in matches or history.versions)
            raise UsageError(
                f"{when} names {len(matches) or 'no'} version{'s' * (len(matches) > 1)}; there are: {candidates}"
            )
        return matches[0].periods[-1]
    period = history.period_at(parse_span(when).end)
    if period is None:
        first = iso(history.periods[0].first.captured_at)
        raise UsageError(f"no capture of this policy was accepted by {when}; its first accepted capture is of {first}")
    return period
