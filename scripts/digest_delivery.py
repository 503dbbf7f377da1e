"""Composes and delivers digests, for `clausewatch digest` and `clausewatch run`."""

import importlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from core.declarations import Vendor, sound_vendors
from core.email_addresses import checked_address
from core.escaping import escape_line
from core.exceptions import UsageError
from core.limits import Limits
from core.plurals import plural
from core.settings import Settings
from core.signed_links import CONFIRM_WITHIN
from intake.limited_calls import limited_calls as calls_in_process
from reports import Caller, compose, compose_for_operators, deliver, deliver_to_directory
from reports.digest_email import Links
from scripts.options import Decorator
from storage import Store
from views.deliveries import delivery_sentences
from views.policy_status import policy_statuses

to_option: Decorator = click.option(
    "--to",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the digests into this folder instead of sending them: e-mails as .eml files, webhooks as .json, chats "
    "as .txt.",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of `send_digests`.

    summary: a phrase that says how many digests were delivered, such as `2 digests sent`.
    complete: whether the changes of all policies could be told, and no address was refused.
    """

    summary: str
    complete: bool


def send_digests(settings: Settings, store: Store, vendors: Mapping[str, Vendor], directory: Path | None) -> Delivery:
    """Composes the digests that are due, and delivers all digests in the outbox.

    Comparisons and messages are made in a process of their own, with the limits in the settings. If the changes of a
    policy can't be told, a line on standard error says why, and all other changes are told.

    vendors: all declared vendors, by slug. A vendor that is left out is told later.
    directory: the folder into which the digests are written as files. The files' paths are printed on standard output.
        If None, the digests are sent through the mail server, to webhooks and to chats.

    A digest that was not accepted stays in the outbox, and a line on standard error says why. The line is repeated as
    long as the address is refused or waits for its next attempt.

    DeliveryError if the mail server can't be used at all. Webhooks and chats have got their digests then.
    """
    now = datetime.now(UTC)
    store.outbox.forget_confirmations(now - CONFIRM_WITHIN)
    faults: list[str] = []
    with limited_calls(settings.limits) as call:
        links = mail_links(settings, store)
        compose(store, vendors, now, settings.mail_from, links=links, call=call, report_fault=faults.append)
    for fault in faults:
        click.echo(f"failed: {escape_line(fault)}", err=True)
    delivery = _deliver(settings, store, directory, now)
    # Operators are told of the addresses that were refused a moment ago, too.
    if settings.operator_addresses and _compose_for_operators(settings, store, now):
        delivery = delivery + _deliver(settings, store, directory, now)
    if directory is None:
        for sentence in delivery_sentences(store.outbox.troubles()):
            click.echo(sentence, err=True)
    return Delivery(delivery.summary(directory), not faults and not delivery.refused)


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many digests were delivered, how many addresses were refused, and how many were put off."""

    delivered: int
    refused: int = 0
    put_off: int = 0

    def __add__(self, other: "_Counts") -> "_Counts":
        return _Counts(self.delivered + other.delivered, self.refused + other.refused, self.put_off + other.put_off)

    def summary(self, directory: Path | None) -> str:
        parts = [f"{plural(self.delivered, 'digest')} {'sent' if directory is None else 'written'}"]
        parts += [f"{count} {what}" for count, what in ((self.refused, "refused"), (self.put_off, "put off")) if count]
        return ", ".join(parts)


def _deliver(settings: Settings, store: Store, directory: Path | None, now: datetime) -> _Counts:
    if directory is not None:
        paths = deliver_to_directory(store, directory, now)
        for path in paths:
            click.echo(path)
        return _Counts(len(paths))
    sending = deliver(
        store,
        settings.smtp_url,
        settings.mail_from,
        now,
        settings.smtp_connections,
        secret=settings.secret,
        allow_private=settings.allow_private,
    )
    refused = sum(trouble.is_refused for trouble in sending.troubles)
    return _Counts(sending.sent, refused, len(sending.troubles) - refused)


def _compose_for_operators(settings: Settings, store: Store, now: datetime) -> int:
    vendors, broken = sound_vendors(settings.vendors)
    failed_fetches, moved_pages = store.journal.failed_fetches(), store.journal.moved_pages()
    statuses = policy_statuses(vendors, store.library.standings(), now, failed_fetches, moved_pages)
    return compose_for_operators(store, settings.operator_addresses, statuses, broken, now, settings.mail_from)


def mail_links(settings: Settings, store: Store) -> Links:
    """Returns where the links of e-mails lead. StorageError if the database fails."""
    try:
        operator_address = checked_address(settings.contact)
    except UsageError:  # a web address
        operator_address = ""
    if not settings.public_url:
        return Links(operator=operator_address)
    return Links(settings.public_url, settings.secret or store.secrets.for_links(), operator_address)


def limited_calls(limits: Limits) -> AbstractContextManager[Caller]:
    """Yields a function that compares texts and renders reports in a worker process (`intake.limited_calls`)."""
    return calls_in_process(limits, partial(importlib.import_module, "reports"))
