"""`extraction.words.months` knows every name of a month in the CLDR, whichever release Babel brings."""

from babel.dates import get_month_names

from extraction.words.months import MONTHS, MONTHS_OF_LANGUAGE
from extraction.words.written_dates import dates_in

# The order matters: if two languages use the same name for different months, the month in the first language counts.
LANGUAGES = [
    *("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "bg"),
    *("el", "ru", "uk", "tr", "et", "lv", "lt", "ca", "id", "vi", "is", "sr", "sr_Latn", "mk", "be", "gl", "ms"),
    *("de_AT", "ar", "ar_LB", "he", "hi", "th", "fa"),
]
# The CLDR's names for use alone are those of the standard language.
ONLY_WITHIN_DATES = {"de_AT", "ar_LB"}


def test_every_name_of_a_month_in_babel_is_known() -> None:
    months: dict[str, int] = {}
    other_months: dict[str, dict[str, int]] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    key = name.lower().rstrip(".")
                    if key.isdecimal() or len(key) <= 2:  # names such as "1." and "m1" are too short to be recognised
                        continue
                    if months.setdefault(key, number) != number:
                        other_months.setdefault(language, {})[key] = number
    assert {name: MONTHS.get(name) for name in months} == months
    assert other_months == MONTHS_OF_LANGUAGE


def test_dates_with_any_name_of_a_month_are_recognised() -> None:
    for name, number in MONTHS.items():
        written = [date.iso for date in dates_in(f"words before 14 {name} 2024 and words after")]
        assert written == [f"2024-{number:02}-14"], name
