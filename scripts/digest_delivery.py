"""Composes and delivers digests, for `clausewatch digest` and `clausewatch run`."""

import importlib
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from core.declarations import Vendor
from core.email_addresses import checked_address
from core.escaping import escape_line
from core.exceptions import StoppedWorkError, UsageError
from core.limits import Limits, WorkFault
from core.plurals import plural
from core.settings import Settings
from intake.worker_pool import WorkerPool
from reports import Caller, compose, deliver_by_smtp, deliver_to_directory
from reports.digest_email import Links
from scripts.options import Decorator
from storage import Store

to_option: Decorator = click.option(
    "--to",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the e-mails as .eml files into this folder instead of sending them.",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of `send_digests`.

    summary: a phrase that says how many digests were delivered, such as `2 digests sent`.
    complete: whether the changes of all policies could be told.
    """

    summary: str
    complete: bool


def send_digests(settings: Settings, store: Store, vendors: Mapping[str, Vendor], directory: Path | None) -> Delivery:
    """Composes the digests that are due, and delivers all digests in the outbox.

    Comparisons and messages are made in a process of their own, with the limits in the settings. If the changes of a
    policy can't be told, a line on standard error says why, and all other changes are told.

    vendors: all declared vendors, by slug. A vendor that is left out is told later.
    directory: the folder into which the digests are written as files. The files' paths are printed on standard output.
        If None, the digests are sent through the mail server.

    DeliveryError if the mail server did not accept every e-mail. An e-mail that was not accepted stays in the outbox.
    """
    now = datetime.now(UTC)
    faults: list[str] = []
    with limited_calls(settings.limits) as call:
        links = mail_links(settings, store)
        compose(store, vendors, now, settings.mail_from, links=links, call=call, report_fault=faults.append)
    for fault in faults:
        click.echo(f"failed: {escape_line(fault)}", err=True)
    if directory is None:
        sent = deliver_by_smtp(store, settings.smtp_url, settings.mail_from, now)
        return Delivery(f"{plural(sent, 'digest')} sent", not faults)
    paths = deliver_to_directory(store, directory, now)
    for path in paths:
        click.echo(path)
    return Delivery(f"{plural(len(paths), 'digest')} written", not faults)


def mail_links(settings: Settings, store: Store) -> Links:
    """Returns where the links of e-mails lead. StorageError if the database fails."""
    try:
        operator_address = checked_address(settings.contact)
    except UsageError:  # a web address
        operator_address = ""
    if not settings.public_url:
        return Links(operator=operator_address)
    return Links(settings.public_url, settings.secret or store.secrets.for_links(), operator_address)


@contextmanager
def limited_calls(limits: Limits) -> Iterator[Caller]:
    """Yields a function that calls functions in a worker process, within limits. The process starts when it is needed.

    The function raises StoppedWorkError if a call exceeds a limit, fails, or ends its process.
    """
    workers: WorkerPool[Callable[[], Any], Any] = WorkerPool(
        operator.call,
        give_up=lambda function, fault: fault,
        size=lambda function: 0,
        prepare=partial(importlib.import_module, "reports"),
        limits=limits,
    )

    def call(function: Callable[[], Any]) -> Any:
        result = workers.call(function)
        if isinstance(result, WorkFault):
            raise StoppedWorkError(f"comparing the texts {result.sentence}")
        return result

    with closing(workers):
        yield call
