"""Escapes the characters of a page's text that are unsafe on a terminal or in a log line."""

import re

# Control characters can move the cursor or set a terminal's title. Bidirectional controls (Unicode TR 36, section 3.4)
# can display text in another order. Lone surrogates can't be written as UTF-8. The character class leaves out the C0
# controls (U+0000 to U+001F), because some callers allow tab and newline. Each caller adds the C0 controls that it
# doesn't allow.
UNSAFE_CLASS = "\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_LINE_SEPARATOR = re.compile("[\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{UNSAFE_CLASS}]")


def escape_controls(text: str) -> str:
    """Returns the text with control characters and lone surrogates escaped (`\\x1b`, `\\u202e`).

    Tabs and newlines are not escaped.
    """
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def escape_line(text: str) -> str:
    """Returns the text on one line. Also escapes newlines, tabs and the Unicode line and paragraph separators."""
    return _LINE_SEPARATOR.sub(_escape, escape_controls(text).replace("\n", "\\n").replace("\t", "\\t"))


def is_encodable(text: str) -> bool:
    """Returns whether the text can be written as UTF-8. It can't if it contains a lone surrogate, as JSON may."""
    return not _SURROGATE.search(text)


def escape_json(text: str) -> str:
    """Returns equivalent JSON in which unsafe characters are written as JSON escapes (RFC 8259, section 7).

    text: JSON. Line breaks and tabs are not escaped, because JSON allows them only between values, not inside strings.
    """
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
