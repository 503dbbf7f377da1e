"""Histories of a fictional policy, written as the texts its captures showed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from core.captures import Source
from core.history import History, Observation
from diffing.timeline import timeline

BEGIN = datetime(2024, 5, 1, 6, tzinfo=UTC)
HERE = "https://marmot.example/privacy"


def seen(at: float, text: str, url: str = HERE, source: Source = "live") -> Observation:
    """A capture so many hours after the beginning."""
    moment = BEGIN + timedelta(hours=at)
    return Observation(hash((at, url)), moment, url, source, text * 8, text)


def shown(texts: str, every: float = 12, source: Source = "wayback") -> tuple[Observation, ...]:
    """A capture for each letter, hours apart; a space is a time without one."""
    return tuple(seen(at * every, text, source=source) for at, text in enumerate(texts) if text != " ")


def history_of(texts: str, every: float = 12) -> History:
    """The history of archived captures, which need no confirming."""
    return timeline(shown(texts, every))


def texts_of(periods: Iterable) -> str:
    return "".join(period.version_id for period in periods)
