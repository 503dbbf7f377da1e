"""The subscribers and what each of them gets, for `clausewatch subscriptions`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.dates import iso
from storage import Store


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A subscribed address.

    vendors: the slugs of the vendors whose changes the address gets, in alphabetical order; empty for all vendors.
    since: since when the address has watched one of the vendors, the earliest one. Digests leave out changes that were
        captured before an address watched the vendor.
    """

    address: str
    vendors: tuple[str, ...]
    since: datetime

    def to_dict(self) -> dict[str, Any]:
        """Returns the subscription's JSON fields, which docs/contract.md describes."""
        return {"address": self.address, "vendors": list(self.vendors), "since": iso(self.since)}


def subscription_views(store: Store) -> tuple[SubscriptionView, ...]:
    """Returns the subscriptions in alphabetical order of the addresses. StorageError if the database can't be read."""
    since = store.subscriptions.subscribed_since()
    views = (
        SubscriptionView(subscriber.address, subscriber.vendors, since[subscriber.id])
        for subscriber in store.subscriptions.subscribers()
        if subscriber.id in since  # it may have been unsubscribed a moment ago
    )
    return tuple(sorted(views, key=lambda view: view.address))
