"""The report as JSON, as the contract has it."""

import json

from reports.report import Report
from reports.vendor_text import UNSAFE


def as_json(report: Report) -> str:
    """The report as one JSON object, indented, without a line break at its end.

    Control and bidirectional characters and lone surrogates of a vendor's text are written as escapes, so that the
    output is safe on a terminal and valid UTF-8.
    """
    text = json.dumps(report.to_dict(), ensure_ascii=False, indent=2)
    # json.dumps has escaped every control character below U+0020; the line breaks left are its own.
    return UNSAFE.sub(lambda match: match.group() if match.group() == "\n" else f"\\u{ord(match.group()):04x}", text)
