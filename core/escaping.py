"""Text from a page, made safe to show on a terminal or in a log line."""

import re

# C0 and C1 controls can move the cursor or set a terminal's title; bidirectional controls (Unicode TR 36, 3.4) can
# show a text in another order than it has; lone surrogates cannot be written as UTF-8 at all.
# Of the C0 controls a text may keep tab and newline, so those are named where it is known what becomes of them.
UNSAFE_CLASS = "\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_ONE_LINE = re.compile("[\u2028\u2029]")
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{UNSAFE_CLASS}]")


def escape_controls(text: str) -> str:
    """The text with every control, bidirectional control and lone surrogate as a visible escape.

    Tab and newline stay.
    """
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def escape_line(text: str) -> str:
    """The same on one line: newlines, tabs and Unicode's line and paragraph separators are escaped too."""
    return _ONE_LINE.sub(_escape, escape_controls(text).replace("\n", "\\n").replace("\t", "\\t"))


def escape_json(text: str) -> str:
    """JSON that says the same, with what a terminal would act on as JSON's own escapes (RFC 8259, section 7).

    Line breaks and tabs stay: outside of strings they are the layout, and JSON allows none inside.
    """
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
