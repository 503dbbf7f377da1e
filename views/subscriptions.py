"""The subscribers and what each of them gets, for `clausewatch subscriptions`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.dates import iso
from core.exceptions import UsageError
from core.preferences import WEEKDAYS, Preferences
from core.recipients import is_shown_form, shown_address
from storage import DeliveryTrouble, Store


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscribed address.

    address: as people are shown it, without a password (`core.recipients.shown_address`).
    vendors: the vendors (`hesk`) and policies (`hesk/cookies`) whose changes the address gets, in alphabetical order;
        empty for all vendors.
    since: since when the address has watched one of them, the earliest one. Digests leave out changes that were
        captured before an address watched the vendor.
    preferences: which changes the address gets, and how often.
    trouble: what keeps digests from being sent to the address; None if nothing is known.
    """

    address: str
    vendors: tuple[str, ...]
    since: datetime
    preferences: Preferences
    trouble: DeliveryTrouble | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the subscription's JSON fields, which docs/contract.md describes."""
        return {
            "address": self.address,
            "vendors": list(self.vendors),
            "since": iso(self.since),
            **self.preferences.to_dict(),
            "trouble": None if self.trouble is None else self.trouble.to_dict(),
        }

    @property
    def delivery(self) -> str:
        """What keeps digests from being sent to the address, in a few words; '' if nothing is known."""
        if self.trouble is None:
            return ""
        if self.trouble.retry_at is None:
            return f"refused since {self.trouble.latest:%Y-%m-%d}"
        return f"put off until {self.trouble.retry_at:%Y-%m-%d %H:%M} UTC"


def subscription_views(store: Store) -> tuple[SubscriptionView, ...]:
    """Returns the subscriptions in alphabetical order of the addresses. StorageError if the database can't be read."""
    since = store.subscriptions.subscribed_since()
    troubles = {trouble.mailbox: trouble for trouble in store.outbox.troubles()}
    views = (
        SubscriptionView(
            shown_address(subscriber.address),
            subscriber.vendors,
            since[subscriber.id],
            subscriber.preferences,
            troubles.get(subscriber.mailbox),
        )
        for subscriber in store.subscriptions.subscribers()
        if subscriber.id in since  # it may have been unsubscribed a moment ago
    )
    return tuple(sorted(views, key=lambda view: view.address))


def known_address(store: Store, given: str) -> str:
    """Returns the address of a subscriber that is given in its short form (`core.recipients.shown_address`).

    Returns any other text as it is. UsageError if several subscribers have the short form. StorageError if the database
    can't be read.
    """
    if not is_shown_form(given):
        return given
    addresses = [subscriber.address for subscriber in store.subscriptions.subscribers()]
    matching = [address for address in addresses if shown_address(address) == given]
    if len(matching) > 1:
        raise UsageError(f"{given} stands for several subscribers; give the whole address")
    return matching[0] if matching else given


def selection_in_words(vendors: Collection[str]) -> str:
    """Returns the vendors and policies of a subscription in words."""
    return ", ".join(vendors) or "every declared vendor"


def preferences_in_words(preferences: Preferences) -> str:
    """Returns which changes a subscriber gets and how often, in words: `substantive changes, with each run`."""
    changes = {
        "substantive": "substantive changes",
        "factual": "substantive and factual changes",
        "all": "all changes",
    }[preferences.significance]
    if preferences.words:
        changes += f" that mention {' or '.join(f'“{words}”' for words in preferences.words)}"
    hour = f"at {preferences.at:%H:%M} {preferences.timezone}"
    often = {
        "run": "with each run",
        "day": f"daily {hour}",
        "week": f"weekly on {WEEKDAYS[preferences.weekday].title()} {hour}",
    }[preferences.every]
    return f"{changes}, {often}{f', dates in {preferences.dates}' if preferences.dates else ''}"
