"""Recognises dates in a text: in words and digits, in many languages, scripts and calendars."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from extraction.words.months import MONTHS, MONTHS_OF_LANGUAGE, SOLAR_HIJRI_MONTHS
from extraction.words.normalization import word_set

# The languages whose numeric dates have the day first. The CLDR has this order for every country of these languages.
# English isn't among them: 03/04/2018 is a day in March or in April.
_DAY_FIRST = word_set(
    "fr de es it pt nl da nb no nn fi pl cs sk sl hr bs sr ro bg el ru uk be tr et lv ca gl id vi is mk he ar th hi"
)
# The digits of other scripts, the wide colon, and the numerals of Chinese and Japanese that stand for one digit.
_DIGITS = {code + value: str(value) for code in (0x660, 0x6F0, 0x966, 0xE50, 0xFF10) for value in range(10)}
_DIGITS[0xFF1A] = ":"
_ANY_OF_DIGITS = re.compile(f"[{''.join(map(chr, _DIGITS))}]")
_HAN_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_HAN_YEAR = re.compile(r"[〇零一二三四五六七八九]{4}(?=\s?年)")
_HAN_MONTH_OR_DAY = re.compile(r"([一二三四五六七八九]?)十?([一二三四五六七八九]?)(?=\s?[月日])")
# The first year of each era of Japan's calendar, minus one.
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
# The Buddhist calendar, which Thailand uses, is 543 years ahead.
_BUDDHIST = 543
_YEAR = r"(?:(?:19|20|25)\d\d|1[34]\d\d)(?!\d)"
# The last two signs of what every date has ("2024", "'24", "3/4/24", "年"), and how much of a date stands before and
# after them. The pattern begins with a set of signs, because the engine skips other signs fast.
_YEAR_SIGN = re.compile(r"[\d年년](?:(?<=[年년])|(?<=\d)\d(?!\d)(?:(?<=\d{4})|(?<=['’]\d\d)|(?<=\d[./-]\d\d)))")
_LONGEST_BEFORE_YEAR = 42
_LONGEST_AFTER_YEAR = 30
_SHORT_YEAR = r"['’]\d\d(?!\d)"
# What a date has besides its year: numbers beside marks, eight digits, or a month's name. The names in scripts other
# than Latin, Greek and Cyrillic aren't looked up, because letters may stand directly before them.
_NUMBERS = re.compile(r"\d[-/.]\s?(?:\d{1,2}(?!\d)|\d{4})|\d{8}|[\u0590-\u1dff\u2e80-\uffff]")
_WORD = re.compile(r"[^\W\d_]+")
_MONTH_WORDS = frozenset(max(_WORD.findall(name), key=len) for name in MONTHS)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date in a text.

    start, end: where the date stands in the text.
    iso: the date in ISO 8601, `2024-03-04`, or `2024-03` if the text names no day. None if the date doesn't exist
        (2018-02-30), or if it isn't clear which number is the day (03/04/2018).
    either: if it isn't clear which number is the day: the date with the day first, and the date with the month first.
    is_eight_digits: whether the date is written without marks between its parts: 18062024.
    """

    start: int
    end: int
    iso: str | None
    either: tuple[str, ...] = ()
    is_eight_digits: bool = False


def simplified(text: str) -> str:
    """Returns the text as the other functions expect it: in lower case, and with the digits 0 to 9.

    The digits of other scripts, and the numerals in Chinese and Japanese dates, become these digits.
    """
    if text.isascii():
        return text.lower()
    # The lower case of İ has two characters, of which the second is an accent.
    text = text.replace("İ", "i").lower()
    if _ANY_OF_DIGITS.search(text):
        text = text.translate(_DIGITS)
    if "年" in text:
        text = _HAN_YEAR.sub(lambda match: match[0].translate(_HAN_DIGITS), text)
        text = _HAN_MONTH_OR_DAY.sub(_plain_numeral, text)
    return text


def _plain_numeral(match: re.Match[str]) -> str:
    if not match[0]:
        return ""
    tens, ones = (numeral.translate(_HAN_DIGITS) for numeral in match.groups())
    return f"{(tens or '1') if '十' in match[0] else tens}{ones or ('0' if '十' in match[0] else '')}"


