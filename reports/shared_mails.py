"""Writes the e-mails of digests. What the e-mails to several subscribers have in common is written once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from core.declarations import Vendor
from core.limits import Caller
from reports.digest_email import DigestEntry, Links, SharedEmail, shared_by, to_subscriber
from storage import Subscriber

# How many digests are kept for the subscribers to come. One with attachments may take 10 MB.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class _Kept:
    """A digest that was written, or the reason why it could not be."""

    vendors: tuple[str, ...]
    dates: str
    entries: Sequence[DigestEntry]
    written: SharedEmail | Exception


class SharedMails:
    """Writes the e-mails of one time of composing.

    now, sender, links: as for `reports.digest_email.as_email`. call: writes what several e-mails have in common.
    """

    def __init__(self, now: datetime, sender: str, links: Links | None, call: Caller) -> None:
        self._now = now
        self._sender = sender
        self._links = links
        self._call = call
        self._kept: list[_Kept] = []

    def to(self, subscriber: Subscriber, entries: Sequence[DigestEntry], vendors: Mapping[str, Vendor]) -> bytes:
        """Returns the e-mail to a subscriber. Raises what writing it raised, also if that was for another subscriber.

        entries: the digest's entries, at least one. vendors: the declared vendors that the subscriber has chosen.
        """
        written = self._shared(subscriber, entries, vendors)
        if isinstance(written, Exception):
            raise written
        return to_subscriber(written, subscriber, vendors, self._sender, self._links)

    def _shared(
        self, subscriber: Subscriber, entries: Sequence[DigestEntry], vendors: Mapping[str, Vendor]
    ) -> SharedEmail | Exception:
        chosen, dates = tuple(subscriber.vendors), subscriber.preferences.dates
        for index, kept in enumerate(self._kept):
            # Most entries are the same objects, so comparing them takes no time.
            if (kept.vendors, kept.dates) == (chosen, dates) and kept.entries == entries:
                self._kept.insert(0, self._kept.pop(index))
                return kept.written
        written: SharedEmail | Exception
        try:
            written = self._call(
                partial(shared_by, chosen, entries, vendors, self._now, self._sender, self._links, dates)
            )
        except Exception as error:
            written = error
        self._kept = [_Kept(chosen, dates, entries, written), *self._kept[: _KEPT - 1]]
        return written
