"""`clausewatch run`"""

from datetime import UTC, datetime
from pathlib import Path

import click

from core.declarations import sound_vendors
from core.exceptions import ClausewatchError
from core.policies import PolicyKey
from core.settings import Settings, load_settings
from crawler.run import crawl
from intake.service import Intake
from scripts.digest_delivery import send_digests, to_option
from scripts.options import open_store
from storage import Store
from views.policy_status import attention_sentences, policy_statuses
from views.quarantine import quarantine_warnings


@click.command("run")
@to_option
def command(directory: Path | None) -> None:
    """Crawl every live page, then send the digests. This is the command for cron.

    A lock prevents two runs on one database at the same time. Messages on standard error name the policies that had
    only quarantined captures for a week, and the policies that need a browser. Then a line for each policy whose newest
    capture is quarantined, or whose text is held, says since when, the reason, and what the page says. The last line
    summarises the run.

    The exit status is 1 if a page could not be crawled, a declaration is broken, a change could not be told or a digest
    could not be sent; everything else is done.
    """
    settings = load_settings()
    with open_store(settings) as store, store.database.only_run():
        outcome = crawl("live")  # `crawl` prints the failures
        _read_what_is_left(settings, store)
        # Digests are sent even if pages could not be crawled: a failure at one vendor must not delay the report of a
        # change at another vendor.
        try:
            delivery = send_digests(settings, store, directory)
        except ClausewatchError as error:
            raise ClausewatchError(f"{error}\nrun: {outcome.summary}; digests not all sent") from None
        (vendors, _), standings = sound_vendors(settings.vendors), store.library.standings()  # the crawl names faults
        for warning in quarantine_warnings(store, vendors, standings):
            click.echo(warning, err=True)
        for sentence in attention_sentences(policy_statuses(vendors, standings, datetime.now(UTC))):
            click.echo(sentence, err=True)
    click.echo(f"run: {outcome.summary}; {delivery.summary}", err=True)
    if not outcome.ok or not delivery.complete:
        raise SystemExit(1)


def _read_what_is_left(settings: Settings, store: Store) -> None:
    """Reads the captures that a command stored before it was killed, also if their page can't be crawled now."""
    left = {(standing.vendor, standing.policy) for standing in store.library.standings() if standing.unread}
    with Intake(store, limits=settings.limits) as intake:
        for slug, vendor in sound_vendors(settings.vendors)[0].items():
            for name, policy in vendor.policies.items():
                if (slug, name) in left:
                    intake.read_unread(PolicyKey(slug, name), policy)
