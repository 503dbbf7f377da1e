"""What a subscriber wants: how often digests come, and of which changes they tell."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from core.exceptions import UsageError

#: Which changes are told: those with at least one substantive clause-level change; those with a substantive or factual
#: one; or all.
Threshold = Literal["substantive", "factual", "all"]
THRESHOLDS: tuple[Threshold, ...] = get_args(Threshold)
#: How often digests come: with each run, daily or weekly.
Frequency = Literal["run", "day", "week"]
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MOST_WORDS = 100
_LONGEST_PHRASE = 200
# Scripts that are written without spaces between words: Thai, Lao, Khmer, Burmese, Chinese, Japanese.
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a subscriber wants, besides the vendors and policies.

    significance: which changes are told.
    words: words and phrases to watch for. If there are any, only changes are told whose clauses mention one of them,
        before or after the change.
    every: how often digests come.
    at: the local time from which a daily or weekly digest is due.
    timezone: the name of the time zone of `at`, in the IANA Time Zone Database: `Europe/Berlin`.
    weekday: the day of a weekly digest, from 0 for Monday to 6 for Sunday.
    dates: the language in which dates are written, as an IETF language tag (`de`); '' for dates like 2024-05-06.

    UsageError if a value is not valid.
    """

    significance: Threshold = "substantive"
    words: tuple[str, ...] = ()
    every: Frequency = "run"
    at: time = field(default=time(7, 0))
    timezone: str = "UTC"
    weekday: int = 0
    dates: str = ""

    def __post_init__(self) -> None:
        if self.significance not in THRESHOLDS:
            raise UsageError(f"{self.significance!r} is no significance; give one of {', '.join(THRESHOLDS)}")
        if self.every not in FREQUENCIES:
            raise UsageError(f"{self.every!r} is no frequency; give one of {', '.join(FREQUENCIES)}")
        if not 0 <= self.weekday < len(WEEKDAYS):
            raise UsageError(f"{self.weekday} is no weekday; give a number from 0 (Monday) to 6")
        if len(self.words) > _MOST_WORDS:
            raise UsageError(f"{len(self.words)} words to watch for are too many; give at most {_MOST_WORDS}")
        for words in self.words:
            if not any(map(str.isalnum, words)) or len(words) > _LONGEST_PHRASE or not words.isprintable():
                raise UsageError(
                    f"{words[:_LONGEST_PHRASE]!r} is no word to watch for; give a word or a phrase with at least one "
                    f"letter or digit and at most {_LONGEST_PHRASE} characters"
                )
        _zone(self.timezone)
        if self.dates:
            try:
                Locale.parse(self.dates, sep="-")
            except (UnknownLocaleError, ValueError):
                raise UsageError(f"there is no language {self.dates!r}; give a tag like de or pt-BR") from None

    def to_dict(self) -> dict[str, Any]:
        """Returns the preferences as JSON values, which docs/contract.md describes."""
        return {
            "significance": self.significance,
            "words": list(self.words),
            "every": self.every,
            "at": f"{self.at:%H:%M}",
            "timezone": self.timezone,
            "weekday": WEEKDAYS[self.weekday],
            "dates": self.dates or None,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Preferences":
        """Returns the preferences that `to_dict` has written. What is missing has the value for new subscriptions."""
        known: dict[str, Any] = {name: values[name] for name in ("significance", "every", "timezone") if name in values}
        if "words" in values:
            known["words"] = tuple(values["words"])
        if "at" in values:
            known["at"] = time.fromisoformat(values["at"])
        if "weekday" in values:
            known["weekday"] = WEEKDAYS.index(values["weekday"])
        return cls(**known, dates=values.get("dates") or "")


def is_due(preferences: Preferences, last_digest_at: datetime | None, now: datetime) -> bool:
    """Returns whether the subscriber's next digest is to be composed now.

    A daily or weekly digest is due from its hour on: once the hour has passed, in the subscriber's time zone, since
    digests were last composed for the subscriber. So a run that comes late composes it. An hour that the clocks skip
    counts as the moment at which they are put forward; an hour that comes twice, as the first of the two.

    last_digest_at: when digests were last composed for the subscriber, timezone-aware; None if they never were. A time
    after `now` comes from a clock that was wrong, and doesn't count. now: the present time, timezone-aware.
    """
    if preferences.every == "run" or last_digest_at is None or last_digest_at > now:
        return True
    return last_digest_at < _last_hour(preferences, now)


def _last_hour(preferences: Preferences, now: datetime) -> datetime:
    """Returns the last moment up to now at which a digest became due."""
    zone = _zone(preferences.timezone)
    day = now.astimezone(zone).date()
    # Where the clocks are put back over midnight, the local date may be a day further than its hours.
    for days in range(-1, 9):
        date = day - timedelta(days=days)
        if preferences.every == "week" and date.weekday() != preferences.weekday:
            continue
        # In a gap, fold=0 gives the moment after it that is as far away as the hour is from its beginning; in a
        # repeated hour, the first (PEP 495).
        moment = datetime.combine(date, preferences.at, zone).astimezone(UTC)
        if moment <= now:
            return moment
    raise AssertionError("a week has every weekday")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder's name gives an OSError
        raise UsageError(f"there is no time zone {name!r}; give a name like Europe/Berlin or UTC") from None


def mentioned(words: Collection[str], text: str) -> frozenset[str]:
    """Returns those of some words and phrases that a text mentions.

    Case makes no difference, and neither does white space. A word is mentioned if it stands by itself: `data` is not
    mentioned in `database`. In languages without spaces between words, it is mentioned wherever its characters stand.
    """
    folded = _folded(text)
    return frozenset(phrase for phrase in words if _is_in(_folded(phrase), folded))


def _is_in(phrase: str, text: str) -> bool:
    if phrase not in text:
        return False
    before = r"(?<!\w)" if phrase[0].isalnum() and not _WITHOUT_SPACES.match(phrase[0]) else ""
    after = r"(?!\w)" if phrase[-1].isalnum() and not _WITHOUT_SPACES.match(phrase[-1]) else ""
    return re.search(f"{before}{re.escape(phrase)}{after}", text) is not None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


#: What a subscriber of a release without preferences gets.
EVERY_CHANGE = Preferences(significance="all")
