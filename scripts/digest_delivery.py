"""Composes and delivers digests, for `clausewatch digest` and `clausewatch run`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from core.declarations import Declarations
from core.plurals import plural
from core.settings import Settings
from reports import compose, deliver_by_smtp, deliver_to_directory
from scripts.options import Decorator
from storage import Store

to_option: Decorator = click.option(
    "--to",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the e-mails as .eml files into this folder instead of sending them.",
)


def send_digests(settings: Settings, store: Store, directory: Path | None) -> str:
    """Composes the digests that are due, and delivers all digests in the outbox.

    directory: the folder into which the digests are written as files. The files' paths are printed on standard output.
        If None, the digests are sent through the mail server.

    Returns a phrase that says how many digests were delivered, such as `2 digests sent`.

    DeliveryError if the mail server did not accept every e-mail. An e-mail that was not accepted stays in the outbox.
    DeclarationError if a vendor has new changes and the vendor's declaration is broken.
    """
    now = datetime.now(UTC)
    compose(store, Declarations(settings.vendors), now, settings.mail_from)
    if directory is None:
        return f"{plural(deliver_by_smtp(store, settings.smtp_url, settings.mail_from, now), 'digest')} sent"
    paths = deliver_to_directory(store, directory, now)
    for path in paths:
        click.echo(path)
    return f"{plural(len(paths), 'digest')} written"
