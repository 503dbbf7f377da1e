"""The language a text is in."""

import re
from functools import lru_cache

import py3langid

_CODE = re.compile(r"[a-z]{2}(?=$|[-_])")
#: Below so many characters a detector guesses; then the page's own word counts.
_ENOUGH = 200
_SAMPLE = 300


def language_of(text: str, declared: str = "") -> str | None:
    """The ISO 639-1 code of the language most of the text is in; None when it cannot be told.

    declared: what the page says of itself (`<html lang>`), believed where the text is too short to tell.
    """
    if len(text) < _ENOUGH:
        match = _CODE.match(declared.strip().lower())
        if match:
            return match[0]
        if len(text) < 40:
            return None
    middle = max(0, (len(text) - _SAMPLE) // 2)
    return _classified(text[middle : middle + _SAMPLE])


# The captures of a policy show mostly the same text.
@lru_cache(maxsize=1_024)
def _classified(sample: str) -> str:
    language, _ = py3langid.classify(sample)
    return str(language)
