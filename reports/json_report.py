"""Renders a report as JSON, with the fields that docs/contract.md lists."""

import json

from reports.report import Report
from reports.vendor_text import UNSAFE


def as_json(report: Report) -> str:
    """Returns the report as one indented JSON object, without a line break at the end.

    Control characters, bidirectional characters and lone surrogates in a vendor's text are written as JSON escapes. So
    the output is valid UTF-8, and printing it on a terminal is safe.
    """
    return escaped(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))


def escaped(text: str) -> str:
    """Returns equivalent JSON, in which the unsafe characters of vendors' texts are JSON escapes. text: JSON."""
    # json.dumps writes a line break in a vendor's text as the two characters `\n`. So every real line break belongs to
    # the layout of the JSON and stays.
    return UNSAFE.sub(lambda match: match.group() if match.group() == "\n" else f"\\u{ord(match.group()):04x}", text)
