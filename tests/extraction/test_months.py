"""The names of months that are written down are those of the CLDR."""

from babel.dates import get_month_names

from extraction.words.months import MONTHS

LANGUAGES = [  # the first that has a name decides what it means
    *("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "bg"),
    *("el", "ru", "uk", "tr", "et", "lv", "lt", "ca", "id", "vi"),
]


def test_they_are_those_that_babel_has() -> None:
    named: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    key = name.lower().rstrip(".")
                    if not key.isdecimal() and len(key) > 2:  # "1.", and "m1": too short to be told from other words
                        named.setdefault(key, number)
    assert named | {"sept": 9} == MONTHS
