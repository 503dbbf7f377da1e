"""Lists the report formats. A new format needs a module that renders a `Report`, and an entry in this list."""

from collections.abc import Callable, Mapping
from typing import Final

from reports.html_report import as_html
from reports.json_report import as_json
from reports.markdown_report import as_markdown
from reports.report import Report
from reports.terminal_report import as_text
from reports.word_report import as_docx

#: The report formats. The key is the name of the format in the commands. The value is the function that renders a
#: report; the function returns a string, or bytes if the format is binary. The first format is the default of the
#: commands. The name of a binary format is also the suffix of the format's files.
REPORT_FORMATS: Final[Mapping[str, Callable[[Report], str | bytes]]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "html": as_html,
    "docx": as_docx,
}
