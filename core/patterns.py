"""Compiles the patterns of text to ignore, which declarations contain.

The patterns are regular expressions of RE2 (https://github.com/google/re2/wiki/Syntax). RE2 takes time in proportion to
the text, whatever the pattern, so no declaration can stop a crawl, and a slow machine reads a page as a fast one does.
Python's `re` takes exponential time for patterns such as `(a|aa)+$`. A time limit, as the package `regex` has, would
make a reading depend on the machine.
"""

from functools import lru_cache
from typing import Any

import re2

# The memory that a compiled pattern may take, in bytes. RE2's own default is 8 MB for each pattern.
_MOST_MEMORY = 4 << 20
_LONGEST_SHOWN = 200  # characters of a pattern in a message


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Any:
    """Returns a compiled pattern, whose methods are those of Python's patterns.

    ValueError if RE2 can't read the pattern; the message says why.
    """
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        cause = error.args[0] if error.args else error
        reason = cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(cause)
        # RE2 names the part of the pattern after a colon: `missing ): (`.
        kind, _, part = reason.partition(": ")
        place = f" in {part[:_LONGEST_SHOWN]!r}" if part and part != pattern else ""
        # Both are cut off: aliases may make a declaration repeat a long pattern thousands of times.
        shown = repr(pattern if len(pattern) <= _LONGEST_SHOWN else f"{pattern[:_LONGEST_SHOWN]}…")
        raise ValueError(f"{shown} is not a regular expression that RE2 can read: {kind}{place}") from None
