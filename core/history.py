"""Versions and periods: a policy's history, as the timeline derives it from the set of its captures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.captures import Source
from core.exceptions import UsageError
from core.moments import iso, parse_span


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
