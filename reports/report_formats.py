"""The formats a report can be rendered in. A new format is a module that renders a `Report`, and an entry here."""

from collections.abc import Callable, Mapping
from typing import Final

from reports.html_report import as_html
from reports.json_report import as_json
from reports.markdown_report import as_markdown
from reports.report import Report
from reports.terminal_report import as_text
from reports.word_report import as_docx

#: By the name users give the format, the function that renders a report in it: as text, or as bytes if the format is
#: binary. The first format is the default of the commands. Of a binary format the name is
#: also the suffix of its files.
REPORT_FORMATS: Final[Mapping[str, Callable[[Report], str | bytes]]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "html": as_html,
    "docx": as_docx,
}
