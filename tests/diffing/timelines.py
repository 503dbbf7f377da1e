"""Histories of a fictional policy for the tests. Each text of the policy is one letter."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from core.captures import Source
from core.history import History, Observation, Period, SettledHistory
from diffing.timeline import settled, timeline

BEGIN = datetime(2024, 5, 1, 6, tzinfo=UTC)
HERE = "https://marmot.example/privacy"
ELSEWHERE = "https://marmot.example/legal"

# A capture: the hours since the previous capture, the text, the address, and the source.
Look = tuple[float, str, str, Source]
looks: st.SearchStrategy[list[Look]] = st.lists(
    st.tuples(
        st.sampled_from([0.0005, 0.01, 0.1, 0.9, 1.1, 12, 80]),
        st.sampled_from("ABCXYM"),
        st.sampled_from([HERE, HERE, HERE, ELSEWHERE]),
        st.sampled_from(["live", "live", "live", "wayback"]),
    ),
    max_size=14,
)


def observed(hours: float, text: str, url: str = HERE, source: Source = "live") -> Observation:
    """Returns a capture at a number of hours after BEGIN."""
    moment = BEGIN + timedelta(hours=hours)
    return Observation(hash((hours, url)), moment, url, source, text * 8, text)


def captures_of(texts: str, every: float = 12, source: Source = "wayback") -> tuple[Observation, ...]:
    """Returns a capture for each letter. Neighbouring letters are `every` hours apart; a space is a missing capture."""
    return tuple(observed(number * every, text, source=source) for number, text in enumerate(texts) if text != " ")


def history_of(texts: str, every: float = 12) -> History:
    """Returns the history of captures from an archive. Texts from an archive stand without confirmation."""
    return timeline(captures_of(texts, every))


def shares_text(first: str, second: str) -> bool:
    """Returns whether two texts share text.

    X, Y and Z are texts of another document than the other letters. M shares text with both documents.
    """
    return "M" in (first, second) or (first in "XYZ") == (second in "XYZ")


def settled_of(captures: Iterable[Observation]) -> SettledHistory:
    """Returns the settled history of captures."""
    return settled(timeline(captures), shares_text)


def texts_of(periods: Iterable[Period]) -> str:
    """Returns the texts of the periods, one letter for each period."""
    return "".join(period.version_id for period in periods)


def observations_of(drawn: Iterable[Look]) -> list[Observation]:
    observations, elapsed = [], 0.0
    for hours, text, url, source in drawn:
        elapsed += hours
        observations.append(observed(elapsed, text, url, source))
    return observations
