"""Renders a digest as an e-mail, in plain text and HTML."""

import hashlib
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from core.changes import SIGNIFICANCES, Redline, Significance
from core.dates import iso
from core.declarations import Vendor
from core.email_addresses import checked_address
from core.history import Absence, Announcement, Observation, Period
from core.plurals import plural
from core.policies import PolicyKey
from reports.change_sections import PlaceGroup, sections
from reports.excerpts import cut, redline_as_text, shortened
from reports.html_report import environment
from reports.rendered_changes import RenderedChange, rendered_changes
from reports.report import Interval, Report, VersionSide
from reports.vendor_text import printable
from reports.wording import (
    circumstances,
    describe_alternation,
    headline_of_numbers,
    summary,
    title,
    version_names,
)
from storage import Subscriber

_WIDTH = 76  # columns of the plain text
_SHOWN_SIGNIFICANCES = ("substantive", "factual")
# The e-mail's subject names at most this many changed numbers.
_NUMBERS_IN_HEADLINE = 2


# The limits on the length of a change's text, of all changes in an entry, and of all changes in an e-mail, in
# characters. Mail servers refuse large messages (RFC 5321, section 4.5.3.1.7), and one change must not keep the others
# from arriving. An e-mail contains each text twice, and quoted-printable needs up to nine bytes for a character. So an
# e-mail has at most about 10 MB.
_CHANGE_LENGTH = 5_000
_ENTRY_LENGTH = 100_000
_MAIL_LENGTH = 500_000
# The limits on single lines, in characters: addresses, headings, notes.
_LINE_LENGTH = 1_000
_SUBJECT_LENGTH = 200


EntryKind = Literal["change", "reverted", "held", "taken back", "gone", "there again"]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change as an e-mail shows it. The fields are those of `RenderedChange`, cut to the limits of an e-mail."""

    number: int
    label: str
    excerpt: Redline
    notes: tuple[str, ...]

    @property
    def length(self) -> int:
        """The number of characters of the change."""
        return sum(len(text) for _, text in self.excerpt) + sum(map(len, self.notes))


@dataclass(frozen=True, slots=True)
class ShownRun:
    """Changes that an e-mail shows under one line (`reports.change_sections.Run`)."""

    words: str
    changes: tuple[ShownChange, ...]


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Runs that an e-mail shows under the same headings (`reports.change_sections.PlaceGroup`)."""

    place: str
    runs: tuple[ShownRun, ...]


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """An entry of a digest. Each entry describes one announcement, a held text, or an absence.

    An announcement says that a policy changed between two periods, or that a policy began to alternate.

    kind: `change` for an announcement; `reverted` for changes that were taken back before they were told; `held` for a
        text that shares nothing with the text before; `taken back` for a held text that turned out not to be the
        policy; `gone` for a policy whose page is no longer there; `there again` for a policy whose page came back.
    interval: the last capture of the old text and the first capture of the new text; None if the entry is no change and
        no held text.
    name: the name of the vendor, and the policy.
    headline: a few words about the announcement, for the e-mail's subject. They name changed numbers.
    title, summary, sentences: the text above the table of captures.
    shown_groups: the clause-level changes that are shown with their redlines, grouped by place: first the changed
        numbers, then the others, in reading order. Empty for an alternation, since earlier digests showed the texts of
        the alternation.
    other_changes: a sentence that counts the changes that are not shown; '' if all changes are shown.
    command_introduction: the words before the command: `The whole report on this change`.
    command: the command that prints the whole report: `clausewatch report hesk @… @…`.
    rank: the sort key of the entries. The entry with the most important changes comes first.
    worth: what the changes are worth to a subscriber (`reports.digest_selection`); None if the entry is told to all.
    """

    kind: EntryKind
    interval: Interval | None
    name: str
    headline: str
    title: str
    summary: str
    sentences: tuple[str, ...]
    shown_groups: tuple[ShownGroup, ...]
    other_changes: str
    command_introduction: str
    command: str
    rank: tuple[int, ...]
    worth: Mapping[Significance, frozenset[str]] | None = None


