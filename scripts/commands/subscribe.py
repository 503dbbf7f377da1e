"""`clausewatch subscribe`"""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import click

from core.declarations import select_vendors
from core.exceptions import UsageError
from core.preferences import FREQUENCIES, THRESHOLDS, WEEKDAYS, Preferences
from core.recipients import checked_recipient, kind_of, shown_address
from core.settings import load_settings
from core.webhook_signatures import webhook_secret
from reports import check_chat, check_webhook
from scripts.options import open_store
from views.subscriptions import known_address, preferences_in_words, selection_in_words


@click.command("subscribe")
@click.argument("address")
@click.argument("chosen", nargs=-1, metavar="[VENDOR | VENDOR/POLICY]...")
@click.option("--vendor", "vendors", multiple=True, metavar="SLUG", help="Report only this vendor. Can be repeated.")
@click.option(
    "--significance",
    type=click.Choice(THRESHOLDS),
    help="Report only changes with a substantive clause; also those with a factual one; or all. Default: substantive.",
)
@click.option(
    "--words",
    multiple=True,
    metavar="TEXT",
    help="Report only changes whose clauses mention this word or phrase, before or after. Can be repeated. An empty "
    "text ends it.",
)
@click.option("--every", type=click.Choice(FREQUENCIES), help="How often digests come. Default: with each run.")
@click.option("--at", metavar="HH:MM", help="When a daily or weekly digest is due. Default: 07:00.")
@click.option("--timezone", metavar="ZONE", help="The time zone of --at, such as Europe/Berlin. Default: UTC.")
@click.option("--on", "weekday", type=click.Choice(WEEKDAYS), help="The day of a weekly digest. Default: monday.")
@click.option("--dates", metavar="LANGUAGE", help="The language of dates, such as de. Default: dates like 2024-05-06.")
def command(
    address: str,
    chosen: tuple[str, ...],
    vendors: tuple[str, ...],
    words: tuple[str, ...],
    at: str | None,
    weekday: str | None,
    **others: str | None,
) -> None:
    """Send digests of future changes to ADDRESS: of all vendors, or of some vendors or policies.

    \b
    ADDRESS is one of these:
      an e-mail address              name@example.com
      a webhook, which gets JSON     https://example.org/hooks/1
      a chat, as a URL of Apprise    slack://…, mmosts://…, tgram://…

    For a webhook, the secret is printed with which its receiver checks the signature of each digest.

    If ADDRESS is already subscribed, the vendors and policies named in this command replace those named earlier;
    options that are left out stay as they were. If ADDRESS was refused, it is tried again. For a webhook or chat that
    is subscribed, the short form that `clausewatch subscriptions` prints will do.

    A digest is composed by the first `clausewatch run` or `clausewatch digest` after it has become due.
    """
    settings = load_settings()
    names = (*chosen, *vendors)
    declared = select_vendors(settings.vendors, dict.fromkeys(name.partition("/")[0] for name in names))
    for slug, _, policy in (name.partition("/") for name in names if "/" in name):
        declared[slug].policy(policy)
    values: dict[str, Any] = {name: value for name, value in others.items() if value is not None}
    if words:
        values["words"] = tuple(dict.fromkeys(" ".join(text.split()) for text in words if text.strip()))
    if weekday is not None:
        values["weekday"] = WEEKDAYS.index(weekday)
    if at is not None:
        values["at"] = _time_of_day(at)
    with open_store(settings) as store:
        address = checked_recipient(known_address(store, address), allow_http=settings.allow_private)
        if kind_of(address) == "chat":
            check_chat(address)
        elif kind_of(address) == "webhook":
            check_webhook(address)
        before = store.subscriptions.subscriber(address)
        preferences = replace(Preferences() if before is None else before.preferences, **values)
        if preferences.every == "run" and (at or weekday or others["timezone"]):
            raise UsageError("--at, --on and --timezone need --every day or --every week")
        store.subscriptions.subscribe(address, names, datetime.now(UTC), preferences)
        secret = settings.secret or (store.secrets.for_links() if kind_of(address) == "webhook" else "")
    if kind_of(address) == "webhook":
        click.echo(webhook_secret(secret, address))
    click.echo(
        f"{shown_address(address)} will receive digests of changes at {selection_in_words(names)}: "
        f"{preferences_in_words(preferences)}",
        err=True,
    )


def _time_of_day(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - it becomes a time of day
    except ValueError:
        raise UsageError(f"--at {text}: give hours and minutes, like 07:30") from None
