"""The names of months in `extraction.words.months` are equal to the names in the CLDR."""

from babel.dates import get_month_names

from extraction.words.months import MONTHS

# The order matters: if two languages use the same name for different months, the month in the first language counts.
LANGUAGES = [
    *("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "bg"),
    *("el", "ru", "uk", "tr", "et", "lv", "lt", "ca", "id", "vi"),
]


def test_names_of_months_equal_the_names_in_babel() -> None:
    months: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    key = name.lower().rstrip(".")
                    if (
                        not key.isdecimal() and len(key) > 2
                    ):  # names such as "1." and "m1" are too short to be recognised
                        months.setdefault(key, number)
    assert months | {"sept": 9} == MONTHS
