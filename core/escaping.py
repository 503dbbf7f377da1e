"""Makes text from a page safe to show on a terminal or in a line of a log."""

import re

# Controls can move the cursor or set a terminal's title; bidirectional controls (Unicode TR 36, section 3.4) can show a
# text in another order than it has; lone surrogates can't be written as UTF-8 at all. The C0 controls aren't in this
# class, since tab and newline are among them, and its users treat those two differently.
UNSAFE_CLASS = "\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_LINE_SEPARATOR = re.compile("[\u2028\u2029]")
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{UNSAFE_CLASS}]")


def escape_controls(text: str) -> str:
    """Returns the text with each control, bidirectional control and lone surrogate as an escape (`\\x1b`, `\\u202e`).

    Tab and newline stay.
    """
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def escape_line(text: str) -> str:
    """Returns the text on one line: escapes newlines, tabs and Unicode's line and paragraph separators as well."""
    return _LINE_SEPARATOR.sub(_escape, escape_controls(text).replace("\n", "\\n").replace("\t", "\\t"))


def escape_json(text: str) -> str:
    """Returns equivalent JSON with all that a terminal would act on as JSON's own escapes (RFC 8259, section 7).

    Line breaks and tabs stay: JSON doesn't allow them inside strings, so they are the layout.
    """
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
