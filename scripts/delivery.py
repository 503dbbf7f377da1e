"""Digests out of the door: what `clausewatch digest` and `clausewatch run` both do."""

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
    """Composes what is untold into the outbox and delivers the outbox; a sentence of what was sent.

    DeliveryError when the mail server did not take all of it: what it did not take waits for the next time.
    """
    now = datetime.now(UTC)
    compose(store, Declarations(settings.vendors), now, settings.mail_from)
    if directory is None:
        return f"{plural(deliver_by_smtp(store, settings.smtp_url, settings.mail_from, now), 'digest')} sent"
    paths = deliver_to_directory(store, directory, now)
    for path in paths:
        click.echo(path)
    return f"{plural(len(paths), 'digest')} written"