def digest_entry(report: Report, announcement: Announcement) -> DigestEntry:
    """Returns the digest's entry for an announcement.

    report: the comparison of the announcement's old period and new period.
    """
    old, new = report.old, report.new
    # The report of a digest always compares two periods, never two files.
    assert isinstance(old, VersionSide) and isinstance(new, VersionSide)  # noqa: S101, PT018
    name = _name(new.vendor_name, new.policy)
    assert report.interval is not None  # noqa: S101 - consecutive periods show different versions
    command = _command(PolicyKey(new.vendor, new.policy), old.period, new.period)
    if announcement.alternation:
        versions = version_names(announcement.alternation)
        return DigestEntry(
            "change",
            report.interval,
            name,
            headline=f"alternates between {versions}",
            title=f"{name}: alternates between {versions}",
            summary=f"The page {describe_alternation(announcement.alternation)}.",
            sentences=(
                "No further e-mail will report that the page switches between these versions.",
                "If the page shows a new text, an e-mail will report it.",
            ),
            shown_groups=(),
            other_changes="",
            command_introduction="The differences between the two versions that the page showed last",
            command=command,
            rank=(1,),
        )
    changes = rendered_changes(report.comparison)
    significances = [change.change.significance for change in changes]
    shown_groups = tuple(
        _shown_group(group)
        for section in sections(changes)
        if section.significance in _SHOWN_SIGNIFICANCES
        for group in section.groups
    )
    counts_not_shown = " and ".join(
        plural(significances.count(significance), f"{significance} change")
        for significance in SIGNIFICANCES
        if significance in significances and significance not in _SHOWN_SIGNIFICANCES
    )
    most_significant_count = next(
        (
            f"{significances.count(significance)} {significance}"
            for significance in SIGNIFICANCES
            if significance in significances
        ),
        "no change of a clause",
    )
    event, return_sentence = "changed", ""
    if announcement.returned_to:
        event = f"returned to version {new.number}"
        last_seen = iso(announcement.returned_to.last.captured_at)
        return_sentence = f"The page returned to the text of version {new.number}, last seen {last_seen}. "
    numbers = headline_of_numbers(changes, _NUMBERS_IN_HEADLINE)
    other_changes = f"{'Besides, ' if shown_groups else ''}{counts_not_shown}, not shown here."
    return DigestEntry(
        "change",
        report.interval,
        name,
        headline=f"{event}{f': {numbers}' if numbers else ''} ({most_significant_count})",
        title=title(report),
        summary=return_sentence + summary(report),
        sentences=circumstances(report),
        shown_groups=shown_groups,
        other_changes=other_changes if counts_not_shown else "",
        command_introduction="The whole report on this change",
        command=command,
        rank=tuple(-significances.count(significance) for significance in SIGNIFICANCES),
    )


def _shown_group(group: PlaceGroup) -> ShownGroup:
    runs = (ShownRun(shortened(run.words, _LINE_LENGTH), tuple(map(_shown, run.changes))) for run in group.runs)
    return ShownGroup(shortened(group.place, _LINE_LENGTH), tuple(runs))


def _shown(change: RenderedChange) -> ShownChange:
    notes = tuple(shortened(note, _LINE_LENGTH) for note in change.notes)
    return ShownChange(change.number, shortened(change.label, _LINE_LENGTH), cut(change.excerpt, _CHANGE_LENGTH), notes)


def _fitting(entry: DigestEntry, length: int) -> DigestEntry:
    """Returns the entry with the first of its changes, which together have at most `length` characters."""
    left, left_out = length, 0
    groups = []
    for group in entry.shown_groups:
        left -= len(group.place)
        runs = []
        for run in group.runs:
            fitting = []
            for change in run.changes:
                left -= change.length
                if left >= 0:
                    fitting.append(change)
                else:  # and so are all later changes
                    left_out += 1
            if fitting:
                runs.append(replace(run, changes=tuple(fitting)))
        if runs:
            groups.append(replace(group, runs=tuple(runs)))
    if not left_out:
        return entry
    sentence = f"{plural(left_out, 'more change')} {'is' if left_out == 1 else 'are'} too long for this e-mail."
    return replace(entry, shown_groups=tuple(groups), other_changes=f"{sentence} {entry.other_changes}".rstrip())


def reverted_entry(report: Report, announcement: Announcement) -> DigestEntry:
    """Returns the entry that says in one sentence that a policy changed, and has its former text again.

    report: the comparison of the former text with the text that came first after it. announcement: from the last period
    of the former text before the change to its first period after it.
    """
    side = report.new
    assert isinstance(side, VersionSide)  # noqa: S101 - the report of a digest always compares two periods
    name = _name(side.vendor_name, side.policy)
    begin, end = iso(side.period.first.captured_at), iso(announcement.new.first.captured_at)
    return DigestEntry(
        "reverted",
        None,
        name,
        headline="changed, and has its former text again",
        title=f"{name}: changed, and has its former text again",
        summary=f"From {begin} this policy had another text; since {end} it has its former text again.",
        sentences=(),
        shown_groups=(),
        other_changes="",
        command_introduction="The text that was there in between",
        command=_command(PolicyKey(side.vendor, side.policy), announcement.old, side.period),
        rank=(0,),
    )