@functools.cache
def _date_pattern() -> re.Pattern[str]:
    # Grouped by the first letter, because the regular expression engine tries the alternatives one after the other.
    by_letter: dict[str, list[str]] = {}
    for month in sorted(MONTHS | SOLAR_HIJRI_MONTHS, key=len, reverse=True):
        by_letter.setdefault(month[0], []).append(re.escape(month[1:]))
    names = "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())
    # An Arabic or Hebrew preposition of one letter may be joined to the name.
    name = rf"(?<![^\W\d_])[בل]?(?:{names})(?![^\W\d_])"
    day = r"\[?\d{1,2}\]?"
    ordinal = r"(?:\s?(?:st|nd|rd|th|er|ère|re|ος|η)\b|[ºª°.])?"
    of = r"(?:(?:day\s+of|of|de|di|da|من)\s+|d[’'])?"
    year_after = rf"(?:(?:de|del|of|năm|พ\.\s?ศ\.|ค\.\s?ศ\.)\s*)?(?P<y{{0}}>{_YEAR}|{_SHORT_YEAR})"
    return re.compile(
        rf"""(?<![\d/])(?=[\d\[令平昭]|(?<![^\W\d_])[^\W\d_])(?:
          (?P<y1>{_YEAR})(?P<s1>[-/.])\s?(?P<m1>\d{{1,2}})(?P=s1)\s?(?P<d1>\d{{1,2}})(?!\d|/)
        | (?P<n2>\d{{1,2}})(?P<s2>[-/.])\s?(?P<n3>\d{{1,2}})(?P=s2)\s?(?P<y2>{_YEAR}|\d\d(?![\d/.-]\d|\d))
        | (?P<era>令和|平成|昭和)?(?P<y5>(?(era)\d{{1,2}}|\d{{4}})|(?(era)元|(?!)))\s?[年년]
          \s?(?P<m5>\d{{1,2}})\s?[月월](?:\s?(?P<d5>\d{{1,2}})\s?[日일])?
        | (?:(?P<d3>{day}){ordinal}[\s\-./]*{of}
            |(?P<y6>{_YEAR})[.,\-]?\s*(?:(?:m|g)\.\s*|gada\s+)?(?:(?P<e6>\d{{1,2}})\.\s?)?
          )?
          (?P<name>{name})
          (?(y6)(?:[\s\-.]+(?P<d6>\d{{1,2}})(?!\d))?
          |(?(d3)\.?,?[\s\-./]*{year_after.format(3)}
          |(?:\.?[\s\-,]+(?:the\s+)?(?P<d4>\d{{1,2}}){ordinal}[\s,\-.]+{year_after.format(4)}
            |\.?,?[\s\-/]*{of}{year_after.format(7)})))
        | (?P<m8>0?[1-9]|1[0-2])[/.](?P<y8>(?:19|20)\d\d)(?![\d/])
        | (?P<y9>(?:19|20)\d\d)[-/](?P<m9>0[1-9]|1[0-2])(?![\d/-])
        | (?P<digits>\d{{8}})(?!\d)
        )""",
        re.VERBOSE,
    )


