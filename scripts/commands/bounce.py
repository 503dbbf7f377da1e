"""`clausewatch bounce`"""

import os
import sys
from datetime import UTC, datetime

import click

from core.exceptions import ClausewatchError
from core.settings import load_settings
from reports.bounces import LONGEST_NOTIFICATION, handle_bounce
from scripts.options import open_store

# EX_TEMPFAIL (sysexits.h). Postfix, Exim and Sendmail keep the message then and run the command again. After any other
# status but 0, they return it to its sender; a notification has none, so it would be lost.
_TRY_AGAIN = os.EX_TEMPFAIL
_AT_ONCE = 1 << 20


@click.command("bounce")
def command() -> None:
    """Read a message that was sent to the sender of the digests, and handle it if it is a notification of failure.

    Your mail server runs this command for each message to CLAUSEWATCH_MAIL_FROM, with the message on standard input. If
    the message says that a digest can't be delivered for good, the address is refused, as if the mail server had
    refused it at once. If a mail server has tried for days in vain, the digest is sent again later. Automatic answers,
    letters and forged notifications change nothing. A sentence on standard error says what was done.

    The exit status is 75 if the message could not be handled now, for instance because the database can't be reached.
    The mail server then keeps the message and tries again.
    """
    try:
        message = _read_message()
        with open_store(load_settings()) as store:
            sentence = handle_bounce(store, message, datetime.now(UTC))
    except (ClausewatchError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(_TRY_AGAIN) from None
    click.echo(sentence, err=True)


def _read_message() -> bytes:
    """Returns the beginning of the message on standard input. The rest is read, too: the mail server writes it."""
    if sys.stdin is None:  # the calling shell has closed it with `<&-`
        return b""
    stream = sys.stdin.buffer
    message = stream.read(LONGEST_NOTIFICATION)
    while stream.read(_AT_ONCE):
        pass
    return message
