"""The language a text is in."""

import re
from functools import lru_cache

import py3langid

_CODE = re.compile(r"[a-z]{2}(?=$|[-_])")
# All in characters. On texts shorter than _ENOUGH the detector only guesses, so the page's declaration counts first.
_ENOUGH = 200
_TOO_SHORT = 40
_SAMPLE = 300


def language_of(text: str, declared: str = "") -> str | None:
    """Returns the ISO 639-1 code of the language most of the text is in; None if the text is too short to tell.

    declared: the language the page declares (`<html lang>`), believed if the text is short.
    """
    if len(text) < _ENOUGH:
        match = _CODE.match(declared.strip().lower())
        if match:
            return match[0]
        if len(text) < _TOO_SHORT:
            return None
    middle = max(0, (len(text) - _SAMPLE) // 2)
    return _detected_language(text[middle : middle + _SAMPLE])


# Cached, since most captures of a policy show the same text.
@lru_cache(maxsize=1_024)
def _detected_language(sample: str) -> str:
    language, _ = py3langid.classify(sample)
    return str(language)
