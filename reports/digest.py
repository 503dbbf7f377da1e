"""The digest: what a subscriber has not been told yet, as one e-mail."""

import hashlib
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.changes import SIGNIFICANCES
from core.dates import iso
from core.declarations import Vendor
from core.exceptions import UsageError
from core.history import History, Observation, Telling
from core.plurals import plural
from core.policies import PolicyKey
from diffing.timeline import settled, tellings
from reports.html_report import environment
from reports.report import Report, VersionSide, report_between
from reports.vendor_text import printable
from reports.wording import Told, alternates, circumstances, marked, subject, summary, told, versions_named
from storage import Store, Subscriber

_WIDTH = 76
_SHOWN = ("substantive", "factual")


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One change of a policy from a period to the next, as a digest tells it.

    name: vendor and policy. headline: what happened, for the e-mail's subject. title, summary, sentences: what stands
    above the evidence. shown: the changes told one by one, in reading order; none for an alternation, whose texts were
    told when they were new. counted: the sentence about the others, '' for none. command: what shows everything, which
    pointer says. rank: the most telling sets have the lowest.
    """

    report: Report
    name: str
    headline: str
    title: str
    summary: str
    sentences: tuple[str, ...]
    shown: tuple[Told, ...]
    counted: str
    pointer: str
    command: str
    rank: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _News:
    """What a policy's history has to tell after some time.

    until: the time of the last capture of which it is known whether it stands; None when nothing was captured.
    history: the settled one, which the tellings are of; empty where there are none, since a crawl touches each policy
        and most do not change.
    """

    until: datetime | None
    tellings: tuple[Telling, ...]
    history: History


_NOTHING = History((), ())


def compose(store: Store, vendors: Mapping[str, Vendor], now: datetime, sender: str) -> int:
    """Puts into the outbox, for each subscriber, one message with all changes not told yet; how many were put there.

    Told is what `diffing.timeline.tellings` has of a policy whose new period begins after the watermark: the later of
    the subscription's beginning and the capture up to which all was told. The watermark then advances to the newest
    accepted capture before those that are not confirmed yet, so that a change is told once, history that a backfill
    brings is not told, and a missed run loses nothing. A policy in which nothing happened since is not looked at.
    now: timezone-aware UTC. sender: the address the messages come from.

    UsageError when the sender is no e-mail address; StorageError as the store raises it.
    """
    checked_address(sender)
    # Read before anything else: what happens from now on raises a revision, which the next digest finds.
    revisions = store.subscriptions.changed_policies()
    subscribers = store.subscriptions.subscribers()
    watermarks = {subscriber.id: store.subscriptions.watermarks(subscriber) for subscriber in subscribers}
    earliest: dict[PolicyKey, datetime] = {}
    for its in watermarks.values():
        for key, watermark in its.items():
            earliest[key] = min(watermark, earliest.get(key, watermark))
    news: dict[PolicyKey, _News] = {}
    change_sets: dict[tuple[str, str, int], ChangeSet] = {}
    undeclared: set[PolicyKey] = set()
    caught_up: list[Subscriber] = []
    messages = 0
    for subscriber in subscribers:
        its = watermarks[subscriber.id]
        advanced: dict[PolicyKey, datetime] = {}
        untold: list[ChangeSet] = []
        declared = list(_declared(its, vendors))
        for vendor, policy in declared:
            key = PolicyKey(vendor.slug, policy)
            if key not in news:
                news[key] = _news(store, key, earliest[key])
            for telling in news[key].tellings:
                if telling.new.first.captured_at <= its[key]:
                    continue
                change = *key, telling.new.first.capture_id
                if change not in change_sets:
                    report = report_between(store, vendor, policy, news[key].history, telling.old, telling.new)
                    change_sets[change] = _change_set(report, telling)
                untold.append(change_sets[change])
            until = news[key].until
            if until and until > its[key]:
                advanced[key] = until
        if advanced:
            message = as_message(untold, subscriber, vendors, now, sender) if untold else None
            store.subscriptions.enqueue(subscriber.id, message, advanced, now)
            messages += message is not None
        left = its.keys() - {(vendor.slug, policy) for vendor, policy in declared}
        undeclared |= left
        if not left:
            caught_up.append(subscriber)
    # What is not declared now waits until it is again.
    store.subscriptions.mark_composed(
        {key: revision for key, revision in revisions.items() if key not in undeclared}, caught_up
    )
    return messages


def _declared(keys: Collection[PolicyKey], vendors: Mapping[str, Vendor]) -> Iterator[tuple[Vendor, str]]:
    """Those of these policies that are declared: vendors in alphabetical order, the policies of each as declared."""
    for slug in sorted({slug for slug, _ in keys}):
        if slug in vendors:
            yield from ((vendors[slug], policy) for policy in vendors[slug].policies if (slug, policy) in keys)


def _news(store: Store, key: PolicyKey, after: datetime) -> _News:
    known = settled(store.library.history(key))
    told = tellings(known.history, after)
    return _News(known.until, told, known.history if told else _NOTHING)


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
    followed = [printable(vendor.name) for vendor in _followed(subscriber, vendors)]
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
        )
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    # The standard library folds a header of 79 characters before its first word, which some programs show as an empty
    # subject; 998 is what RFC 5322, section 2.1.1 allows.
    return message.as_bytes(policy=SMTP.clone(max_line_length=900))


def _followed(subscriber: Subscriber, vendors: Mapping[str, Vendor]) -> list[Vendor]:
    """The vendors that a subscription names, of those that are declared."""
    return [vendors[slug] for slug in subscriber.vendors if slug in vendors]


def _change_set(report: Report, telling: Telling) -> ChangeSet:
    old, new = report.old, report.new
    assert isinstance(old, VersionSide) and isinstance(new, VersionSide)  # noqa: S101, PT018 - from periods, not files
    name = f"{printable(' '.join(new.vendor_name.split()))} {new.policy}"
    option = "" if new.policy == "privacy" else f" --policy {new.policy}"
    command = f"clausewatch report {new.vendor} @{old.period.version_id[:12]} @{new.period.version_id[:12]}{option}"
    if telling.alternation:
        versions = versions_named(telling.alternation)
        return ChangeSet(
            report,
            name,
            headline=f"alternates between {versions}",
            title=f"{name}: alternates between {versions}",
            summary=f"The page {alternates(telling.alternation)}.",
            sentences=("Further changes from one of these texts to another are not told; a new text is.",),
            shown=(),
            counted="",
            pointer="What differs between the last two",
            command=command,
            rank=(1,),
        )
    changes = told(report.comparison)
    shown = tuple(one for one in changes if one.change.significance in _SHOWN)
    rest = [one.change.significance for one in changes if one.change.significance not in _SHOWN]
    counted = " and ".join(plural(rest.count(worth), f"{worth} change") for worth in SIGNIFICANCES if worth in rest)
    found = [one.change.significance for one in changes]
    weight = next((f"{found.count(worth)} {worth}" for worth in SIGNIFICANCES if worth in found), "no clause")
    happened, returned = "changed", ""
    if telling.returned_to:
        happened = f"returned to version {new.number}"
        last_seen = iso(telling.returned_to.last.captured_at)
        returned = f"The page returned to the text of version {new.number}, last seen {last_seen}. "
    return ChangeSet(
        report,
        name,
        headline=f"{happened} ({weight})",
        title=subject(report),
        summary=returned + summary(report),
        sentences=circumstances(report),
        shown=shown,
        counted=f"{'Besides, ' if shown else ''}{counted}, not shown here." if rest else "",
        pointer="Everything about this change",
        command=command,
        rank=tuple(-found.count(worth) for worth in SIGNIFICANCES),
    )


# --- what stands in it ---


def _subject(changes: Sequence[ChangeSet]) -> str:
    """Leads with the policy that changed the most in substance, each policy named once."""
    first = min(changes, key=lambda change: change.rank)
    others = len({change.name for change in changes}) - 1
    more = f", and {others} more {'policy' if others == 1 else 'policies'}" if others else ""
    return f"clausewatch: {first.name} {first.headline}{more}"


def _overview(changes: Sequence[ChangeSet]) -> list[str]:
    return [f"{change.name}: {change.summary}" for change in sorted(changes, key=lambda change: change.rank)]


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
    blocks = [f"{change.title}\n{'=' * min(len(change.title), _WIDTH)}", _wrapped(change.summary)]
    blocks += [_wrapped(sentence) for sentence in change.sentences]
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
    blocks.append(f"{change.pointer}:\n  {change.command}")
    return blocks


def _plain_capture(name: str, seen: Observation) -> str:
    return f"{name}: {iso(seen.captured_at)} ({seen.source})\n  {printable(seen.url)}\n  SHA-256 {seen.sha256}"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
