"""Parses dates that people type, and formats times for output."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.exceptions import UsageError

# Python's parser accepts more forms of ISO 8601. For example, Python reads 20161018 as midnight of that day, but the
# user means the whole day.
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.S)
_WITH_SECONDS = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}([.,]\d)?")
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Span:
    """A year, a month, a day, a minute, a second or a single instant, in UTC.

    begin: the first instant of the span.
    end: the last instant of the span: one microsecond before the next year, month, day, minute or second begins. For a
        single instant, `begin` and `end` are equal.
    """

    begin: datetime
    end: datetime


def parse_span(text: str) -> Span:
    """Returns the span that a text names.

    text: a year, a month or a day (`2010`, `2010-11`, `2010-11-25`), or an ISO 8601 time. A time without an offset is
        read as UTC. A time without seconds names the minute, and a time without a fraction of a second names the
        second, because the commands print times in these forms.

    UsageError if the text has another form or names a day that doesn't exist.
    """
    text = text.strip()
    match = _PARTIAL.fullmatch(text)
    try:
        if not match:
            if not _INSTANT.fullmatch(text):
                raise ValueError
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            return Span(
                moment, moment + (_precision(text) - timedelta(microseconds=1))
            )  # 9999-12-31 has no next second
        year, month, day = (int(part) if part else None for part in match.groups())
        begin = datetime(year or 0, 1 if month is None else month, 1 if day is None else day, tzinfo=UTC)
        if day is not None:
            after = begin + timedelta(days=1)
        elif month is not None:
            after = begin.replace(year=begin.year + month // 12, month=month % 12 + 1)
        else:
            after = begin.replace(year=begin.year + 1)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is not a date: give a year, a month or a day, like 2018, 2018-05 or 2018-05-25"
        ) from None
    return Span(begin, after - timedelta(microseconds=1))


def parse_range(text: str) -> Span:
    """Returns the span from one date to another, both included.

    text: two dates as for `parse_span` with `..` between them: `2016..2018-05`. If one of them is left out, the span
        begins or ends with the calendar. A single date names its own span.

    UsageError if a date can't be read, or if the first is later than the second.
    """
    begin, dots, end = text.partition("..")
    if not begin.strip() and not end.strip():
        raise UsageError(f"{text!r} names no date: give two dates with .. between them, like 2016..2018-05")
    first = parse_span(begin).begin if begin.strip() else datetime.min.replace(tzinfo=UTC)
    if not dots:
        return parse_span(begin)
    last = parse_span(end).end if end.strip() else datetime.max.replace(tzinfo=UTC)
    if first > last:
        raise UsageError(f"{text!r} ends before it begins: give the earlier date first")
    return Span(first, last)


def _precision(text: str) -> timedelta:
    """Returns the length of the span that an ISO 8601 time names."""
    with_seconds = _WITH_SECONDS.match(text)
    if with_seconds is None:
        return timedelta(minutes=1)
    return timedelta(microseconds=1) if with_seconds[1] else timedelta(seconds=1)


def iso(moment: datetime) -> str:
    """Returns a time as ISO 8601 in UTC, to the second: `2016-10-18T22:57:56Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(moment: datetime | None) -> str | None:
    """Returns a time as `iso` does, for a field of the JSON that may be `null`. None stays None."""
    return iso(moment) if moment else None
