"""Histories of a fictional policy, written as the texts its captures showed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from core.captures import Source
from core.history import History, Observation, Period
from diffing.timeline import timeline

BEGIN = datetime(2024, 5, 1, 6, tzinfo=UTC)
HERE = "https://marmot.example/privacy"
ELSEWHERE = "https://marmot.example/legal"

# Hours since the look before, the text shown, the address, and the source.
Look = tuple[float, str, str, Source]
looks: st.SearchStrategy[list[Look]] = st.lists(
    st.tuples(
        st.sampled_from([0.0005, 0.01, 0.1, 0.9, 1.1, 12]),
        st.sampled_from("ABC"),
        st.sampled_from([HERE, HERE, HERE, ELSEWHERE]),
        st.sampled_from(["live", "live", "live", "wayback"]),
    ),
    max_size=14,
)


def seen(hours: float, text: str, url: str = HERE, source: Source = "live") -> Observation:
    """A capture that many hours after the beginning."""
    moment = BEGIN + timedelta(hours=hours)
    return Observation(hash((hours, url)), moment, url, source, text * 8, text)


def shown(texts: str, every: float = 12, source: Source = "wayback") -> tuple[Observation, ...]:
    """A capture for each letter, `every` hours apart; at a space there is no capture."""
    return tuple(seen(number * every, text, source=source) for number, text in enumerate(texts) if text != " ")


def history_of(texts: str, every: float = 12) -> History:
    """The history of archived captures, which stand without confirmation."""
    return timeline(shown(texts, every))


def texts_of(periods: Iterable[Period]) -> str:
    """The texts of the periods, one letter each."""
    return "".join(period.version_id for period in periods)


def observations_of(drawn: Iterable[Look]) -> list[Observation]:
    observations, elapsed = [], 0.0
    for hours, text, url, source in drawn:
        elapsed += hours
        observations.append(seen(elapsed, text, url, source))
    return observations
