"""Renders a digest as an e-mail, in plain text and HTML."""

import hashlib
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.changes import SIGNIFICANCES
from core.dates import iso
from core.declarations import Vendor
from core.history import Announcement, Observation
from core.plurals import plural
from reports.email_address import checked_address
from reports.html_report import environment
from reports.rendered_changes import RenderedChange, redline_as_text, rendered_changes
from reports.report import Report, VersionSide
from reports.vendor_text import printable
from reports.wording import circumstances, describe_alternation, summary, title, version_names
from storage import Subscriber

_WIDTH = 76
_SHOWN = ("substantive", "factual")


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One change of a policy from a period to the next, as a digest shows it.

    name: vendor and policy. headline: what happened, for the e-mail's subject.
    title, summary, sentences: the text above the evidence.
    shown: the changes shown one by one, in reading order; empty for an alternation, whose texts were shown when they
        were new.
    counted: a sentence that counts the other changes; '' if there are none.
    pointer: introduces `command`, which shows everything.
    rank: sorts entries; the one with the most important changes has the lowest.
    """

    report: Report
    name: str
    headline: str
    title: str
    summary: str
    sentences: tuple[str, ...]
    shown: tuple[RenderedChange, ...]
    counted: str
    pointer: str
    command: str
    rank: tuple[int, ...]


def digest_entry(report: Report, announcement: Announcement) -> DigestEntry:
    """Returns the entry of an announced change. report: on the change's two periods."""
    old, new = report.old, report.new
    assert isinstance(old, VersionSide) and isinstance(new, VersionSide)  # noqa: S101, PT018 - from periods, not files
    name = f"{printable(' '.join(new.vendor_name.split()))} {new.policy}"
    option = "" if new.policy == "privacy" else f" --policy {new.policy}"
    command = f"clausewatch report {new.vendor} @{old.period.version_id[:12]} @{new.period.version_id[:12]}{option}"
    if announcement.alternation:
        versions = version_names(announcement.alternation)
        return DigestEntry(
            report,
            name,
            headline=f"alternates between {versions}",
            title=f"{name}: alternates between {versions}",
            summary=f"The page {describe_alternation(announcement.alternation)}.",
            sentences=(
                "You will not be told when the page changes from one of these texts to another again.",
                "You will be told of any new text.",
            ),
            shown=(),
            counted="",
            pointer="What differs between the last two",
            command=command,
            rank=(1,),
        )
    changes = rendered_changes(report.comparison)
    shown = tuple(change for change in changes if change.change.significance in _SHOWN)
    not_shown = [change.change.significance for change in changes if change.change.significance not in _SHOWN]
    counted = " and ".join(
        plural(not_shown.count(significance), f"{significance} change")
        for significance in SIGNIFICANCES
        if significance in not_shown
    )
    significances = [change.change.significance for change in changes]
    weight = next(
        (
            f"{significances.count(significance)} {significance}"
            for significance in SIGNIFICANCES
            if significance in significances
        ),
        "no clause",
    )
    happened, returned = "changed", ""
    if announcement.returned_to:
        happened = f"returned to version {new.number}"
        last_seen = iso(announcement.returned_to.last.captured_at)
        returned = f"The page returned to the text of version {new.number}, last seen {last_seen}. "
    return DigestEntry(
        report,
        name,
        headline=f"{happened} ({weight})",
        title=title(report),
        summary=returned + summary(report),
        sentences=circumstances(report),
        shown=shown,
        counted=f"{'Besides, ' if shown else ''}{counted}, not shown here." if not_shown else "",
        pointer="Everything about this change",
        command=command,
        rank=tuple(-significances.count(significance) for significance in SIGNIFICANCES),
    )


