"""Versions and periods: the history of a policy, derived from the set of the policy's captures."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.captures import Source, Verdict
from core.dates import iso, parse_span
from core.exceptions import UsageError

# Two live captures of an address that are less than this far apart count as a single look at the page. So the second
# capture doesn't confirm the text of the first capture.
ONE_LOOK = timedelta(seconds=5)

# How users write a version's number. A number of four digits without the sign is a year.
_NUMBER = re.compile(r"#[0-9]{1,9}|[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Observation:
    """An accepted capture with the fields from which a policy's history is derived.

    capture_id: the capture's primary key in the database.
    captured_at: the time of the capture, timezone-aware UTC.
    url: the address that sent the captured bytes, after redirects.
    source: the origin of the capture: `live`, `file`, `wayback` or `warc`.
    sha256: the SHA-256 of the capture's payload.
    version_id: the id of the version that the capture shows.
    reader: the name of the policy reader that read the capture. A policy reader is the combination of extractor,
        sameness rule and declaration (see intake.policy_reader). '' if the name is not needed.
    reviewed: whether a person accepted the capture.
    """

    capture_id: int
    captured_at: datetime
    url: str
    source: Source
    sha256: str
    version_id: str
    reader: str = ""
    reviewed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Returns the capture as a dictionary, in the form that the JSON output uses for evidence.

        The time is ISO 8601 in UTC.
        """
        return {
            "captured_at": iso(self.captured_at),
            "url": self.url,
            "source": self.source,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A live capture that is quarantined.

    capture_id, captured_at, url: as for `Observation`. status: the HTTP status; None for a composed capture.
    """

    capture_id: int
    captured_at: datetime
    url: str
    status: int | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Period:
    """A run of captures that are consecutive in time and show the same version.

    version_id: the id of the version.
    observations: the captures of the period, oldest first; at least one capture.
    """

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

    number: the version's place in order of first appearance, counted from 1. The number is only for display, because
        the number can change if older captures are added.
    id: a checksum of the version's clauses: 12 hexadecimal digits. The id stays the same if older captures are added.
    periods: the periods that show the version, oldest first.
    """

    number: int
    id: str
    periods: tuple[Period, ...]

    @property
    def first(self) -> Observation:
        """The earliest capture that shows the version. The version's text is the text of this capture."""
        return self.periods[0].first


@dataclass(frozen=True, slots=True)
class History:
    """The history of one policy.

    periods: the periods in order of time.
    versions: the versions that the periods show, in order of first appearance.
    quarantined: the live captures that are quarantined, oldest first.
    """

    periods: tuple[Period, ...]
    versions: tuple[Version, ...]
    quarantined: tuple[Quarantined, ...] = ()

    def version(self, version_id: str) -> Version:
        """Returns the version with an id. KeyError if the history has no version with this id."""
        for version in self.versions:
            if version.id == version_id:
                return version
        raise KeyError(version_id)

    def capture(self, capture_id: int) -> Observation | Quarantined | None:
        """Returns an accepted capture, or a quarantined live capture. None if the history has no such capture."""
        captures: list[Observation | Quarantined] = [*self.quarantined]
        captures += (capture for period in self.periods for capture in period.observations)
        return next((capture for capture in reversed(captures) if capture.capture_id == capture_id), None)

    def period_at(self, moment: datetime) -> Period | None:
        """Returns the period that covers a moment; None if every capture is later than the moment.

        The returned period contains the last capture that was made at or before the moment.
        """
        period_in_force = None
        for period in self.periods:
            if period.first.captured_at > moment:
                break
            period_in_force = period
        return period_in_force

    def shown_before(self, moment: datetime, url: str) -> str | None:
        """Returns the id of the version that the latest capture before a moment shows.

        If `url` has captures before the moment, only captures of `url` are considered, because two addresses of one
        policy may show different texts for years. Otherwise the captures of all addresses are considered. None if no
        capture is earlier than the moment.
        """
        earlier_captures = [
            capture for period in self.periods for capture in period.observations if capture.captured_at < moment
        ]
        captures_of_url = [capture for capture in earlier_captures if capture.url == url]
        return (captures_of_url or earlier_captures)[-1].version_id if earlier_captures else None


@dataclass(frozen=True, slots=True)
class Alternation:
    """A run of consecutive periods in which a page switches back and forth between the same texts.

    versions: the versions between which the page switches, in order of number.
    periods: the periods of the alternation, oldest first.
    ongoing: whether the page may switch again. False if the history has a period after the alternation. Also False if
        three or more captures over at least 30 days show the text of the last period.
    """

    versions: tuple[Version, ...]
    periods: tuple[Period, ...]
    ongoing: bool

    @property
    def since(self) -> datetime:
        """The time of the first capture after the first switch between the texts."""
        return self.periods[1].first.captured_at

    @property
    def until(self) -> datetime:
        """The time of the last capture of the alternation."""
        return self.periods[-1].last.captured_at

    @property
    def times(self) -> int:
        """The number of switches between the texts within the alternation."""
        return len(self.periods) - 1


@dataclass(frozen=True, slots=True)
class SettledHistory:
    """A history with its periods in four groups: the text lasted, did not last, is held, or is not confirmed yet.

    `diffing.timeline.settled` divides the periods.

    history: the periods whose texts lasted, and all versions of the whole history with their numbers.
    transient: the periods whose texts did not last: the page was fetched again minutes later, and then showed another
        text.
    pending: the newest periods, beginning with the first period whose text is not confirmed yet.
    until: the time of the last capture before the first period that may still begin to stand; None if there is no
        earlier capture. Such a period is not confirmed yet, or held, with no later period that stands.
    held: the periods whose texts share nothing with the text before, and that no later capture has confirmed.
    """

    history: History
    transient: tuple[Period, ...]
    pending: tuple[Period, ...]
    until: datetime | None
    held: tuple[Period, ...] = ()

    @property
    def held_now(self) -> Period | None:
        """The first held period after the last standing period; None if no period after it is held."""
        standing = self.history.periods[-1].last.captured_at if self.history.periods else None
        return next((period for period in self.held if standing is None or period.first.captured_at > standing), None)


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a policy is gone: every capture says that the page is no longer there (`diffing.absences`).

    first, last: the first and the last capture that say so.
    """

    first: Quarantined
    last: Quarantined


@dataclass(frozen=True, slots=True)
class Announcement:
    """A change of a policy that is reported to each subscriber once.

    old, new: the period before the change and the period after the change.
    returned_to: the latest earlier period with the same text as `new`; None if the policy never had that text before.
    alternation: the alternation that is reported instead of the change, with the periods up to `new`. None if the
        change itself is reported.
    """

    old: Period
    new: Period
    returned_to: Period | None = None
    alternation: Alternation | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """A change that a subscriber was told. It happened between two captures (timezone-aware UTC).

    The captures identify it, not the versions: another policy reader may give the same texts other ids, and a person
    may have rejected the captures since.

    old_capture_id, new_capture_id: the last capture of the old text, and the first capture of the new text.
    old_version_id, new_version_id: the versions that these captures show according to the policy reader in force,
        whether accepted or not; None if the policy reader finds no text.
    begin, end: the times of the two captures.
    """

    old_capture_id: int
    new_capture_id: int
    old_version_id: str | None
    new_version_id: str | None
    begin: datetime
    end: datetime

    def tells(self, announcement: Announcement) -> bool:
        """Returns whether the subscriber has been told of an announcement by this telling.

        It has if the change happened from the same text to the same text, and if both may have happened at the same
        moment: between the captures of either. So a change that is told is not told again if its captures were rejected
        and the new text was captured again, but a page that really changes back and forth has different changes.
        """
        old, new = announcement.old.last, announcement.new.first
        if (self.old_capture_id, self.new_capture_id) == (old.capture_id, new.capture_id):
            return True
        is_same_text = (self.old_version_id, self.new_version_id) == (old.version_id, new.version_id)
        return is_same_text and self.begin < new.captured_at and old.captured_at < self.end


def names_version(when: str) -> bool:
    """Returns whether a user's text names a version, by its id (`@3f2a`) or its number (`#3`, `3`), and not a date."""
    return when.startswith("@") or _NUMBER.fullmatch(when) is not None


def period_for(history: History, when: str, now: datetime, policy: str) -> Period:
    """Returns the period that a user names with a date, or with the id or the number of a version.

    when: a date (a year, a month, a day or a time), `@id`, or a version's number (`#3`; a number of up to three digits
        also without the sign). A date selects the period that covers the end of that year, month or day. `@id` and a
        number select the last period of the version. The id may be shortened if only one version matches.
    now: the present time, timezone-aware UTC. policy: the policy's name for messages: `hesk/privacy`.

    UsageError if no capture was accepted by that date, if the date is in the future, or if no version or several
    versions match.
    """
    if not history.periods:
        raise UsageError(
            f"no capture of {policy} has been accepted yet; crawl it, or accept a capture if `clausewatch review` "
            "lists one"
        )
    if names_version(when):
        return _version_named(history, when, policy).periods[-1]
    span = parse_span(when)
    if span.begin > now:
        raise UsageError(f"{when} is in the future; give a date up to today")
    period = history.period_at(span.end)
    if period is None:
        first = iso(history.periods[0].first.captured_at)
        raise UsageError(f"{policy} has no accepted capture from {when} or earlier; the first one is from {first}")
    return period


def _version_named(history: History, name: str, policy: str) -> Version:
    if name.startswith("@"):
        matches = [version for version in history.versions if version.id.startswith(name[1:])]
        if len(matches) == 1 and name != "@":
            return matches[0]
        candidates = [f"@{version.id}" for version in matches or history.versions]
        if len(matches) > 1:
            raise UsageError(f"{name} can be {' or '.join(candidates)}; give more characters")
        raise UsageError(f"{policy} has no version {name}; it has: {', '.join(candidates)}")
    number = int(name.removeprefix("#"))
    for version in history.versions:
        if version.number == number:
            return version
    count = len(history.versions)
    raise UsageError(
        f"{policy} has no version {number}; it has {f'versions 1 to {count}' if count > 1 else 'only version 1'}"
    )
