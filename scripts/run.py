"""`clausewatch run`"""

import hashlib
from pathlib import Path

import click
from filelock import FileLock, Timeout

from core.exceptions import ClausewatchError, DeliveryError
from core.settings import CHECKOUT, Settings, load_settings
from crawler.run import CrawlOutcome, crawl
from scripts.delivery import send_digests, to_option
from scripts.options import open_store


@click.command("run")
@to_option
def command(directory: Path | None) -> None:
    """Crawl every live page, then send the digests: the command for cron.

    A lock keeps two runs on one database apart. The last line on standard error sums the run up.
    """
    settings = load_settings()
    lock = FileLock(_lock_path(settings))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ClausewatchError("another run on this database is under way; this one did nothing") from None
    with lock:
        outcome = crawl("live")
        # What was crawled is told even where some page failed; a failure must not hide another vendor's change.
        try:
            with open_store(settings) as store:
                told = send_digests(settings, store, directory)
        except DeliveryError as error:
            raise ClausewatchError(f"{error}\nrun: {_crawled(outcome)}; digests not all sent") from None
    click.echo(f"run: {_crawled(outcome)}; {told}", err=True)
    if not outcome.ok:
        raise SystemExit(1)


def _crawled(outcome: CrawlOutcome) -> str:
    return (
        f"{outcome.captures} captures, {outcome.new} new, {outcome.quarantined} quarantined, "
        f"{len(outcome.failures)} failed"
    )


def _lock_path(settings: Settings) -> Path:
    """One lock a database, whatever its kind; the file is empty and stays."""
    folder = CHECKOUT / "data"
    folder.mkdir(exist_ok=True)
    return folder / f"run-{hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]}.lock"
