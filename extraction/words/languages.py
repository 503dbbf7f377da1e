"""Detects the language of a text."""

import re
from functools import lru_cache

import py3langid

_CODE = re.compile(r"[a-z]{2}(?=$|[-_])")
# Detection is unreliable for texts with fewer characters than this. For such texts, the language that the page declares
# takes precedence over the detected language.
_FEWEST_SURE_CHARACTERS = 200
# The language of a text with fewer characters than this is never detected.
_FEWEST_CHARACTERS = 40
# Upper limit of the number of characters that are passed to the detector.
_SAMPLE_CHARACTERS = 300


def language_of(text: str, declared: str = "") -> str | None:
    """Returns the ISO 639-1 code of a text's language.

    - The language of a text of 200 characters or more is detected, whatever the page declares.
    - A shorter text has the language that the page declares.
    - If the page of a shorter text declares no language, the language is detected. None if the text has fewer than 40
      characters.

    declared: the language that the page declares in `<html lang>`; '' if the page declares no language.
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
