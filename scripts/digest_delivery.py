"""Composes and delivers digests, for `clausewatch digest` and `clausewatch run`."""

import importlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from core.declarations import Vendor
from core.escaping import escape_line
from core.limits import Limits
from core.plurals import plural
from core.settings import Settings
from intake.limited_calls import limited_calls as calls_in_process
from reports import Caller, compose, deliver_by_smtp, deliver_to_directory
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
        compose(store, vendors, now, settings.mail_from, call=call, report_fault=faults.append)
    for fault in faults:
        click.echo(f"failed: {escape_line(fault)}", err=True)
    if directory is None:
        sent = deliver_by_smtp(store, settings.smtp_url, settings.mail_from, now)
        return Delivery(f"{plural(sent, 'digest')} sent", not faults)
    paths = deliver_to_directory(store, directory, now)
    for path in paths:
        click.echo(path)
    return Delivery(f"{plural(len(paths), 'digest')} written", not faults)


def limited_calls(limits: Limits) -> AbstractContextManager[Caller]:
    """Yields a function that compares texts and renders reports in a worker process (`intake.limited_calls`)."""
    return calls_in_process(limits, partial(importlib.import_module, "reports"))
