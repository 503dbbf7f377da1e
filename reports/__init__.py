"""Puts changes before readers: reports in several formats, digest e-mails, and the delivery of these.

`build_report` (two dates or versions of a policy) and `compare_files` (two local files) make a `Report`, and the
functions in `REPORT_FORMATS` render it. `compose` puts digests into the store's outbox. `deliver_by_smtp` and
`deliver_to_directory` send what is in the outbox.
"""

from reports.digest import compose
from reports.email_address import checked_address
from reports.outbox import deliver_by_smtp, deliver_to_directory
from reports.report import FileSide, Report, VersionSide, build_report, compare_files
from reports.report_formats import REPORT_FORMATS
from reports.terminal_report import print_report

__all__ = [
    "REPORT_FORMATS",
    "FileSide",
    "Report",
    "VersionSide",
    "build_report",
    "checked_address",
    "compare_files",
    "compose",
    "deliver_by_smtp",
    "deliver_to_directory",
    "print_report",
]
