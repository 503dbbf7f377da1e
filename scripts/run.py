"""`clausewatch run`"""

from pathlib import Path

import click

from core.declarations import load_vendors
from core.exceptions import ClausewatchError
from core.settings import load_settings
from crawler.run import crawl
from scripts.delivery import send_digests, to_option
from scripts.lock import only_run
from scripts.options import open_store
from views.quarantine import troubles


@click.command("run")
@to_option
def command(directory: Path | None) -> None:
    """Crawl every live page, then send the digests: the command for cron.

    A lock keeps two runs on one database apart. Policies that have shown nothing but quarantine
    for a week are named on standard error, whose last line sums the run up.
    """
    settings = load_settings()
    with only_run(settings):
        outcome = crawl("live")  # which tells its failures itself
        # What was crawled is told even where some page failed; a failure must not hide another vendor's change.
        try:
            with open_store(settings) as store:
                told = send_digests(settings, store, directory)
        except ClausewatchError as error:
            raise ClausewatchError(f"{error}\nrun: {outcome.summary}; digests not all sent") from None
        with open_store(settings) as store:
            for line in troubles(store, load_vendors(settings.vendors)):
                click.echo(line, err=True)
    click.echo(f"run: {outcome.summary}; {told}", err=True)
    if not outcome.ok:
        raise SystemExit(1)
