"""The entries of a digest: what it says about each policy, before anything is written as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.changes import SIGNIFICANCES, Redline, Significance
from core.dates import iso
from core.declarations import Vendor
from core.history import Absence, Announcement, Observation, Period
from core.plurals import plural
from core.policies import PolicyKey
from reports.change_sections import PlaceGroup, sections
from reports.digest_email.attachments import Attachment, report_attachment
from reports.excerpts import cut, shortened
from reports.html_report import as_html
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
from views.addresses import captures_page, comparison_page, policy_page

_SHOWN_SIGNIFICANCES = ("substantive", "factual")
# The e-mail's subject names at most this many changed numbers.
_NUMBERS_IN_HEADLINE = 2


# The limit on the length of a change's text, in characters. An e-mail shows less if there is no room
# (`reports.digest_email.fitting`).
_CHANGE_LENGTH = 5_000
# The limits on single lines, in characters: addresses, headings, notes; and on the name of a vendor.
_LINE_LENGTH = 1_000
_NAME_LENGTH = 100
# The number of characters of a heading, or of a clause, that the subject quotes.
_QUOTED = 50

EntryKind = Literal["change", "reverted", "held", "taken back", "gone", "there again"]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change as an e-mail shows it. The fields are those of `RenderedChange`, cut to the limits of an e-mail.

    left_out: the number of characters by which `excerpt` was cut.
    """

    number: int
    label: str
    excerpt: Redline
    notes: tuple[str, ...]
    left_out: int = 0


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
    key: the policy. vendor: the vendor's name.
    news: the most important change in a few words, for the e-mail's subject: `Retention 30 → 90 days`.
    changes: the number of changes that the subject counts: the substantive and factual ones; if there are none, all.
    page: the address of the reading room's page about the entry (`views.addresses`). If the page is a comparison, a
        change is found on it by its number.
    attachment: the HTML report; None if the entry has none, or if it is too long.
    worth: what the changes are worth to a subscriber (`reports.digest_selection`); None if the entry is told to all.
    details: the clause-level changes for webhooks (`reports.webhook_digest.change_details`); None if no subscriber is a
        webhook.
    """

    kind: EntryKind
    interval: Interval | None
    name: str
    headline: str
    title: str
    summary: str
    sentences: tuple[str, ...]
    shown_groups: tuple[ShownGroup, ...] = field(default=(), kw_only=True)
    other_changes: str = field(default="", kw_only=True)
    command_introduction: str
    command: str
    rank: tuple[int, ...] = field(default=(0,), kw_only=True)
    key: PolicyKey
    vendor: str
    news: str
    page: str
    changes: int = 1
    attachment: Attachment | None = None
    worth: Mapping[Significance, frozenset[str]] | None = None
    details: bytes | None = None


def digest_entry(report: Report, announcement: Announcement, *, with_attachment: bool = False) -> DigestEntry:
    """Returns the digest's entry for an announcement.

    report: the comparison of the announcement's old period and new period.
    with_attachment: whether the entry gets the HTML report, for e-mails that can't link to a reading room.
    """
    old, new = report.old, report.new
    # The report of a digest always compares two periods, never two files.
    assert isinstance(old, VersionSide) and isinstance(new, VersionSide)  # noqa: S101, PT018
    name = _name(new.vendor_name, new.policy)
    assert report.interval is not None  # noqa: S101 - consecutive periods show different versions
    key = PolicyKey(new.vendor, new.policy)
    command = _command(key, old.period, new.period)
    vendor = _vendor_name(new.vendor_name)
    page = _comparison(key, old.period, new.period)
    attachment = _attachment(f"{key.vendor}-{key.policy}-{old.number}-{new.number}.html", report, with_attachment)
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
                "No further message will report that the page switches between these versions.",
                "If the page shows a new text, a message will report it.",
            ),
            command_introduction="The differences between the two versions that the page showed last",
            command=command,
            rank=(1,),
            key=key,
            vendor=vendor,
            news=f"alternates between {versions}",
            page=page,
            attachment=attachment,
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
    news = f"returned to version {new.number}" if announcement.returned_to else _news(changes)
    shown_count = sum(significance in _SHOWN_SIGNIFICANCES for significance in significances)
    other_changes = f"{'In addition, ' if shown_groups else ''}{counts_not_shown}, not shown here."
    return DigestEntry(
        "change",
        report.interval,
        name,
        headline=f"{event}{f': {numbers}' if numbers else ''} ({most_significant_count})",
        title=title(report),
        summary=return_sentence + summary(report),
        # The captures below the sentences say between which times the change happened.
        sentences=circumstances(report)[1:],
        shown_groups=shown_groups,
        other_changes=other_changes if counts_not_shown else "",
        command_introduction="The whole report on this change",
        command=command,
        rank=tuple(-significances.count(significance) for significance in SIGNIFICANCES),
        key=key,
        vendor=vendor,
        news=news,
        page=page,
        changes=shown_count or max(1, len(changes)),
        attachment=attachment,
    )


def _attachment(name: str, report: Report, is_wanted: bool) -> Attachment | None:
    if not is_wanted:
        return None
    try:
        return report_attachment(name, as_html(report))
    except Exception:  # the change is told without the report rather than not at all
        return None


def _news(changes: Sequence[RenderedChange]) -> str:
    """Returns the most important change in a few words: a number, or what happened under which heading."""
    if numbers := headline_of_numbers(changes, 1).partition("; ")[0]:
        return numbers
    # Of the most important changes, the one that changes the most text.
    least = next(
        (
            significance
            for significance in SIGNIFICANCES
            for change in changes
            if change.change.significance == significance
        ),
        None,
    )
    change = max(
        (change for change in changes if change.change.significance == least), key=_changed_length, default=None
    )
    if change is None:
        return "other links or typography"
    is_heading = (change.change.new or change.change.old)[0].kind == "heading"
    if is_heading or len(change.path) > 1:  # the only heading is the title
        quoted = f"“{shortened(change.heading, _QUOTED)}”"
    else:
        quoted = f"“{shortened(change.beginning, _QUOTED)}”"
    match change.kind:
        case "added" if not is_heading:
            return f"new text {'in ' if len(change.path) > 1 else ''}{quoted}"
        case "removed" if not is_heading:
            return f"text removed{' from' if len(change.path) > 1 else ':'} {quoted}"
        case "added" | "removed" | "moved" | "renumbered":
            return f"{quoted} {change.kind}"
    return f"{quoted} changed"


def _changed_length(change: RenderedChange) -> int:
    return sum(len(text) for operation, text in change.redline if operation != "equal")


def _shown_group(group: PlaceGroup) -> ShownGroup:
    runs = (ShownRun(shortened(run.words, _LINE_LENGTH), tuple(map(_shown, run.changes))) for run in group.runs)
    return ShownGroup(shortened(group.place, _LINE_LENGTH), tuple(runs))


def _shown(change: RenderedChange) -> ShownChange:
    notes = tuple(shortened(note, _LINE_LENGTH) for note in change.notes)
    excerpt, left_out = cut(change.excerpt, _CHANGE_LENGTH)
    return ShownChange(change.number, shortened(change.label, _LINE_LENGTH), excerpt, notes, left_out)


def reverted_entry(report: Report, announcement: Announcement) -> DigestEntry:
    """Returns the entry that says in one sentence that a policy changed, and has its former text again.

    report: the comparison of the former text with the text that came first after it. announcement: from the last period
    of the former text before the change to its first period after it.
    """
    side = report.new
    assert isinstance(side, VersionSide)  # noqa: S101 - the report of a digest always compares two periods
    key = PolicyKey(side.vendor, side.policy)
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
        command_introduction="The text that was there in between",
        command=_command(key, announcement.old, side.period),
        key=key,
        vendor=_vendor_name(side.vendor_name),
        news="changed, and has its former text again",
        page=_comparison(key, announcement.old, side.period),
    )


def held_entry(vendor: Vendor, policy: str, standing: Period, held: Period) -> DigestEntry:
    """Returns the entry that announces a held period in one line.

    standing: the last period that stands. held: the held period.
    """
    key = PolicyKey(vendor.slug, policy)
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
            "If the text stays, a message will report the changes. If the former text returns, a message will say so.",
        ),
        command_introduction="The comparison of both texts",
        command=_command(key, standing, held),
        key=key,
        vendor=_vendor_name(vendor.name),
        news="an entirely different text",
        page=_comparison(key, standing, held),
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
        command_introduction="All texts that the address has shown",
        command=_listing("versions", vendor, policy),
        key=PolicyKey(vendor.slug, policy),
        vendor=_vendor_name(vendor.name),
        news="the different text was not the policy",
        page=policy_page(PolicyKey(vendor.slug, policy)),
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
            "If the policy comes back, a message will say so.",
        ),
        command_introduction="All captures of the policy",
        command=_listing("captures", vendor, policy),
        key=PolicyKey(vendor.slug, policy),
        vendor=_vendor_name(vendor.name),
        news="no longer there",
        page=captures_page(PolicyKey(vendor.slug, policy)),
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
        sentences=(f"An earlier message said that it was no longer there since {iso(gone_since)}.",),
        command_introduction="All texts that the address has shown",
        command=_listing("versions", vendor, policy),
        key=PolicyKey(vendor.slug, policy),
        vendor=_vendor_name(vendor.name),
        news="there again",
        page=policy_page(PolicyKey(vendor.slug, policy)),
    )


def _listing(command: str, vendor: Vendor, policy: str) -> str:
    return f"clausewatch {command} {vendor.slug}{'' if policy == 'privacy' else f' --policy {policy}'}"


def _name(vendor_name: str, policy: str) -> str:
    return f"{_vendor_name(vendor_name)} {policy}"


def _vendor_name(name: str) -> str:
    return shortened(printable(" ".join(name.split())), _NAME_LENGTH)


def _command(key: PolicyKey, old: Period, new: Period) -> str:
    option = "" if key.policy == "privacy" else f" --policy {key.policy}"
    return f"clausewatch report {key.vendor} @{old.version_id[:12]} @{new.version_id[:12]}{option}"


def _comparison(key: PolicyKey, old: Period, new: Period) -> str:
    return comparison_page(key, f"@{old.version_id[:12]}", f"@{new.version_id[:12]}")
