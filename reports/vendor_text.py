"""Makes text from a vendor's web page safe for terminals and files."""

import re

from core.escaping import UNSAFE_CLASS

# The pattern matches three groups of characters. The characters of the first group must not reach a terminal. For
# example, bidirectional controls can change the order in which text is displayed (CVE-2021-42574). The second group
# consists of the interlinear annotation characters. The third group consists of the characters that XML 1.0 (section
# 2.2) does not allow.
UNSAFE = re.compile(f"[\x00-\x1f{UNSAFE_CLASS}\ufff9-\ufffb\ufffe\uffff]")
_SPACE = re.compile("[\t\n\v\f\r\x85\u2028\u2029]")


def printable(text: str) -> str:
    """Returns the text without control characters, bidirectional controls, and characters that XML forbids.

    Line breaks and tabs become spaces. Other C0 control characters become control pictures (U+2400 to U+241F). All
    other unsafe characters become U+FFFD.
    """
    return UNSAFE.sub(_replacement, _SPACE.sub(" ", text))


def _replacement(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