def as_email(
    entries: Sequence[DigestEntry], subscriber: Subscriber, vendors: Mapping[str, Vendor], now: datetime, sender: str
) -> bytes:
    """Returns a digest as an e-mail in plain text and HTML: RFC 5322 bytes, CRLF, ASCII throughout.

    The Message-ID depends on the subscriber and the changes only, so that a message sent twice can be recognized.

    entries: at least one. vendors: all declared vendors, by slug. now: timezone-aware UTC.
    """
    address = checked_address(subscriber.address)
    domain = Address(addr_spec=sender).domain
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="clausewatch", addr_spec=sender)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = _subject(entries)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_fingerprint(entries, address)}.clausewatch@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    message["List-Id"] = f"clausewatch digests <digests.clausewatch.{domain}>"  # RFC 2919, section 2
    followed = [printable(vendors[slug].name) for slug in subscriber.vendors if slug in vendors]
    reason = f"{address} is subscribed to changes at {', '.join(followed) or 'every vendor watched here'}."
    stop = "To stop these e-mails, reply to this one. The operator of clausewatch stops them with: "
    command = f"clausewatch unsubscribe {address}"
    message.set_content(_plain_text(entries, reason, stop, command), cte="quoted-printable")
    html = (
        environment()
        .get_template("digest.html.j2")
        .render(
            entries=entries,
            overview=_overview(entries),
            reason=reason,
            stop=stop,
            command=command,
        )
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    # The standard library folds a header of 79 characters before its first word, which some programs show as an empty
    # subject; RFC 5322, section 2.1.1 allows 998 characters.
    return message.as_bytes(policy=SMTP.clone(max_line_length=900))


def _subject(entries: Sequence[DigestEntry]) -> str:
    """Returns a subject that names the policy with the most important changes and counts the other policies."""
    first = min(entries, key=lambda entry: entry.rank)
    others = len({entry.name for entry in entries}) - 1
    more = f", and {others} more {'policy' if others == 1 else 'policies'}" if others else ""
    return f"clausewatch: {first.name} {first.headline}{more}"


def _overview(entries: Sequence[DigestEntry]) -> list[str]:
    return [f"{entry.name}: {entry.summary}" for entry in sorted(entries, key=lambda entry: entry.rank)]


def _fingerprint(entries: Sequence[DigestEntry], address: str) -> str:
    lines = [address]
    for entry in entries:
        interval = entry.report.interval
        assert interval is not None  # noqa: S101 - consecutive periods show different versions
        for seen in (interval.last_old, interval.first_new):
            lines += [entry.name, iso(seen.captured_at), seen.url, seen.sha256]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _plain_text(entries: Sequence[DigestEntry], reason: str, stop: str, command: str) -> str:
    blocks = []
    if len(entries) > 1:
        blocks.append("\n".join(_wrapped(line, "* ", "  ") for line in _overview(entries)))
    for entry in entries:
        first, *others = _plain_entry(entry)
        blocks += [f"\n{first}" if blocks else first, *others]
    blocks.append(f"-- \n{_wrapped(reason)}\n{_wrapped(stop)}\n  {command}")
    return "\n\n".join(blocks) + "\n"


def _plain_entry(entry: DigestEntry) -> list[str]:
    interval = entry.report.interval
    assert interval is not None  # noqa: S101 - consecutive periods show different versions
    blocks = [f"{entry.title}\n{'=' * min(len(entry.title), _WIDTH)}", _wrapped(entry.summary)]
    blocks += [_wrapped(sentence) for sentence in entry.sentences]
    blocks.append(
        f"{_plain_capture('Old text, last seen', interval.last_old)}\n"
        f"{_plain_capture('New text, first seen', interval.first_new)}"
    )
    for change in entry.shown:
        clause_kind = f" ({change.clause_kind})" if change.clause_kind else ""
        number = f"{change.number}. "
        indent = " " * len(number)
        lines = [_wrapped(f"{change.kind.capitalize()}: {change.place}{clause_kind}", number, indent)]
        lines.append(_wrapped(redline_as_text(change.excerpt), indent, indent))
        lines += [_wrapped(note, indent, indent) for note in change.notes]
        blocks.append("\n".join(lines))
    if entry.counted:
        blocks.append(_wrapped(entry.counted))
    blocks.append(f"{entry.pointer}:\n  {entry.command}")
    return blocks


def _plain_capture(name: str, seen: Observation) -> str:
    return f"{name}: {iso(seen.captured_at)} ({seen.source})\n  {printable(seen.url)}\n  SHA-256 {seen.sha256}"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
