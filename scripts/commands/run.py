"""`clausewatch run`"""

import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from core.declarations import Vendor, sound_vendors
from core.exceptions import ClausewatchError, DeliveryError
from core.policies import PolicyKey
from core.settings import Settings, load_settings
from crawler.interruption import COMMAND_SECONDS, SignalWatch, raise_keyboard_interrupt
from crawler.run import CrawlOutcome, crawl
from intake.service import Intake
from scripts.digest_delivery import send_digests, to_option
from scripts.options import open_store
from scripts.run_record import RunRecord, recorded_run
from storage import Store
from views.policy_status import attention_sentences, policy_statuses
from views.quarantine import quarantine_warnings


@click.command("run")
@to_option
def command(directory: Path | None) -> None:
    """Crawl every live page, then send the digests. This is the command for cron.

    A lock prevents two runs on one database at the same time. Messages on standard error name the captures that were
    quarantined, the policies that had only quarantined captures for a week, and the policies whose text appears only in
    a browser. Then follows a line for each policy whose newest capture is quarantined or whose text is held: since
    when, why, and what the page says. The last line summarises the run.

    The exit status is 0 if all is done, and 3 if a page or a declaration failed, and everything else is done and
    mailed. It is 1 if no page could be fetched, a change could not be told, a digest could not be sent, the database
    or the disk failed, another run is in progress, or the run was interrupted.

    Ctrl-C and SIGTERM end the run within 15 seconds. What was fetched before is stored. The next run does the rest.
    """
    raise SystemExit(_Run(load_settings(), directory).exit_status())


class _Run:
    """One run. crawl_summary: the counts of the crawl, as far as it has come."""

    def __init__(self, settings: Settings, directory: Path | None) -> None:
        self.crawl_summary = "the crawl did not come to an end"
        self._settings = settings
        self._directory = directory

    def exit_status(self) -> int:
        """Does everything, prints the summary and returns the exit status. ClausewatchError if the run can't go on."""

        def end() -> None:
            sys.stderr.write(f"run: interrupted; {self.crawl_summary}; the next run does the rest\n")

        # The watch includes the lock: if the run is cut off, the lock is held until all processes have ended.
        with SignalWatch(raise_keyboard_interrupt, end, COMMAND_SECONDS):
            try:
                with (
                    open_store(self._settings) as store,
                    store.database.only_run(),
                    recorded_run(store.journal) as record,
                ):
                    self._crawl_and_tell(store, record)
                    return record.exit_status
            except KeyboardInterrupt:
                end()
                return 1

    def _crawl_and_tell(self, store: Store, record: RunRecord) -> None:
        outcome = crawl("live")  # `crawl` prints the failures
        self.crawl_summary = record.summary = outcome.summary
        if outcome.interrupted:
            _name_quarantined(outcome)
            raise KeyboardInterrupt
        vendors, _ = sound_vendors(self._settings.vendors)  # the crawl has named the faults of the others
        _read_what_is_left(self._settings, store, vendors)
        # Digests are sent even if pages could not be crawled: a failure at one vendor must not delay the report of a
        # change at another vendor.
        try:
            delivery = send_digests(self._settings, store, vendors, self._directory)
        except ClausewatchError as error:
            _name_quarantined(outcome)
            sent = error.summary if isinstance(error, DeliveryError) else "digests not all sent"
            raise ClausewatchError(f"{error}\nrun: {outcome.summary}; {sent}") from None
        # Policies whose captures were read are up to date already. A release may have changed the rules of the index.
        with suppress(ClausewatchError):
            store.clause_index.refresh(store.clause_index.outdated())
        standings = store.library.standings()
        statuses = policy_statuses(vendors, standings, datetime.now(UTC))
        # The sentences below say more about a policy whose newest capture is quarantined.
        _name_quarantined(
            outcome,
            {
                PolicyKey(status.standing.vendor, status.standing.policy)
                for status in statuses
                if status.failing == "quarantined"
            },
        )
        for warning in quarantine_warnings(store, vendors, standings):
            click.echo(warning, err=True)
        for sentence in attention_sentences(statuses):
            click.echo(sentence, err=True)
        record.summary = f"{outcome.summary}; {delivery.summary}"
        record.exit_status = outcome.exit_status if delivery.complete else 1
        click.echo(f"run: {record.summary}", err=True)


def _name_quarantined(outcome: CrawlOutcome, except_of: Collection[PolicyKey] = ()) -> None:
    """Prints a line for each quarantined capture, except for the captures of some policies."""
    for capture in outcome.quarantined_captures:
        if capture.key not in except_of:
            click.echo(f"quarantined: {capture.description}", err=True)


def _read_what_is_left(settings: Settings, store: Store, vendors: Mapping[str, Vendor]) -> None:
    """Reads the captures that a command stored before it was killed, also if their page can't be crawled now."""
    left = {(standing.vendor, standing.policy) for standing in store.library.standings() if standing.unread}
    with Intake(store, limits=settings.limits) as intake:
        for slug, vendor in vendors.items():
            for name, policy in vendor.policies.items():
                if (slug, name) in left:
                    intake.read_unread(PolicyKey(slug, name), policy)
