"""The form of a subscription: what a reader has filled in, and what that means."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from core.declarations import Vendor
from core.exceptions import UsageError
from core.preferences import FREQUENCIES, THRESHOLDS, WEEKDAYS, Preferences
from storage import Subscriber

# The upper limits of the names and words in characters: what was chosen is a part of the link in the e-mail that asks
# to confirm it, and mail programs cut long links.
_LONGEST_NAMES: Final = 500
_LONGEST_WORDS: Final = 300
_LANGUAGES: Final = ("cs", "da", "de", "en", "es", "fi", "fr", "it", "ja", "ko", "nl", "pl", "pt", "sv", "uk", "zh")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants. vendors: vendors (`hesk`) and policies (`hesk/cookies`); empty for all vendors."""

    vendors: tuple[str, ...]
    preferences: Preferences

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON values for a signed link."""
        return {"vendors": list(self.vendors), "preferences": self.preferences.to_dict()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Wanted":
        """Returns what `to_json` has written."""
        return cls(tuple(values["vendors"]), Preferences.from_dict(values["preferences"]))

    @classmethod
    def of(cls, subscriber: Subscriber) -> "Wanted":
        """Returns what a subscriber gets."""
        return cls(tuple(sorted(subscriber.vendors)), subscriber.preferences)


def empty_form(name: str = "") -> dict[str, str]:
    """Returns the fields of a form that nobody has filled in. name: the vendor or policy that it suggests, or ''."""
    return {"address": "", **filled_form(Wanted((name,) if name else (), Preferences()))}


def filled_form(wanted: Wanted) -> dict[str, str]:
    """Returns the fields of a form that shows what a subscriber gets."""
    preferences = wanted.preferences
    return {
        "vendors": "\n".join(wanted.vendors),
        "significance": preferences.significance,
        "words": "\n".join(preferences.words),
        "every": preferences.every,
        "at": f"{preferences.at:%H:%M}",
        "timezone": preferences.timezone,
        "weekday": WEEKDAYS[preferences.weekday],
        "dates": preferences.dates,
    }


def wanted_in(form: Mapping[str, str], vendors: Mapping[str, Vendor], before: Wanted | None = None) -> Wanted:
    """Returns what a form says. A field that is missing has the value for new subscriptions.

    vendors: the declared vendors, by slug. before: what the subscriber gets now: a name in it may be one that is no
    longer declared, or whose declaration is broken at the moment.

    UsageError, with a sentence for the reader, if a field is not valid.
    """
    kept = before.vendors if before else ()
    preferences = Preferences()
    if (significance := form.get("significance", preferences.significance)) not in THRESHOLDS:
        raise UsageError("Choose which changes you want to be told.")
    if (every := form.get("every", preferences.every)) not in FREQUENCIES:
        raise UsageError("Choose how often e-mails come.")
    if (weekday := form.get("weekday", WEEKDAYS[preferences.weekday])) not in WEEKDAYS:
        raise UsageError("Choose the day of weekly e-mails.")
    # What the fields of the hour say makes no difference to e-mails after each run.
    timing: dict[str, Any] = {}
    if every != "run":
        timing["at"] = _time_of_day(form.get("at", ""))
        timing["timezone"] = form.get("timezone", "").strip() or preferences.timezone
    if every == "week":
        timing["weekday"] = WEEKDAYS.index(weekday)
    words = _lines(form.get("words", ""), _LONGEST_WORDS, "The words to watch for", separator="")
    try:
        chosen = replace(
            preferences,
            significance=significance,
            every=every,
            words=words,
            dates=form.get("dates", "").strip(),
            **timing,
        )
    except UsageError as error:
        raise UsageError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    named = _lines(form.get("vendors", ""), _LONGEST_NAMES, "The vendors and policies", separator=",")
    return Wanted(tuple(dict.fromkeys(_declared(name, vendors, kept) for name in named)), chosen)


def names_of(chosen: Iterable[str], vendors: Mapping[str, Vendor]) -> list[str]:
    """Returns the names of vendors and policies for people: `HESK`, `HESK, cookies`."""
    parts = [name.partition("/") for name in chosen]
    return [
        " ".join(filter(None, (vendors[slug].name if slug in vendors else slug, policy))) for slug, _, policy in parts
    ]


def languages(present: str = "") -> list[tuple[str, str]]:
    """Returns the languages that a form offers: the tag, and the language's name in itself.

    present: one more tag; it is left out if there is no such language.
    """
    offered = [(tag, Locale.parse(tag).get_display_name() or tag) for tag in _LANGUAGES]
    if present and present not in _LANGUAGES:
        with suppress(UnknownLocaleError, ValueError):
            offered.append((present, Locale.parse(present, sep="-").get_display_name() or present))
    return offered


@cache
def time_zones() -> tuple[str, ...]:
    """Returns the names of the time zones that a form suggests: those of places, and UTC."""
    places = (
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/"))
    )
    return ("UTC", *sorted(places))


def _lines(text: str, longest: int, what: str, *, separator: str) -> tuple[str, ...]:
    if len(text) > longest:
        raise UsageError(f"{what} may have up to {longest} characters together.")
    lines = (text.replace(separator, "\n") if separator else text).splitlines()
    return tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))


def _declared(name: str, vendors: Mapping[str, Vendor], kept: Iterable[str]) -> str:
    """Returns a vendor or policy as subscriptions name it. name: also with the vendor's name instead of the slug."""
    if name in kept:
        return name
    given, _, policy = (part.strip() for part in name.partition("/"))
    vendor = vendors.get(given.lower()) or next(
        (vendor for vendor in vendors.values() if vendor.name.casefold() == given.casefold()), None
    )
    if vendor is None:
        raise UsageError(f"There is no vendor “{given}” here. Write one vendor or policy per line, such as hesk.")
    if not policy:
        return vendor.slug
    if policy.lower() not in vendor.policies:
        raise UsageError(f"{vendor.name} has no policy “{policy}” here; it has: {', '.join(vendor.policies)}.")
    return f"{vendor.slug}/{policy.lower()}"


def _time_of_day(text: str) -> time:
    try:
        return datetime.strptime(text.strip()[:5], "%H:%M").time()  # noqa: DTZ007 - it becomes a time of day
    except ValueError:
        raise UsageError("Give the hour of daily and weekly e-mails as hours and minutes, like 07:30.") from None
