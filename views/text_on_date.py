"""The captures before and after a date: what is known, and what isn't, of the text that a policy had on that date."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.dates import parse_span
from core.history import History, Observation, names_version
from core.plurals import plural


@dataclass(frozen=True, slots=True)
class SeenText:
    """A capture, with the number of the version that it shows."""

    capture: Observation
    version: int


@dataclass(frozen=True, slots=True)
class TextOnDate:
    """The accepted captures next to a date.

    date: the date in words: `on 2016-10-18`, `at the end of 2016`.
    before: the last capture by the end of the date. after: the first later capture; None if there is none yet.
    quarantined: the number of quarantined captures between both; after `before`, if there is no later capture.
    """

    date: str
    before: SeenText
    after: SeenText | None
    quarantined: int

    @property
    def conclusion(self) -> str:
        """What follows from both captures, in one or two sentences."""
        if self.after is None:
            return (
                f"No later capture is accepted, so it is not known whether the page still showed this text {self.date}."
            )
        gap = _length(self.after.capture.captured_at - self.before.capture.captured_at)
        if self.before.version == self.after.version:
            return (
                f"Both captures show this text. They are {gap} apart, and no accepted capture shows what the page said "
                "in between."
            )
        return (
            f"The text was replaced at some time in the {gap} between these captures, so it is not certain which of "
            f"the two texts the page showed {self.date}."
        )


def text_on_date(history: History, when: str, quarantined: Sequence[datetime]) -> TextOnDate | None:
    """Returns the captures next to a date; None if `when` names a version, or a date before the first capture.

    when: a date as for `core.history.period_for`. quarantined: the times of the quarantined captures, oldest first.

    UsageError if `when` is neither a date nor the name of a version.
    """
    if names_version(when):
        return None
    span = parse_span(when)
    numbers = {version.id: version.number for version in history.versions}
    captures = [capture for period in history.periods for capture in period.observations]
    index = bisect_right(captures, span.end, key=lambda capture: capture.captured_at)
    if not index:
        return None
    before = captures[index - 1]
    after = captures[index] if index < len(captures) else None
    until = bisect_left(quarantined, after.captured_at) if after else len(quarantined)
    return TextOnDate(
        f"at the end of {when}" if span.end - span.begin > timedelta(days=1) else f"on {when}",
        SeenText(before, numbers[before.version_id]),
        SeenText(after, numbers[after.version_id]) if after else None,
        max(0, until - bisect_right(quarantined, before.captured_at)),
    )


def _length(time: timedelta) -> str:
    return plural(time.days, "day") if time.days else plural(max(1, time.seconds // 3600), "hour")
