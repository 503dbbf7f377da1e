"""The timeline: from the set of a policy's accepted captures to its periods, its versions, and what of them to tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from core.history import ONE_LOOK, Alternation, History, Observation, Period, Settled, Telling, Version

# Within this time after a text was first seen on a live page, another text on that page says that it did not last.
_CONFIRMED_WITHIN = timedelta(hours=1)
# A text that stood so long, by so many captures, was the policy: to leave it is a change, however often it returns. Two
# captures a month apart, as archives have them, may be of a page that went back and forth all the time.
_STOOD = timedelta(days=30)
_STOOD_CAPTURES = 3


def timeline(observations: Iterable[Observation]) -> History:
    """The history that a set of accepted captures of one policy shows.

    Only the set counts, neither the order in which the observations come nor how often one is given. Versions are
    numbered by first appearance. Captures of the same instant stand in the order of what they show, not of their
    keys, which differ with the order of arrival.
    """
    ordered = sorted(set(observations), key=_place)
    periods = _periods(ordered)
    shown: dict[str, list[Period]] = {}
    for period in periods:
        shown.setdefault(period.version_id, []).append(period)
    versions = tuple(
        Version(number, version_id, tuple(its_periods))
        for number, (version_id, its_periods) in enumerate(shown.items(), start=1)
    )
    return History(periods, versions)


def _periods(ordered: Iterable[Observation]) -> tuple[Period, ...]:
    return tuple(Period(version_id, tuple(run)) for version_id, run in groupby(ordered, attrgetter("version_id")))


def _place(observation: Observation) -> tuple[datetime, str, str, str, str, int]:
    return (
        observation.captured_at,
        observation.url,
        observation.source,
        observation.sha256,
        observation.version_id,
        observation.capture_id,
    )


def settled(history: History) -> Settled:
    """What of a history stands, what did not last, and what is not known yet.

    A text first seen on a live page stands once another look at that address shows it again, or any archive or file
    does. It did not last when the next look within the hour shows another text. With no look at that address within
    the hour it stands, too: nothing speaks against it. What is no change stands as it is: the first period, and one
    that shows what stood before.

    Captures that come later in time change nothing in what stands or did not last.
    """
    periods = history.periods
    stands: list[Observation] = []
    transient = []
    pending = len(periods)
    for at, period in enumerate(periods):
        is_change = bool(stands) and stands[-1].version_id != period.version_id
        fate = _lasted(periods, at) if is_change else True
        if fate is None:
            pending = at
            break
        if fate:
            stands += period.observations
        else:
            transient.append(period)
    known = periods[:pending]
    until = known[-1].last.captured_at if known else None
    return Settled(History(_periods(stands), history.versions), tuple(transient), periods[pending:], until)


def alternations(history: History) -> tuple[Alternation, ...]:
    """Where the page of a settled history goes back and forth, oldest first.

    Two returns to earlier texts in a row make an alternation. It reaches back as far as the texts that alternate were
    shown without another between them, and forth as long as no other text is shown; a text that returns from before
    it and is left again joins it. A text that stood for a month by several captures ends it, and may begin another: to
    leave that one is a change.
    """
    return _followed(history)[1]


def tellings(history: History, after: datetime) -> tuple[Telling, ...]:
    """What there is to tell of a settled history's periods that begin after that time, oldest first.

    A new text is told as the change it is. A return to an earlier text is told, and with a second one in a row the
    alternation; further turns of it are not.
    """
    return tuple(telling for telling in _followed(history)[0] if telling.new.first.captured_at > after)


@dataclass(slots=True)
class _Run:
    """An alternation that is being followed: the places of its first and last period, and the ids it goes between."""

    begin: int
    end: int
    ids: set[str]


def _followed(history: History) -> tuple[list[Telling], tuple[Alternation, ...]]:
    """A settled history gone through once, in time: what follows from a period depends on what was before alone."""
    periods = history.periods
    tellings: list[Telling] = []
    runs: list[_Run] = []
    shown: dict[str, Period] = {}
    run: _Run | None = None
    returns = 0  # in a row, told one by one
    earliest = reach = 0  # from where on texts make an alternation, and how far back it may be found to have begun
    for at, (old, new) in enumerate(pairwise(periods), start=1):
        shown[old.version_id] = old
        if _stood(old):
            run, returns, earliest, reach = None, 0, at, at - 1
        returned_to = shown.get(new.version_id)
        begin = run.begin if run else max(at - 2, earliest)
        if returned_to is None:
            tellings.append(Telling(old, new))
            if run:
                earliest = reach = at
            run, returns = None, 0
        elif run and not returns and new.version_id in run.ids:
            run.end = at
        elif not returns or begin > at - 2:
            tellings.append(Telling(old, new, returned_to))
            returns = 1
        else:
            returns = 0
            ids = {period.version_id for period in periods[begin : at + 1]}
            while begin > reach and periods[begin - 1].version_id in ids:
                begin -= 1
            if run:
                run.begin, run.end, run.ids = begin, at, ids
            else:
                run = _Run(begin, at, ids)
                runs.append(run)
            tellings.append(Telling(old, new, returned_to, _alternation(history, run)))
    return tellings, tuple(_alternation(history, one) for one in runs)


def _alternation(history: History, run: _Run) -> Alternation:
    periods = history.periods
    return Alternation(
        tuple(version for version in history.versions if version.id in run.ids),
        periods[run.begin : run.end + 1],
        ongoing=run.end == len(periods) - 1 and not _stood(periods[run.end]),
    )


def _lasted(periods: Sequence[Period], at: int) -> bool | None:
    """Whether a period's text lasted; None when that is not known yet."""
    period = periods[at]
    if _is_confirmed(period):
        return True
    end = period.first.captured_at + _CONFIRMED_WITHIN
    addresses = {seen.url for seen in period.observations}
    for later in range(at + 1, len(periods)):
        for seen in periods[later].observations:
            if seen.captured_at > end:
                return True
            if seen.url in addresses:
                return seen.version_id == period.version_id
    return None if periods[-1].last.captured_at <= end else True


def _is_confirmed(period: Period) -> bool:
    """Whether the period itself shows that its text lasted: by two looks at one address, or by other than live ones."""
    first: dict[str, datetime] = {}
    return any(
        seen.source != "live" or seen.captured_at - first.setdefault(seen.url, seen.captured_at) >= ONE_LOOK
        for seen in period.observations
    )


def _stood(period: Period) -> bool:
    """Whether a text was the policy for so long that no page's going back and forth explains it."""
    return len(period.observations) >= _STOOD_CAPTURES and period.last.captured_at - period.first.captured_at >= _STOOD
