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
from core.escaping import escape_line
from core.exceptions import StoppedWorkError
from core.limits import Limits, WorkFault
from core.plurals import plural
from core.settings import Settings
from intake.worker_pool import WorkerPool
from reports import Caller, compose, deliver_by_smtp, deliver_to_directory
from scripts.options import Decorator
from storage import Store
from views.deliveries import delivery_sentences

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
        If None, the digests are sent through the mail server.

    An e-mail that the mail server did not accept stays in the outbox, and a line on standard error says why. The line
    is repeated as long as the address is refused or waits for its next attempt.

    DeliveryError if the mail server can't be used at all.
    """
    now = datetime.now(UTC)
    faults: list[str] = []
    with limited_calls(settings.limits) as call:
        compose(store, vendors, now, settings.mail_from, call=call, report_fault=faults.append)
    for fault in faults:
        click.echo(f"failed: {escape_line(fault)}", err=True)
    if directory is None:
        try:
            sending = deliver_by_smtp(store, settings.smtp_url, settings.mail_from, now, settings.smtp_connections)
        finally:
            for sentence in delivery_sentences(store.outbox.troubles()):
                click.echo(sentence, err=True)
        refused = sum(trouble.is_refused for trouble in sending.troubles)
        put_off = len(sending.troubles) - refused
        summary = f"{plural(sending.sent, 'digest')} sent"
        summary += f", {refused} refused" if refused else ""
        summary += f", {put_off} put off" if put_off else ""
        return Delivery(summary, not faults and not refused)
    paths = deliver_to_directory(store, directory, now)
    for path in paths:
        click.echo(path)
    return Delivery(f"{plural(len(paths), 'digest')} written", not faults)


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
