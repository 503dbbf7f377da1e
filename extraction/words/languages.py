"""Detects the language of a text."""

import re
from functools import lru_cache

import py3langid

_CODE = re.compile(r"[a-z]{2}(?=$|[-_])")
# The fewest characters of a text whose language is detected even if the page declares a language. On shorter texts the
# detector only guesses, so the page's declaration is preferred.
_FEWEST_SURE_CHARACTERS = 200
# The fewest characters of a text whose language is detected at all.
_FEWEST_CHARACTERS = 40
# The most characters that are given to the detector.
_SAMPLE_CHARACTERS = 300


def language_of(text: str, declared: str = "") -> str | None:
    """Returns the ISO 639-1 code of a text's language; None if the text is too short to detect the language.

    declared: the language that the page declares in `<html lang>`, which is returned for a text of fewer than 200
        characters; '' if the page declares no language.
    """
    if len(text) < _FEWEST_SURE_CHARACTERS:
        match = _CODE.match(declared.strip().lower())
        if match:
            return match[0]
        if len(text) < _FEWEST_CHARACTERS:
            return None
    middle = max(0, (len(text) - _SAMPLE_CHARACTERS) // 2)
    return _detected_language(text[middle : middle + _SAMPLE_CHARACTERS])


# Cached because most captures of a policy show the same text.
@lru_cache(maxsize=1_024)
def _detected_language(sample: str) -> str:
    language, _ = py3langid.classify(sample)
    return str(language)
