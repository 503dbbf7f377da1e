"""`clausewatch digest`"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from core.captures import BEGIN_OF_THE_WEB
from core.dates import parse_span
from core.declarations import Declarations, chosen_vendors
from core.escaping import escape_line
from core.exceptions import UsageError
from core.plurals import plural
from core.settings import Settings, load_settings
from reports.digest_email import Links
from reports.span_digest import digest_of_span
from scripts.digest_delivery import limited_calls, send_digests, to_option
from scripts.options import open_store
from scripts.whole_file import whole_file


@click.command("digest")
@to_option
@click.option("--since", metavar="DATE", help="Write one digest of all changes since this date; it needs --to.")
@click.option("--until", metavar="DATE", help="With --since: of the changes up to this date. [default: now]")
@click.option(
    "--vendor", "slugs", multiple=True, metavar="SLUG", help="With --since: only of this vendor. Can be repeated."
)
def command(directory: Path | None, since: str | None, until: str | None, slugs: tuple[str, ...]) -> None:
    """Send each subscriber the changes that no digest has reported to them yet.

    With --since, one digest about any span of time is written into the folder that --to names, and nothing is sent or
    recorded: `clausewatch digest --since 2016 --until 2018 --vendor hesk --to DIR`. It compares the text of each policy
    at the beginning with the text at the end.

    If the changes of a policy can't be told, for instance because comparing its texts exceeds a limit, a message says
    why, the other changes are sent, and the exit status is 1.

    Ctrl-C and SIGTERM end the command: no further digest is sent, and the next run sends the others.
    """
    settings = load_settings()
    if since is not None:
        complete = _write_span(settings, since, until, slugs, directory)
    elif until is not None or slugs:
        raise UsageError("--until and --vendor choose what a digest on demand tells; give --since and --to, too")
    else:
        with _sigterm_like_ctrl_c(), open_store(settings) as store, store.database.only_run():
            delivery = send_digests(settings, store, Declarations(settings.vendors), directory)
        click.echo(delivery.summary, err=True)
        complete = delivery.complete
    if not complete:
        raise SystemExit(1)


@contextmanager
def _sigterm_like_ctrl_c() -> Iterator[None]:
    """Makes SIGTERM raise KeyboardInterrupt in the block. Without this, the process would end at once: digests that the
    mail server has just accepted would be sent again, and those under way would wait until their claims end.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write_span(
    settings: Settings, since: str, until: str | None, slugs: tuple[str, ...], directory: Path | None
) -> bool:
    """Writes the digest of a span. Returns whether all of its policies could be compared."""
    if directory is None:
        raise UsageError("a digest on demand is sent to nobody; name a folder for it with --to")
    now = datetime.now(UTC)
    begin = max(parse_span(since).begin, BEGIN_OF_THE_WEB)  # no capture is earlier
    end = min(parse_span(until).end, now) if until else now
    if begin > now:
        raise UsageError(f"{since} is in the future; give a date up to today")
    if begin > end:
        raise UsageError(f"{since} is later than {until}; give the earlier date first")
    vendors, faults = chosen_vendors(settings.vendors, slugs)
    with open_store(settings, read_only=True) as store, limited_calls(settings.limits) as call:
        message = digest_of_span(
            store,
            vendors,
            begin,
            end,
            slugs,
            now,
            settings.mail_from,
            Links(settings.public_url),
            call=call,
            report_fault=faults.append,
        )
    for fault in faults:
        click.echo(f"failed: {escape_line(fault)}", err=True)
    if message is not None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{directory}: {error.strerror or error}") from None
        named = slugs[0] if len(slugs) == 1 else plural(len(slugs), "vendor").replace(" ", "-") if slugs else "all"
        path = directory / f"digest-{named}-{begin:%Y%m%d}-{end:%Y%m%d}.eml"
        with whole_file(path) as stream:
            stream.write(message)
        click.echo(path)
    click.echo(f"{plural(int(message is not None), 'digest')} written", err=True)
    return not faults
