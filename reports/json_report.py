"""Renders a report as JSON, in the shape of the JSON contract."""

import json

from reports.report import Report
from reports.vendor_text import UNSAFE


def as_json(report: Report) -> str:
    """Returns the report as one indented JSON object, without a line break at its end.

    Control and bidirectional characters and lone surrogates in a vendor's text are written as escapes, so that the
    output is safe on a terminal and valid UTF-8.
    """
    text = json.dumps(report.to_dict(), ensure_ascii=False, indent=2)
    # json.dumps escapes all controls below U+0020 within strings, so every line break left is part of the layout.
    return UNSAFE.sub(lambda match: match.group() if match.group() == "\n" else f"\\u{ord(match.group()):04x}", text)
