"""Derives a policy's timeline from the set of its accepted captures: periods, versions, and what to announce."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from core.history import ONE_LOOK, Alternation, Announcement, History, Observation, Period, SettledHistory, Version

# If a live page shows another text within this time after a text was first seen there, the text did not last.
_CONFIRMED_WITHIN = timedelta(hours=1)
# A text that this many captures show over this time has stood: leaving it is a change, however often it returns. Fewer
# captures prove nothing. Two captures a month apart, as archives have them, may be of a page that alternates all the
# time.
_STOOD = timedelta(days=30)
_STOOD_CAPTURES = 3


def timeline(observations: Iterable[Observation]) -> History:
    """Returns the history that a set of accepted captures of one policy shows.

    Only the set counts: neither the order of the observations nor repeated ones make a difference. Versions are
    numbered by first appearance. Captures of the same instant are ordered by what they show, and by
    their keys last, since the keys depend on the order of arrival.
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


def settled(history: History) -> SettledHistory:
    """Separates what stands in a history from what did not last and what is not known yet.

    A text first seen on a live page stands once a later look at that address shows it again, or any capture from an
    archive or a file shows it. It did not last if the next look within the hour shows another text. If the address is
    not looked at within the hour, the text stands, since nothing speaks against it. A period that is no change needs no
    confirmation: the first period, and a period of the text that stood before.

    Later captures never change what stands or did not last.
    """
    periods = history.periods
    standing: list[Observation] = []
    transient = []
    pending = len(periods)
    for index, period in enumerate(periods):
        is_change = bool(standing) and standing[-1].version_id != period.version_id
        lasted = _lasted(periods, index) if is_change else True
        if lasted is None:
            pending = index
            break
        if lasted:
            standing += period.observations
        else:
            transient.append(period)
    known = periods[:pending]
    until = known[-1].last.captured_at if known else None
    return SettledHistory(History(_periods(standing), history.versions), tuple(transient), periods[pending:], until)


def alternations(history: History) -> tuple[Alternation, ...]:
    """Returns the alternations of a settled history, oldest first.

    Two returns to earlier texts in a row make an alternation. It reaches back as far as only its texts were shown, and
    lasts as long as only they are shown. An earlier text that returns and is left again joins it. A text that stood for
    a month by several captures ends it; leaving that text is a change, with which another alternation may begin.
    """
    return _follow(history)[1]


def announcements(history: History, after: datetime) -> tuple[Announcement, ...]:
    """Returns what there is to announce of a settled history's periods that begin after that time, oldest first.

    A new text is announced as a change. A return to an earlier text is announced as a return, and a second return in a
    row as an alternation. Further turns of the alternation are not announced.
    """
    return tuple(announced for announced in _follow(history)[0] if announced.new.first.captured_at > after)


@dataclass(slots=True)
class _Run:
    """An alternation in the making: the indices of its first and last period, and the ids of its versions."""

    begin: int
    end: int
    ids: set[str]


def _follow(history: History) -> tuple[list[Announcement], tuple[Alternation, ...]]:
    """Returns all announcements and alternations of a settled history.

    It goes through the periods once, in order of time. What follows from a period depends on earlier periods only, so
    later captures never change an announcement.
    """
    periods = history.periods
    announced: list[Announcement] = []
    runs: list[_Run] = []
    # The last period of each version so far.
    shown: dict[str, Period] = {}
    run: _Run | None = None
    returns = 0  # how many returns in a row were announced as returns
    # An alternation begins at this period or later when it is recognized, and is then extended back to `reach` at most.
    earliest = reach = 0
    for index, (old, new) in enumerate(pairwise(periods), start=1):
        shown[old.version_id] = old
        if _stood(old):
            run, returns, earliest, reach = None, 0, index, index - 1
        returned_to = shown.get(new.version_id)
        begin = run.begin if run else max(index - 2, earliest)
        if returned_to is None:
            announced.append(Announcement(old, new))
            if run:
                earliest = reach = index
            run, returns = None, 0
        elif run and not returns and new.version_id in run.ids:
            run.end = index
        elif not returns or begin > index - 2:
            announced.append(Announcement(old, new, returned_to))
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
            announced.append(Announcement(old, new, returned_to, _alternation(history, run)))
    return announced, tuple(_alternation(history, run) for run in runs)


def _alternation(history: History, run: _Run) -> Alternation:
    periods = history.periods
    return Alternation(
        tuple(version for version in history.versions if version.id in run.ids),
        periods[run.begin : run.end + 1],
        ongoing=run.end == len(periods) - 1 and not _stood(periods[run.end]),
    )


def _lasted(periods: Sequence[Period], index: int) -> bool | None:
    """Returns whether a period's text lasted; None if that is not known yet."""
    period = periods[index]
    if _is_confirmed(period):
        return True
    deadline = period.first.captured_at + _CONFIRMED_WITHIN
    addresses = {observation.url for observation in period.observations}
    for later in range(index + 1, len(periods)):
        for observation in periods[later].observations:
            if observation.captured_at > deadline:
                return True
            if observation.url in addresses:
                return observation.version_id == period.version_id
    return None if periods[-1].last.captured_at <= deadline else True


def _is_confirmed(period: Period) -> bool:
    """Returns whether a period itself shows that its text lasted.

    Two looks at one address show that, and so does any capture that is not live.
    """
    first_look: dict[str, datetime] = {}
    return any(
        observation.source != "live"
        or observation.captured_at - first_look.setdefault(observation.url, observation.captured_at) >= ONE_LOOK
        for observation in period.observations
    )


def _stood(period: Period) -> bool:
    """Returns whether a text was shown for so long that no alternation explains it."""
    return len(period.observations) >= _STOOD_CAPTURES and period.last.captured_at - period.first.captured_at >= _STOOD
