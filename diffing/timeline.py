"""The timeline: from the set of a policy's accepted captures to its periods and versions."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from core.history import History, Observation, Period, Version


def timeline(observations: Iterable[Observation]) -> History:
    """The history that a set of accepted captures of one policy shows.

    Only the set counts, neither the order in which the observations come nor how often one is given. Versions are
    numbered by first appearance. Captures of the same instant stand in the order of what they show, not of their
    keys, which differ with the order of arrival.
    """
    ordered = sorted(set(observations), key=_place)
    periods = tuple(Period(version_id, tuple(run)) for version_id, run in groupby(ordered, attrgetter("version_id")))
    shown: dict[str, list[Period]] = {}
    for period in periods:
        shown.setdefault(period.version_id, []).append(period)
    versions = tuple(
        Version(number, version_id, tuple(its_periods))
        for number, (version_id, its_periods) in enumerate(shown.items(), start=1)
    )
    return History(periods, versions)


def _place(observation: Observation) -> tuple[datetime, str, str, str, str, int]:
    return (
        observation.captured_at,
        observation.url,
        observation.source,
        observation.sha256,
        observation.version_id,
        observation.capture_id,
    )
