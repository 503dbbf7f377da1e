"""Presents changes to people: makes reports in several formats, composes digest e-mails, and delivers the digests.

`build_report` makes a `Report` from two dates or versions of a policy. `compare_files` makes a `Report` from two local
files. The functions in `REPORT_FORMATS` render a report. `compose` puts digests into the store's outbox. `deliver` and
`deliver_to_directory` deliver the messages in the outbox; `deliver_by_smtp` delivers the e-mails alone.
"""

from core.email_addresses import checked_address
from core.limits import Caller
from reports.chats import check_chat, check_webhook
from reports.confirmation_email import confirmation_email
from reports.delivery import deliver
from reports.digest import compose
from reports.operator_digest import compose_for_operators
from reports.outbox import Sending, deliver_by_smtp, deliver_to_directory
from reports.report import FileSide, Report, VersionSide, build_report, compare_files
from reports.report_formats import REPORT_FORMATS
from reports.terminal_report import print_report

__all__ = [
    "REPORT_FORMATS",
    "Caller",
    "FileSide",
    "Report",
    "Sending",
    "VersionSide",
    "build_report",
    "check_chat",
    "check_webhook",
    "checked_address",
    "compare_files",
    "compose",
    "compose_for_operators",
    "confirmation_email",
    "deliver",
    "deliver_by_smtp",
    "deliver_to_directory",
    "print_report",
]
