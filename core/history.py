"""Versions and periods: a policy's history, as the timeline derives it from the set of its captures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.captures import Source
from core.dates import iso, parse_span
from core.exceptions import UsageError

# Live captures of an address that are closer together than this are one look at it, and do not confirm one another.
ONE_LOOK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Observation:
    """An accepted capture as the timeline sees it.

    capture_id: the capture's key in storage.
    version_id: the digest of the text it shows.
    reader: names what read it: the extractor's version, and a digest of what the declaration says besides.
    """

    capture_id: int
    captured_at: datetime
    url: str
    source: Source
    sha256: str
    version_id: str
    reader: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The capture as evidence, as the JSON contract has it: time (ISO 8601, UTC), address, source, SHA-256."""
        return {
            "captured_at": iso(self.captured_at),
            "url": self.url,
            "source": self.source,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Period:
    """A run of captures, consecutive in capture time, that show one version. observations is never empty."""

    version_id: str
    observations: tuple[Observation, ...]

    @property
    def first(self) -> Observation:
        """The earliest capture of the run."""
        return self.observations[0]

    @property
    def last(self) -> Observation:
        """The latest capture of the run."""
        return self.observations[-1]


@dataclass(frozen=True, slots=True)
class Version:
    """A distinct text of a policy.

    number: order of first appearance, from 1; for display, it moves when a backfill finds an earlier text.
    id: the digest of its clauses, which stays whatever arrives later.
    periods: the periods that show it, oldest first.
    """

    number: int
    id: str
    periods: tuple[Period, ...]

    @property
    def first(self) -> Observation:
        """The capture the version is taken from: the earliest one that shows it."""
        return self.periods[0].first


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one policy: its periods in time, and the versions they show in order of first appearance."""

    periods: tuple[Period, ...]
    versions: tuple[Version, ...]

    def version(self, version_id: str) -> Version:
        """The version of that id. KeyError when the history has none."""
        for version in self.versions:
            if version.id == version_id:
                return version
        raise KeyError(version_id)

    def period_at(self, moment: datetime) -> Period | None:
        """The period in force at that moment: of the last capture not after it; None before the first capture."""
        found = None
        for period in self.periods:
            if period.first.captured_at > moment:
                break
            found = period
        return found

    def shown_before(self, moment: datetime, url: str) -> str | None:
        """The version that the latest capture before that moment shows, of that address where there is one.

        Two addresses of one policy may show different texts for years without any change. None when there is no
        capture before.
        """
        before = [seen for period in self.periods for seen in period.observations if seen.captured_at < moment]
        here = [seen for seen in before if seen.url == url]
        return (here or before)[-1].version_id if before else None


@dataclass(frozen=True, slots=True)
class Alternation:
    """A run of consecutive periods in which a page goes back and forth between texts it has shown before.

    versions: those between which it goes, by number. ongoing: whether the newest text is one of it, and has not stood
    so long that the page came to rest.
    """

    versions: tuple[Version, ...]
    periods: tuple[Period, ...]
    ongoing: bool

    @property
    def since(self) -> datetime:
        """When the first of these texts was first seen to have given way to another."""
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
class Settled:
    """What of a history can be told: see `diffing.timeline.settled`.

    history: the periods that stand, with the versions and numbers of the whole history.
    transient: periods of texts that were gone when the page was fetched once more, minutes later.
    pending: the newest periods, from the first on of which it is not known yet whether it stands.
    until: the time of the last capture before the pending ones; None when nothing was captured.
    """

    history: History
    transient: tuple[Period, ...]
    pending: tuple[Period, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Telling:
    """Something to tell of a policy once: from the period old to the next, new, its text changed.

    returned_to: the period that last showed the text that new shows again; None when it is a new text.
    alternation: what the returns have become, up to new; None when this is the change itself.
    """

    old: Period
    new: Period
    returned_to: Period | None = None
    alternation: Alternation | None = None


def period_for(history: History, when: str) -> Period:
    """The period a user names by a date (a year, a month, a day, a time: the one in force at its end) or by `@id`.

    An `@id` may be shortened as long as it names one version; its period is the last that shows the version.
    UsageError when nothing was captured by that date, or no version, or more than one, goes by that id.
    """
    if not history.periods:
        raise UsageError("no capture of this policy has been accepted yet; crawl it first")
    if when.startswith("@"):
        found = [version for version in history.versions if version.id.startswith(when[1:])]
        if len(found) != 1 or when == "@":
            known = ", ".join(f"@{version.id}" for version in found or history.versions)
            raise UsageError(f"{when} names {len(found) or 'no'} version{'s' * (len(found) > 1)}; there are: {known}")
        return found[0].periods[-1]
    period = history.period_at(parse_span(when).end)
    if period is None:
        first = iso(history.periods[0].first.captured_at)
        raise UsageError(f"nothing is known of this policy by {when}: its first accepted capture is of {first}")
    return period
