"""What changed, put before a reader: reports in several formats, the digest e-mails and their delivery.

A report is built by `build_report` (two dates or versions of a policy) or `compare_files` (two local files) and
rendered by one module a format. Digests are composed into the store's outbox and delivered from there.
"""

from reports.digest import checked_address, compose
from reports.html_report import as_html
from reports.json_report import as_json
from reports.markdown_report import as_markdown
from reports.outbox import deliver_by_smtp, deliver_to_directory
from reports.report import FileSide, Report, VersionSide, build_report, compare_files
from reports.terminal_report import as_text, print_report
from reports.word_report import as_docx

__all__ = [
    "FileSide",
    "Report",
    "VersionSide",
    "as_docx",
    "as_html",
    "as_json",
    "as_markdown",
    "as_text",
    "build_report",
    "checked_address",
    "compare_files",
    "compose",
    "deliver_by_smtp",
    "deliver_to_directory",
    "print_report",
]
