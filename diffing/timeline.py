"""Derives a policy's timeline from the policy's accepted captures: periods, versions, alternations, announcements."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from core.history import ONE_LOOK, Alternation, Announcement, History, Observation, Period, SettledHistory, Version
from diffing.shared_text import SharesText

#: How long a text is held that shares nothing with the text before.
HOLD = timedelta(days=3)
# If a live page shows another text within this time after the first capture of a text, the earlier text did not last.
_CONFIRMED_WITHIN = timedelta(hours=1)
# A period is long if it lasts at least as long as _LONG and has at least _LONG_CAPTURES captures. The end of a long
# period is always a change, even if the text returns many times later. Two captures are not enough: archives often have
# captures a month apart, and the page may have shown other texts between the two captures.
_LONG = timedelta(days=30)
_LONG_CAPTURES = 3


def timeline(observations: Iterable[Observation]) -> History:
    """Returns the history of a policy.

    Versions are numbered by first appearance. The order of the observations does not change the result, and repeated
    observations don't change the result. Captures of the same instant are sorted by address, source, checksum and
    version. The capture id is the last sort key, since capture ids depend on the order in which captures arrived.

    observations: the policy's accepted captures.
    """
    ordered = sorted(set(observations), key=_sort_key)
    periods = _periods(ordered)
    periods_of_version: dict[str, list[Period]] = {}
    for period in periods:
        periods_of_version.setdefault(period.version_id, []).append(period)
    versions = tuple(
        Version(number, version_id, tuple(version_periods))
        for number, (version_id, version_periods) in enumerate(periods_of_version.items(), start=1)
    )
    return History(periods, versions)


def _periods(ordered: Iterable[Observation]) -> tuple[Period, ...]:
    return tuple(Period(version_id, tuple(run)) for version_id, run in groupby(ordered, attrgetter("version_id")))


def _sort_key(observation: Observation) -> tuple[datetime, str, str, str, str, int]:
    return (
        observation.captured_at,
        observation.url,
        observation.source,
        observation.sha256,
        observation.version_id,
        observation.capture_id,
    )


def settled(history: History, shares_text: SharesText, hold: timedelta = HOLD) -> SettledHistory:
    """Divides the periods of a history into four groups: standing, transient, held and not confirmed yet.

    A standing period is a period whose text is confirmed. A transient period is a period whose text did not last. A
    held period shows a text that shares nothing with the standing text before it.

    A period is confirmed if one of its captures comes from an archive or a file, or if a later capture of the same
    address shows the text again. A period is transient if the next capture of the same address is made within an hour
    of the period's first capture and shows another text. If the address is not captured again within this hour, the
    period is confirmed, since no evidence contradicts the text. Two kinds of periods need no confirmation, because
    neither kind is a change: the first period, and a period with the same text as the last standing period.

    A confirmed period whose text shares text with the last standing period stands. If it shares nothing, the page may
    show another document, so the later captures decide (`_is_the_policy`). The period is held until they do.

    Later captures never turn a standing period into a transient period, or a transient period into a standing period.

    shares_text: tells whether two versions share text (`diffing.shared_text`). It is only asked where the answer
        matters: about a period that is shorter than `hold`.
    hold: how long a text that shares nothing is held at least.
    """
    periods = history.periods
    standing: list[Observation] = []
    transient: list[Period] = []
    held: list[Period] = []
    pending = len(periods)
    stood: set[str] = set()  # the versions that stood so far: a return to one of them is no other document
    undecided: int | None = None  # the index of the first held period since the last standing period
    for index, period in enumerate(periods):
        is_change = bool(standing) and standing[-1].version_id != period.version_id
        lasted = _lasted(periods, index) if is_change else True
        if lasted is None:
            pending = index
            break
        if lasted and is_change and period.version_id not in stood:
            lasted = _is_the_policy(periods, index, standing[-1].version_id, stood, shares_text, hold)
            if lasted is None:
                held.append(period)
                undecided = index if undecided is None else undecided
                continue
        if lasted:
            standing += period.observations
            stood.add(period.version_id)
            undecided = None
        else:
            transient.append(period)
    known = periods[: pending if undecided is None else undecided]
    until = known[-1].last.captured_at if known else None
    return SettledHistory(
        History(_periods(standing), history.versions, history.quarantined),
        tuple(transient),
        periods[pending:],
        until,
        tuple(held),
    )


def _is_the_policy(
    periods: Sequence[Period],
    index: int,
    standing_id: str,
    stood: Collection[str],
    shares_text: SharesText,
    hold: timedelta,
) -> bool | None:
    """Returns whether a confirmed period shows the policy. None if the period is held.

    standing_id: the version of the last period that stands. stood: the versions of all periods that stand so far.

    It does if a person accepted one of its captures, or if its text shares text with the standing text. Otherwise the
    captures from the period's first on are looked at in order of time, until one of them decides:

    - A capture at least `hold` after the first that shows the period's text, or shares text with it: the policy was
      rewritten. Captures months apart, as archives have them, are held no longer than that. An earlier capture that
      shares text with the period decides as well, if a person accepted it, if its text stood before, or if it shares
      text with the standing text.
    - A capture that shows the standing text, or shares text with it: the period never showed the policy.
    - A capture that shares text with neither, at least `hold` after the first: nothing tells. The period stays held.
    """
    period = periods[index]
    first = period.first.captured_at
    if any(observation.reviewed for observation in period.observations):
        return True
    if period.last.captured_at - first >= hold or shares_text(standing_id, period.version_id):
        return True
    for later in periods[index + 1 :]:
        if later.version_id == period.version_id or shares_text(period.version_id, later.version_id):
            if later.last.captured_at - first >= hold or any(capture.reviewed for capture in later.observations):
                return True
            if later.version_id in stood or shares_text(standing_id, later.version_id):
                return True
        elif later.version_id == standing_id or shares_text(standing_id, later.version_id):
            return False
        elif later.last.captured_at - first >= hold:
            return None
    return None


def hold_is_possible(newest_period: timedelta, hold: timedelta = HOLD) -> bool:
    """Returns whether a history may have a hold (`SettledHistory.held_now`), from the length of its newest period.

    A hold is possible only if the newest period is shorter than `hold`, or than the hour in which a later capture can
    refute it. Otherwise the newest period stands: it is long enough to be confirmed (`_lasted`), and either it shows
    the standing text, or it shows its own text for at least `hold` (`_is_the_policy`). No earlier period is then
    pending, since a period is pending only if it began within the hour before the newest capture. And a period that
    stands ends every hold before it. So for most policies no text needs to be compared.

    newest_period: the time between the first and the last capture of the newest period.
    hold: as for `settled`. Without a hold, the answer is always False.
    """
    return timedelta() < hold and newest_period <= max(hold, _CONFIRMED_WITHIN)


def alternations(history: History) -> tuple[Alternation, ...]:
    """Returns the alternations of a settled history, oldest first.

    An alternation is recognized when two consecutive periods are returns to earlier texts. The alternation begins with
    the earliest period since which the page has shown only the texts of the alternation. The alternation ends when the
    page shows a text that is not in the alternation. There is one exception. Suppose that the page showed this text
    before the alternation. If the next period is a return to an earlier text, too, this text becomes a part of the
    alternation. A long period (a month, shown by several captures) also ends an alternation. The end of a long period
    is a change, and another alternation may begin with this change.
    """
    return _follow(history)[1]


def announcements(history: History, after: datetime) -> tuple[Announcement, ...]:
    """Returns the announcements of a settled history, oldest first, for the periods that begin after a time.

    A new text is announced as a change. A return to an earlier text is announced as a return. If the next period is
    a return, too, the second return is announced as an alternation. Further periods of the same alternation are not
    announced.
    """
    return tuple(announcement for announcement in _follow(history)[0] if announcement.new.first.captured_at > after)


@dataclass(slots=True)
class _Run:
    """An alternation that may still grow.

    begin, end: the indices of the alternation's first and last period. ids: the ids of the alternation's versions.
    """

    begin: int
    end: int
    ids: set[str]


def _follow(history: History) -> tuple[list[Announcement], tuple[Alternation, ...]]:
    """Returns all announcements and all alternations of a settled history.

    The function goes through the periods once, in order of time. The announcement of a period depends only on the
    period and on earlier periods. So captures with a later capture time never change an announcement.
    """
    periods = history.periods
    announcements_so_far: list[Announcement] = []
    runs: list[_Run] = []
    # The latest period of each version so far, by version id.
    last_period: dict[str, Period] = {}
    run: _Run | None = None
    returns = 0  # the number of consecutive returns that were announced as returns
    # Two indices of periods. When an alternation is recognized, it may begin with the period `earliest` or a later
    # period. The alternation is then extended backwards, at most to the period `reach`.
    earliest = reach = 0
    for index, (old, new) in enumerate(pairwise(periods), start=1):
        last_period[old.version_id] = old
        if _is_long(old):
            run, returns, earliest, reach = None, 0, index, index - 1
        returned_to = last_period.get(new.version_id)
        begin = run.begin if run else max(index - 2, earliest)
        if returned_to is None:
            announcements_so_far.append(Announcement(old, new))
            if run:
                earliest = reach = index
            run, returns = None, 0
        elif run and not returns and new.version_id in run.ids:
            run.end = index
        elif not returns or begin > index - 2:
            announcements_so_far.append(Announcement(old, new, returned_to))
            returns = 1
        else:
            returns = 0
            ids = {period.version_id for period in periods[begin : index + 1]}
            while begin > reach and periods[begin - 1].version_id in ids:
                begin -= 1
            if run:
                run.begin, run.end, run.ids = begin, index, ids
            else:
                run = _Run(begin, index, ids)
                runs.append(run)
            announcements_so_far.append(Announcement(old, new, returned_to, _alternation(history, run)))
    return announcements_so_far, tuple(_alternation(history, run) for run in runs)


def _alternation(history: History, run: _Run) -> Alternation:
    periods = history.periods
    return Alternation(
        tuple(version for version in history.versions if version.id in run.ids),
        periods[run.begin : run.end + 1],
        ongoing=run.end == len(periods) - 1 and not _is_long(periods[run.end]),
    )


def _lasted(periods: Sequence[Period], index: int) -> bool | None:
    """Returns whether a period's text lasted. None if the answer depends on later captures."""
    period = periods[index]
    if _is_confirmed(period):
        return True
    # Differences are compared, since a sum could be later than the last date of the calendar.
    first = period.first.captured_at
    addresses = {observation.url for observation in period.observations}
    for later in range(index + 1, len(periods)):
        for observation in periods[later].observations:
            if observation.captured_at - first > _CONFIRMED_WITHIN:
                return True
            if observation.url in addresses:
                return observation.version_id == period.version_id
    return None if periods[-1].last.captured_at - first <= _CONFIRMED_WITHIN else True


def _is_confirmed(period: Period) -> bool:
    """Returns whether the captures of a period show, without later captures, that the period's text lasted.

    True if a capture is not live, or if two live captures of one address are at least ONE_LOOK apart.
    """
    first_capture: dict[str, datetime] = {}
    return any(
        observation.source != "live"
        or observation.captured_at - first_capture.setdefault(observation.url, observation.captured_at) >= ONE_LOOK
        for observation in period.observations
    )


def _is_long(period: Period) -> bool:
    """Returns whether a period is long. The end of a long period is always a change."""
    return len(period.observations) >= _LONG_CAPTURES and period.last.captured_at - period.first.captured_at >= _LONG
