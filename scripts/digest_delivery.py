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
    """Composes the digests that are due and delivers the outbox. Returns a clause that says how many were delivered.

    directory: where to write the e-mails, whose paths are printed on standard output; None sends them.

    DeliveryError if the mail server did not accept every e-mail; the others wait in the outbox. DeclarationError if the
    declaration of a vendor with something new is broken.
    """
    now = datetime.now(UTC)
    compose(store, Declarations(settings.vendors), now, settings.mail_from)
    if directory is None:
        return f"{plural(deliver_by_smtp(store, settings.smtp_url, settings.mail_from, now), 'digest')} sent"
    paths = deliver_to_directory(store, directory, now)
    for path in paths:
        click.echo(path)
    return f"{plural(len(paths), 'digest')} written"
