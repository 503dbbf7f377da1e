"""Composes the digest for operators: which policies fail, and which addresses the mail server has refused."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.dates import iso
from core.email_addresses import checked_address
from core.plurals import plural
from core.recipients import shown_address
from storage import DeliveryTrouble, Store
from views.deliveries import delivery_sentences
from views.policy_status import PolicyStatus, attention_sentences, fetch_sentences

# A daily run is not always at the same second.
_ONCE_IN = timedelta(hours=23)


def compose_for_operators(
    store: Store,
    operators: Collection[str],
    statuses: Sequence[PolicyStatus],
    broken_declarations: Sequence[str],
    now: datetime,
    sender: str,
) -> int:
    """Puts a digest into the outbox for each operator who was told something else last.

    Returns the number of digests. An operator gets at most one a day. When nothing fails any more, a digest says so.

    operators: the operators' addresses. statuses: the status of every declared policy. broken_declarations: the faults
    of the declarations that can't be read. now: the present time, timezone-aware. sender: the address that the digests
    come from.

    UsageError if an address is not valid. StorageError if the database fails.
    """
    refused = [trouble for trouble in store.outbox.troubles() if trouble.is_refused]
    fingerprint = hashlib.sha256("\n".join(_facts(statuses, broken_declarations, refused)).encode()).hexdigest()
    nothing = hashlib.sha256(b"").hexdigest()
    composed = 0
    for operator in operators:
        told_at, told = store.outbox.operator_told(operator) or (None, nothing)
        if told == fingerprint or (told_at is not None and timedelta() <= now - told_at < _ONCE_IN):
            continue
        sections = list(_sections(statuses, broken_declarations, refused))
        message = _as_email(sections, _subject(statuses, broken_declarations, refused), operator, now, sender)
        store.outbox.tell_operator(operator, message, fingerprint, now)
        composed += 1
    return composed


def _facts(
    statuses: Iterable[PolicyStatus], broken_declarations: Iterable[str], refused: Iterable[DeliveryTrouble]
) -> Iterator[str]:
    """Yields what a digest tells, without what changes every day: how often and how long something has failed."""
    for status in statuses:
        if status.failing or status.held_since or status.standing.fault:
            is_held, fault = status.held_since is not None, status.standing.fault
            yield f"{status.key} {status.failing} {status.reason} {is_held} {fault}"
        for moved in status.moved_pages:
            yield f"{status.key} {moved.address} {moved.moved_to}"
    yield from broken_declarations
    for trouble in refused:
        yield f"{shown_address(trouble.address)} {trouble.reason}"


def _sections(
    statuses: Sequence[PolicyStatus], broken_declarations: Sequence[str], refused: Sequence[DeliveryTrouble]
) -> Iterator[tuple[str, list[str]]]:
    """Yields the sections of a digest, each with its heading and its lines."""
    yield "Policies that need you", [*attention_sentences(statuses), *fetch_sentences(statuses)]
    silent = [
        f"{status.key}: no capture since {iso(status.failing_since)}"
        if status.failing_since
        else f"{status.key}: never captured"
        for status in statuses
        if status.failing in ("no capture", "never captured")
    ]
    yield "Policies without new captures", silent
    yield "Declarations that can't be read", list(broken_declarations)
    yield "Addresses that take no more digests", list(delivery_sentences(refused))


def _subject(
    statuses: Iterable[PolicyStatus], broken_declarations: Sequence[str], refused: Sequence[DeliveryTrouble]
) -> str:
    failing = sum(status.failing is not None for status in statuses)
    counts = [
        f"{failing} failing {'policy' if failing == 1 else 'policies'}" if failing else "",
        plural(len(broken_declarations), "broken declaration") if broken_declarations else "",
        f"{len(refused)} refused {'address' if len(refused) == 1 else 'addresses'}" if refused else "",
    ]
    return f"clausewatch, for the operator: {', '.join(filter(None, counts)) or 'no policy fails'}"


def _as_email(
    sections: Iterable[tuple[str, list[str]]], subject: str, operator: str, now: datetime, sender: str
) -> bytes:
    """Returns the e-mail, as RFC 5322 bytes in ASCII."""
    blocks = ["\n".join((heading, *(f"- {line}" for line in lines))) for heading, lines in sections if lines]
    text = "\n\n".join(blocks or ["Everything that an earlier e-mail named is in order again."])
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="clausewatch", addr_spec=checked_address(sender))
    message["To"] = Address(addr_spec=checked_address(operator))
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    domain = Address(addr_spec=sender).domain
    identity = hashlib.sha256(f"{operator}\n{now.isoformat()}\n{text}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{identity}.clausewatch@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    footer = "You get this because CLAUSEWATCH_OPERATORS names your address. `clausewatch status` says more."
    message.set_content(f"{text}\n\n-- \n{footer}\n", cte="quoted-printable")
    return message.as_bytes(policy=SMTP.clone(max_line_length=900))
