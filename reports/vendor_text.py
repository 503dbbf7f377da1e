"""Makes a vendor's words safe to print. They come from a web page, and end up on terminals and in files."""

import re

from core.escaping import UNSAFE_CLASS

# What no terminal may get (bidirectional controls can show a text in another order than it has, CVE-2021-42574),
# interlinear annotation characters, and what XML 1.0 does not allow (section 2.2).
UNSAFE = re.compile(f"[\x00-\x1f{UNSAFE_CLASS}\ufff9-\ufffb\ufffe\uffff]")
_SPACE = re.compile("[\t\n\v\f\r\x85\u2028\u2029]")


def printable(text: str) -> str:
    """Returns the text with every character replaced that a terminal, the bidi algorithm or XML would act on.

    Line breaks and tabs become spaces, other C0 controls their pictures (from U+2400 on), all others U+FFFD.
    """
    return UNSAFE.sub(_replacement, _SPACE.sub(" ", text))


def _replacement(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