def held_entry(vendor: Vendor, policy: str, standing: Period, held: Period) -> DigestEntry:
    """Returns the entry that announces a held period in one line.

    standing: the last period that stands. held: the held period.
    """
    name = _name(vendor.name, policy)
    since = iso(held.first.captured_at)
    return DigestEntry(
        "held",
        Interval(standing.last, held.first),
        name,
        headline="shows an entirely different text",
        title=f"{name}: an entirely different text",
        summary=f"Since {since} this address shows an entirely different text.",
        sentences=(
            "It may be a rewrite of the policy, or another page in its place.",
            "If the text stays, an e-mail will report the changes. If the former text returns, an e-mail will say so.",
        ),
        shown_groups=(),
        other_changes="",
        command_introduction="The comparison of both texts",
        command=_command(PolicyKey(vendor.slug, policy), standing, held),
        rank=(0,),
    )


def taken_back_entry(vendor: Vendor, policy: str, since: datetime) -> DigestEntry:
    """Returns the entry that takes a held text back in one line.

    since: the `captured_at` of the first capture that showed the held text. A person may have rejected that capture.
    """
    name = _name(vendor.name, policy)
    return DigestEntry(
        "taken back",
        None,
        name,
        headline="shows the policy again",
        title=f"{name}: the different text was not the policy",
        summary=f"The entirely different text that this address showed on {iso(since)} was not the policy.",
        sentences=("The changes that this text seemed to show are no changes of the policy.",),
        shown_groups=(),
        other_changes="",
        command_introduction="All texts that the address has shown",
        command=_listing("versions", vendor, policy),
        rank=(0,),
    )


def gone_entry(vendor: Vendor, policy: str, absence: Absence, last_text: Observation) -> DigestEntry:
    """Returns the entry that says in one line that a policy is gone. last_text: the last capture of its last text."""
    name = _name(vendor.name, policy)
    first, last = absence.first, absence.last
    address = shortened(printable(last.url), _LINE_LENGTH)
    if last.status in (404, 410):
        says = f"its address answers {last.status}"
    elif last.verdict.reason == "empty":
        says = "its address shows an empty page"
    else:
        says = shortened(printable(last.verdict.evidence), _LINE_LENGTH)
    return DigestEntry(
        "gone",
        None,
        name,
        headline="is no longer there",
        title=f"{name}: no longer there",
        summary=(
            f"Since {iso(first.captured_at)} this policy is no longer there: {says} "
            f"(the last text was of {iso(last_text.captured_at)})."
        ),
        sentences=(
            f"The newest capture that says so is of {iso(last.captured_at)}, from {address}.",
            "If the policy comes back, an e-mail will say so.",
        ),
        shown_groups=(),
        other_changes="",
        command_introduction="All captures of the policy",
        command=_listing("captures", vendor, policy),
        rank=(0,),
    )


def there_again_entry(
    vendor: Vendor, policy: str, gone_since: datetime, first: Observation, before: Observation | None
) -> DigestEntry:
    """Returns the entry that says in one line that a policy is there again after an absence.

    gone_since: since when the policy was gone, as a digest has announced it. first: the first capture of the policy
    after the absence. before: the last capture of the policy before it; None if no text stood before.
    """
    name = _name(vendor.name, policy)
    text = ""
    if before is not None:
        text = ", unchanged" if before.version_id == first.version_id else ", with another text than before"
    return DigestEntry(
        "there again",
        None,
        name,
        headline="is there again",
        title=f"{name}: there again",
        summary=f"Since {iso(first.captured_at)} this policy is there again{text}.",
        sentences=(f"An earlier e-mail said that it was no longer there since {iso(gone_since)}.",),
        shown_groups=(),
        other_changes="",
        command_introduction="All texts that the address has shown",
        command=_listing("versions", vendor, policy),
        rank=(0,),
    )


def _listing(command: str, vendor: Vendor, policy: str) -> str:
    return f"clausewatch {command} {vendor.slug}{'' if policy == 'privacy' else f' --policy {policy}'}"


def _name(vendor_name: str, policy: str) -> str:
    return f"{printable(' '.join(vendor_name.split()))} {policy}"


def _command(key: PolicyKey, old: Period, new: Period) -> str:
    option = "" if key.policy == "privacy" else f" --policy {key.policy}"
    return f"clausewatch report {key.vendor} @{old.version_id[:12]} @{new.version_id[:12]}{option}"


