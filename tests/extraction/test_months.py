"""The copied names of months are those of the CLDR."""

from babel.dates import get_month_names

from extraction.words.months import MONTHS

# If two languages have the same name for different months, the first language decides.
LANGUAGES = [
    *("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "bg"),
    *("el", "ru", "uk", "tr", "et", "lv", "lt", "ca", "id", "vi"),
]


def test_names_of_months_are_those_of_babel() -> None:
    named: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    key = name.lower().rstrip(".")
                    if not key.isdecimal() and len(key) > 2:  # "1." and "m1" are too short to be told from other words
                        named.setdefault(key, number)
    assert named | {"sept": 9} == MONTHS
