"""The e-mail of a digest: its entries, their two texts within a limit, the headers and the attachments."""

from reports.digest_email.entries import (
    DigestEntry,
    digest_entry,
    gone_entry,
    held_entry,
    reverted_entry,
    taken_back_entry,
    there_again_entry,
)
from reports.digest_email.links import Links
from reports.digest_email.message import SharedEmail, as_email, on_demand_email, shared_by, to_subscriber

__all__ = [
    "DigestEntry",
    "Links",
    "SharedEmail",
    "as_email",
    "digest_entry",
    "gone_entry",
    "held_entry",
    "on_demand_email",
    "reverted_entry",
    "shared_by",
    "taken_back_entry",
    "there_again_entry",
    "to_subscriber",
]