def as_email(
    entries: Sequence[DigestEntry], subscriber: Subscriber, vendors: Mapping[str, Vendor], now: datetime, sender: str
) -> bytes:
    """Returns the e-mail of a digest, in plain text and HTML.

    The result is an RFC 5322 message as bytes: ASCII only, with CRLF line ends. The Message-ID depends only on the
    subscriber and the changes, so that mail programs recognize a message that is sent twice.

    entries: the digest's entries, at least one.
    vendors: all declared vendors, by slug.
    now: the present time, timezone-aware, in UTC.
    sender: the e-mail address that the digest comes from.
    """
    address = checked_address(subscriber.address)
    share = min(_ENTRY_LENGTH, _MAIL_LENGTH // len(entries))
    entries = [_fitting(entry, share) for entry in entries]
    domain = Address(addr_spec=sender).domain
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="clausewatch", addr_spec=sender)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = _subject(entries)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_fingerprint(entries, address)}.clausewatch@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    message["List-Id"] = f"clausewatch digests <digests.clausewatch.{domain}>"  # RFC 2919, section 2
    chosen = [name.partition("/") for name in subscriber.vendors]
    vendor_names = [
        " ".join(filter(None, (printable(vendors[slug].name), policy))) for slug, _, policy in chosen if slug in vendors
    ]
    reason = f"{address} is subscribed to changes at {', '.join(vendor_names) or 'all vendors watched here'}."
    how_to_stop = (
        "To stop these e-mails, reply to this e-mail. The operator of clausewatch then stops them with this command: "
    )
    command = f"clausewatch unsubscribe {address}"
    message.set_content(_plain_text(entries, reason, how_to_stop, command), cte="quoted-printable")
    html = (
        environment()
        .get_template("digest.html.j2")
        .render(
            entries=entries,
            overview=_overview(entries),
            reason=reason,
            how_to_stop=how_to_stop,
            command=command,
        )
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    # By default, the standard library breaks the line of a long header before the header's first word. Some mail
    # programs then show an empty subject. RFC 5322, section 2.1.1 allows 998 characters in a line.
    return message.as_bytes(policy=SMTP.clone(max_line_length=900))


def _subject(entries: Sequence[DigestEntry]) -> str:
    """Returns the e-mail's subject: the policy with the most important changes, and the number of other policies."""
    first = min(entries, key=lambda entry: entry.rank)
    others = len({entry.name for entry in entries}) - 1
    more = f", and {others} more {'policy' if others == 1 else 'policies'}" if others else ""
    subject = f"clausewatch: {first.name} {shortened(first.headline, _SUBJECT_LENGTH)}{more}"
    # The standard library decodes the encoded words (RFC 2047) in a header's value, also those in a vendor's text. An
    # encoded word may hold a line break, and so another header.
    return subject.replace("=?", "= ?")


def _overview(entries: Sequence[DigestEntry]) -> list[str]:
    return [f"{entry.name}: {entry.summary}" for entry in sorted(entries, key=lambda entry: entry.rank)]


def _fingerprint(entries: Sequence[DigestEntry], address: str) -> str:
    lines = [address]
    for entry in entries:
        if entry.kind != "change":
            lines += [entry.name, entry.kind, entry.summary, *entry.sentences]
        for capture in (entry.interval.last_old, entry.interval.first_new) if entry.interval else ():
            lines += [entry.name, iso(capture.captured_at), capture.url, capture.sha256]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _plain_text(entries: Sequence[DigestEntry], reason: str, how_to_stop: str, command: str) -> str:
    blocks = []
    if len(entries) > 1:
        blocks.append("\n".join(_wrapped(line, "* ", "  ") for line in _overview(entries)))
    for entry in entries:
        first, *others = _plain_entry(entry)
        blocks += [f"\n{first}" if blocks else first, *others]
    blocks.append(f"-- \n{_wrapped(reason)}\n{_wrapped(how_to_stop)}\n  {command}")
    return "\n\n".join(blocks) + "\n"


def _plain_entry(entry: DigestEntry) -> list[str]:
    blocks = [f"{entry.title}\n{'=' * min(len(entry.title), _WIDTH)}", _wrapped(entry.summary)]
    blocks += [_wrapped(sentence) for sentence in entry.sentences]
    if entry.interval:
        blocks.append(
            f"{_plain_capture('Old text, last seen', entry.interval.last_old)}\n"
            f"{_plain_capture('New text, first seen', entry.interval.first_new)}"
        )
    for group in entry.shown_groups:
        blocks.append(_wrapped(group.place))
        for run in group.runs:
            first, *others = run.changes
            lines = [_wrapped(f"{run.words[:1].upper()}{run.words[1:]}", "" if others else f"{first.number}. ")]
            for change in run.changes:
                number = f"{change.number}. "
                indent = " " * len(number)
                text = redline_as_text(change.excerpt)
                if others:
                    text = f"{change.label} {text}" if change.label else text
                lines.append(_wrapped(text, number if others else indent, indent))
                lines += [_wrapped(note, indent, indent) for note in change.notes]
            blocks.append("\n".join(lines))
    if entry.other_changes:
        blocks.append(_wrapped(entry.other_changes))
    blocks.append(f"{entry.command_introduction}:\n  {entry.command}")
    return blocks


def _plain_capture(name: str, capture: Observation) -> str:
    url = shortened(printable(capture.url), _LINE_LENGTH)
    return f"{name}: {iso(capture.captured_at)} ({capture.source})\n  {url}\n  SHA-256 {capture.sha256}"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
