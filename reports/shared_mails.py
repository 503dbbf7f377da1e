"""Writes the messages of digests: e-mails, webhooks and chats. What several have in common is written once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from core.declarations import Vendor
from core.limits import Caller
from core.recipients import RecipientKind, kind_of
from reports.chat_digest import chat_text
from reports.digest_email import DigestEntry, Links, shared_by, to_subscriber
from reports.webhook_digest import shared_body, to_webhook
from storage import Subscriber

# How many digests are kept for the subscribers to come. One with attachments may take 10 MB.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was written, or the reason why it could not be.

    depends_on: what it depends on, besides the entries.
    """

    depends_on: tuple[Any, ...]
    entries: Sequence[DigestEntry]
    written: Any


class SharedMails:
    """Writes the messages of one time of composing.

    now, sender, links: as for `reports.digest_email.as_email`. call: writes what several messages have in common.
    """

    def __init__(self, now: datetime, sender: str, links: Links | None, call: Caller) -> None:
        self._now = now
        self._sender = sender
        self._links = links or Links()
        self._call = call
        self._kept: list[_Kept] = []

    def to(self, subscriber: Subscriber, entries: Sequence[DigestEntry], vendors: Mapping[str, Vendor]) -> bytes:
        """Returns the message to a subscriber: an e-mail, the body of a webhook, or the text of a chat.

        Raises what writing it raised, also if that was for another subscriber.

        entries: the digest's entries, at least one. vendors: the declared vendors that the subscriber has chosen.
        """
        kind: RecipientKind = kind_of(subscriber.address)
        dates, links = subscriber.preferences.dates, self._links
        if kind == "webhook":
            body = self._shared((kind,), entries, partial(shared_body, entries, self._now, links))
            return to_webhook(body, subscriber.address)
        if kind == "chat":
            text: bytes = self._shared((kind, dates), entries, partial(chat_text, entries, links, dates))
            return text
        chosen = tuple(subscriber.vendors)
        write = partial(shared_by, chosen, entries, vendors, self._now, self._sender, links, dates)
        return to_subscriber(
            self._shared((kind, chosen, dates), entries, write), subscriber, vendors, self._sender, links
        )

    def _shared(self, depends_on: tuple[Any, ...], entries: Sequence[DigestEntry], write: Callable[[], Any]) -> Any:
        """Returns what `write` returns, and raises what it raises. It is called once for equal arguments."""
        for index, kept in enumerate(self._kept):
            # Most entries are the same objects, so comparing them takes no time.
            if kept.depends_on == depends_on and kept.entries == entries:
                self._kept.insert(0, self._kept.pop(index))
                break
        else:
            written: Any
            try:
                written = self._call(write)
            except Exception as error:
                written = error
            self._kept = [_Kept(depends_on, entries, written), *self._kept[: _KEPT - 1]]
        written = self._kept[0].written
        if isinstance(written, Exception):
            raise written
        return written
