"""Writes the headers of a digest."""

import hashlib
from collections.abc import Mapping, Sequence

from core.dates import iso
from core.plurals import plural
from reports.digest_email.entries import DigestEntry
from reports.digest_email.links import Links
from reports.excerpts import shortened
from reports.vendor_text import printable

# The limits of the subject, in characters and in vendors. Mail programs show 60 to 100 characters.
_NEWS_LENGTH = 100
_VENDORS_NAMED = 3


def subject(entries: Sequence[DigestEntry]) -> str:
    """Returns the subject, which says who changed what: `HESK, Axigen: Retention 30 → 90 days, and 4 more changes`.

    entries: the most important first.
    """
    first = entries[0]
    by_vendor: dict[str, set[str]] = {}
    for entry in entries:
        by_vendor.setdefault(entry.vendor, set()).add(_subject_name(entry))
    # A vendor with several kinds of news is named once.
    names = [names.pop() if len(names) == 1 else vendor for vendor, names in by_vendor.items()]
    others = len(names) - _VENDORS_NAMED
    more_names = f" and {plural(others, 'other')}" if others > 0 else ""
    more = sum(entry.changes for entry in entries) - 1
    what = shortened(first.news, _NEWS_LENGTH) + (f", and {plural(more, 'more change')}" if more > 0 else "")
    text = f"{', '.join(names[:_VENDORS_NAMED])}{more_names}: {what}"
    # The standard library decodes the encoded words (RFC 2047) in a header's value, also those in a vendor's text. An
    # encoded word may hold a line break, and so another header.
    return printable(text).replace("=?", "= ?")


def _subject_name(entry: DigestEntry) -> str:
    return entry.vendor if entry.key.policy == "privacy" and entry.kind == "change" else entry.name


def list_headers(subscriber: str, sender: str, domain: str, links: Links) -> Mapping[str, str]:
    """Returns the headers by which mail programs recognize a list, and offer a button for leaving it.

    subscriber, sender: e-mail addresses. domain: that of the sender.
    """
    ways_out = [f"<{links.unsubscribe_mail(subscriber, sender)}>"]
    page = links.unsubscribe_page(subscriber)
    headers = {"List-Id": f"clausewatch digests <digests.clausewatch.{domain}>"}  # RFC 2919, section 2
    if page:
        ways_out.insert(0, f"<{page}>")
    headers["List-Unsubscribe"] = ", ".join(ways_out)  # RFC 2369, section 3.2
    if page.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058, section 3.1
    return headers


def thread(entries: Sequence[DigestEntry], domain: str) -> str:
    """Returns the id of the message that begins a digest's thread. No such message is ever sent.

    A vendor's digests are one thread. A digest about several vendors belongs to the thread of the vendor with the most
    important changes: if it named the threads of all, mail programs would make one thread of them for ever.

    entries: the most important first.
    """
    return f"<{entries[0].key.vendor}.thread.clausewatch@{domain}>"


def contents_of(entries: Sequence[DigestEntry]) -> str:
    """Returns what a digest tells, as a text for `fingerprint`."""
    lines: list[str] = []
    for entry in entries:
        if entry.kind != "change":
            lines += [entry.name, entry.kind, entry.summary, *entry.sentences]
        for capture in (entry.interval.last_old, entry.interval.first_new) if entry.interval else ():
            lines += [entry.name, iso(capture.captured_at), capture.url, capture.sha256]
    return "\n".join(lines)


def fingerprint(contents: str, address: str) -> str:
    """Returns a checksum of what a digest tells whom, so that a digest that is sent twice has one Message-ID."""
    return hashlib.sha256(f"{address}\n{contents}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
