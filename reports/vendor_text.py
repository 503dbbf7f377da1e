"""A vendor's words made safe to print: they come from a web page, and end up on terminals and in files."""

import re

from core.escaping import UNSAFE_CLASS

# Besides what no terminal may get (bidirectional controls make a text read other than it is, CVE-2021-42574):
# interlinear annotation, and what XML 1.0 does not allow (section 2.2).
UNSAFE = re.compile(f"[\x00-\x1f{UNSAFE_CLASS}\ufff9-\ufffb\ufffe\uffff]")
_SPACE = re.compile("[\t\n\v\f\r\x85\u2028\u2029]")


def printable(text: str) -> str:
    """The text with every character replaced that a terminal, a bidi algorithm or XML would act on.

    Line breaks and tabs become spaces, C0 controls their pictures (U+2400 …), the others U+FFFD.
    """
    return UNSAFE.sub(_picture, _SPACE.sub(" ", text))


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
