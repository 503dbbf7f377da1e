"""The digest: what a subscriber has not been told yet, as one e-mail."""

import hashlib
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.changes import SIGNIFICANCES
from core.declarations import Vendor
from core.exceptions import UsageError
from core.history import History, Observation, Period
from core.moments import iso
from core.wording import plural
from reports.html import environment
from reports.report import Report, VersionSide, report_between
from reports.vendor_text import printable
from reports.wording import Told, circumstances, marked, subject, summary, told
from storage import Store, Subscriber

_WIDTH = 76
_SHOWN = ("substantive", "factual")


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One change of a policy from a period to the next, as a digest tells it.

    shown: the changes told one by one, in reading order; counted: the sentence about the others, '' for none.
    command: what shows everything about it.
    """

    report: Report
    name: str
    shown: tuple[Told, ...]
    counted: str
    command: str


def compose(store: Store, vendors: Mapping[str, Vendor], now: datetime, sender: str) -> int:
    """Puts into the outbox, for each subscriber, one message with all changes not told yet; how many were put there.

    Told is each change between consecutive periods of a policy whose new period begins after the watermark: the later
    of the subscription's beginning and the capture up to which all was told. The watermark then advances to the
    newest accepted capture, so that a change is told once, history that a backfill brings is not told, and a missed
    run loses nothing. now: timezone-aware UTC. sender: the address the messages come from.

    UsageError when the sender is no e-mail address; StorageError as the store raises it.
    """
    checked_address(sender)
    histories: dict[tuple[str, str], History] = {}
    change_sets: dict[tuple[str, str, int], ChangeSet] = {}
    messages = 0
    for subscriber in store.subscribers():
        watermarks = store.told(subscriber.id)
        advanced: dict[tuple[str, str], datetime] = {}
        untold: list[ChangeSet] = []
        for vendor in _followed(subscriber, vendors):
            for policy in vendor.policies:
                key = vendor.slug, policy
                if key not in histories:
                    histories[key] = store.history(*key)
                history = histories[key]
                watermark = max(subscriber.since, watermarks.get(key, subscriber.since))
                for old, new in untold_transitions(history, watermark):
                    change = *key, new.first.capture_id
                    if change not in change_sets:
                        change_sets[change] = _change_set(report_between(store, vendor, policy, history, old, new))
                    untold.append(change_sets[change])
                if history.periods and history.periods[-1].last.captured_at > watermark:
                    advanced[key] = history.periods[-1].last.captured_at
        if advanced:
            message = as_message(untold, subscriber, vendors, now, sender) if untold else None
            store.enqueue(subscriber.id, message, advanced, now)
            messages += message is not None
    return messages


def untold_transitions(history: History, watermark: datetime) -> list[tuple[Period, Period]]:
    """The changes from a period to the next one that begins after the watermark, oldest first."""
    return [
        (old, new)
        for old, new in zip(history.periods, history.periods[1:], strict=False)
        if new.first.captured_at > watermark
    ]


def checked_address(address: str) -> str:
    """The e-mail address, without the space around it. UsageError when it is none (RFC 5322, section 3.4.1).

    What is accepted fits into a header as it is: plain ASCII, no line break, one address.
    """
    text = address.strip()
    try:
        parsed = Address(addr_spec=text)
        fits = text.isascii() and text.isprintable() and parsed.username and parsed.domain and parsed.addr_spec == text
    except (ValueError, MessageError, IndexError, AttributeError):
        # The standard library's parser raises the last two on some texts that are no address.
        fits = False
    if not fits or " " in text:
        raise UsageError(f"{address!r} is no e-mail address; give one like name@example.com, in ASCII")
    return text


def as_message(
    changes: Sequence[ChangeSet], subscriber: Subscriber, vendors: Mapping[str, Vendor], now: datetime, sender: str
) -> bytes:
    """The digest of these changes as an e-mail (RFC 5322 bytes, CRLF, ASCII throughout), plain text and HTML.

    Its Message-ID depends on the subscriber and the changes only, so that a message sent twice can be told.
    """
    address = checked_address(subscriber.address)
    domain = Address(addr_spec=sender).domain
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="clausewatch", addr_spec=sender)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = _subject(changes)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_fingerprint(changes, address)}.clausewatch@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    message["List-Id"] = f"clausewatch digests <digests.clausewatch.{domain}>"  # RFC 2919, section 2
    followed = [printable(vendor.name) for vendor in _followed(subscriber, vendors)] if subscriber.vendors else []
    reason = f"{address} is subscribed to changes at {', '.join(followed) or 'every vendor watched here'}."
    stop = "To stop these e-mails, answer this one; whoever runs clausewatch here stops them with: "
    command = f"clausewatch unsubscribe {address}"
    message.set_content(_plain(changes, reason, stop, command), cte="quoted-printable")
    html = (
        environment()
        .get_template("digest.html.j2")
        .render(
            changes=changes,
            overview=_overview(changes),
            reason=reason,
            stop=stop,
            command=command,
            circumstances=circumstances,
            subject=subject,
            summary=summary,
        )
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    # The standard library folds a header of 79 characters before its first word, which some programs show as an empty
    # subject; 998 is what RFC 5322, section 2.1.1 allows.
    return message.as_bytes(policy=SMTP.clone(max_line_length=900))


def _followed(subscriber: Subscriber, vendors: Mapping[str, Vendor]) -> list[Vendor]:
    """The vendors of a subscription that are declared; one no longer declared waits until it is again."""
    return [vendors[slug] for slug in subscriber.vendors or vendors if slug in vendors]


def _change_set(report: Report) -> ChangeSet:
    old, new = report.old, report.new
    assert isinstance(old, VersionSide) and isinstance(new, VersionSide)  # noqa: S101, PT018 - from periods, not files
    changes = told(report.comparison)
    shown = tuple(one for one in changes if one.change.significance in _SHOWN)
    rest = [one.change.significance for one in changes if one.change.significance not in _SHOWN]
    counted = " and ".join(plural(rest.count(name), f"{name} change") for name in SIGNIFICANCES if name in rest)
    option = "" if new.policy == "privacy" else f" --policy {new.policy}"
    return ChangeSet(
        report,
        f"{printable(' '.join(new.vendor_name.split()))} {new.policy}",
        shown,
        f"{'Besides, ' if shown else ''}{counted}, not shown here." if rest else "",
        f"clausewatch report {new.vendor} @{old.period.version_id[:12]} @{new.period.version_id[:12]}{option}",
    )


# --- what stands in it ---


def _weight(change: ChangeSet) -> str:
    """`5 substantive`: the most telling significance among the changes, with how many there are of it."""
    found = [one.significance for one in change.report.comparison.changes]
    for name in SIGNIFICANCES:
        if name in found:
            return f"{found.count(name)} {name}"
    return "no clause"


def _rank(change: ChangeSet) -> tuple[int, ...]:
    found = [one.significance for one in change.report.comparison.changes]
    return tuple(-found.count(name) for name in SIGNIFICANCES)


def _subject(changes: Sequence[ChangeSet]) -> str:
    """Leads with the policy that changed the most in substance, each policy named once."""
    ranked = sorted(changes, key=_rank)
    others = len({change.name for change in changes}) - 1
    more = f", and {others} more {'policy' if others == 1 else 'policies'}" if others else ""
    return f"clausewatch: {ranked[0].name} changed ({_weight(ranked[0])}){more}"


def _overview(changes: Sequence[ChangeSet]) -> list[str]:
    return [f"{change.name}: {summary(change.report)}" for change in sorted(changes, key=_rank)]


def _fingerprint(changes: Sequence[ChangeSet], address: str) -> str:
    told_of = [address]
    for change in changes:
        interval = change.report.interval
        assert interval is not None  # noqa: S101 - consecutive periods show different versions
        for seen in (interval.last_old, interval.first_new):
            told_of += [change.name, iso(seen.captured_at), seen.url, seen.sha256]
    return hashlib.sha256("\n".join(told_of).encode()).hexdigest()[:32]


def _plain(changes: Sequence[ChangeSet], reason: str, stop: str, command: str) -> str:
    blocks = []
    if len(changes) > 1:
        blocks.append("\n".join(_wrapped(line, "* ", "  ") for line in _overview(changes)))
    for change in changes:
        first, *others = _plain_change_set(change)
        blocks += [f"\n{first}" if blocks else first, *others]
    blocks.append(f"-- \n{_wrapped(reason)}\n{_wrapped(stop)}\n  {command}")
    return "\n\n".join(blocks) + "\n"


def _plain_change_set(change: ChangeSet) -> list[str]:
    interval = change.report.interval
    assert interval is not None  # noqa: S101 - consecutive periods show different versions
    name = subject(change.report)
    blocks = [f"{name}\n{'=' * min(len(name), _WIDTH)}", _wrapped(summary(change.report))]
    blocks += [_wrapped(sentence) for sentence in circumstances(change.report)]
    blocks.append(
        f"{_plain_capture('Old text, last seen', interval.last_old)}\n"
        f"{_plain_capture('New text, first seen', interval.first_new)}"
    )
    for one in change.shown:
        clause = f" ({one.clause})" if one.clause else ""
        lead = f"{one.number}. "
        indent = " " * len(lead)
        lines = [_wrapped(f"{one.kind.capitalize()}: {one.place}{clause}", lead, indent)]
        lines.append(_wrapped(marked(one.excerpt), indent, indent))
        lines += [_wrapped(note, indent, indent) for note in one.notes]
        blocks.append("\n".join(lines))
    if change.counted:
        blocks.append(_wrapped(change.counted))
    blocks.append(f"Everything about this change:\n  {change.command}")
    return blocks


def _plain_capture(name: str, seen: Observation) -> str:
    return f"{name}: {iso(seen.captured_at)} ({seen.source})\n  {printable(seen.url)}\n  SHA-256 {seen.sha256}"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