def dates_in(text: str, language: str | None = None) -> Iterator[WrittenDate]:
    """Yields the dates in a text, in order.

    text: the text as `simplified` returns it.
    language: the language of the document as an ISO 639-1 code, which decides what 03/04/2018 is; None if the language
        is not known.
    """
    for match in _matches(text):
        group = match.groupdict()
        if group["digits"]:
            written = _eight_digits(match, language)
            if written:
                yield written
            continue
        kind = next(number for number in range(1, 10) if group.get(f"y{number}"))
        if kind == 2:
            is_day_first = language in _DAY_FIRST or (group["s2"] == "." and language != "en")
            year = _number_of_year(group["y2"], None)
            yield _numeric(match, year, int(group["n2"]), int(group["n3"]), is_day_first)
            continue
        name = group["name"] or group.get(f"m{kind}") or ""
        day = (group.get(f"d{kind}") or group.get(f"e{kind}") or "").strip("[]")
        iso = _iso(_number_of_year(group[f"y{kind}"], group["era"]), name, day, language)
        if iso or day:
            yield WrittenDate(match.start(), match.end(), iso)


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Yields the matches of the pattern of dates.

    The pattern is slow. So only the text around each year is searched, if it has what a date has besides its year.
    """
    end = 0
    for sign in _YEAR_SIGN.finditer(text):
        start, stop = max(end, sign.start() - _LONGEST_BEFORE_YEAR), sign.end() + _LONGEST_AFTER_YEAR
        around = text[start:stop]
        if not _NUMBERS.search(around) and _MONTH_WORDS.isdisjoint(_WORD.findall(around)):
            continue
        for match in _date_pattern().finditer(text, start, stop):
            end = match.end()
            yield match


def _eight_digits(match: re.Match[str], language: str | None) -> WrittenDate | None:
    """Returns the date that eight digits are, with the year first or last; None if they are no date."""
    digits = match["digits"]
    if digits.startswith(("19", "20")):
        iso = _calendar_date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        if iso:
            return WrittenDate(*match.span(), iso, is_eight_digits=True)
    if not digits.startswith(("19", "20"), 4):
        return None
    written = _numeric(match, int(digits[4:]), int(digits[:2]), int(digits[2:4]), language in _DAY_FIRST)
    return replace(written, is_eight_digits=True) if written.iso or written.either else None


def _numeric(match: re.Match[str], year: int, first: int, second: int, is_day_first: bool) -> WrittenDate:
    """Returns the date of three numbers with the year last.

    is_day_first: whether the day comes first wherever people write dates like this one. With full stops, that is so in
        every country whose format the CLDR has; but writers of English copy them with the month first.
    """
    day_first, month_first = (_calendar_date(year, month, day) for month, day in ((second, first), (first, second)))
    possible = tuple(dict.fromkeys(iso for iso in (day_first, month_first) if iso))
    if is_day_first:
        possible = possible[:1]
    iso = possible[0] if len(possible) == 1 else None
    return WrittenDate(*match.span(), iso, possible if len(possible) > 1 else ())


def _number_of_year(written: str, era: str | None) -> int:
    written = written.strip("'’")
    year = 1 if written == "元" else int(written)
    if era:
        return _ERAS[era] + year
    if len(written) == 2:
        return year + (2000 if year < 70 else 1900)
    return year - _BUDDHIST if year // 100 == 25 else year


def _iso(year: int, written_month: str, written_day: str, language: str | None) -> str | None:
    """Returns a date in ISO 8601.

    written_month: the month's number or name.
    written_day: the day; '' if the text names no day.
    """
    if written_month.isdecimal():
        month: int | None = int(written_month)
    else:
        name = written_month
        if year < 1900:
            return _solar_hijri(year, SOLAR_HIJRI_MONTHS.get(name), int(written_day or 0))
        month = MONTHS_OF_LANGUAGE.get(language or "", {}).get(name) or MONTHS.get(name) or MONTHS.get(name[1:])
    if month is None or not 1900 <= year < 2100:
        return None
    if written_day:
        return _calendar_date(year, month, int(written_day))
    return f"{year}-{month:02}" if 1 <= month <= 12 else None


def _calendar_date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _solar_hijri(year: int, month: int | None, day: int) -> str | None:
    """Returns a day of the Solar Hijri calendar in ISO 8601; None if it doesn't exist.

    The calendar's year begins in March. Its first six months have 31 days, the next five have 30. A cycle of 33 years
    has eight leap years (the rule holds from 1343 to 1472, that is 1964 to 2093).
    """
    if month is None or not day or not 1343 <= year <= 1472 or day > (31 if month <= 6 else 30):
        return None
    years = year - 1343
    # The leap years of a cycle: 1, 5, 9, 13, 17, 22, 26, 30. 1343 is the year 23 of its cycle.
    leap_days = sum((past % 33) in (1, 5, 9, 13, 17, 22, 26, 30) for past in range(1343, year))
    past_months = 31 * min(month - 1, 6) + 30 * max(month - 7, 0)
    return (date(1964, 3, 21) + timedelta(days=365 * years + leap_days + past_months + day - 1)).isoformat()
