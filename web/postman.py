"""Sends the mails that a page has put into the outbox, at once and in the background."""

import logging
import queue
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Final

_LOGGER = logging.getLogger("clausewatch.web")
# The upper limit of the addresses that are remembered. What waits for others is sent by the next run.
_MOST: Final = 1000
# How often a mail is tried again that could not be sent, and for how long, in seconds.
_EVERY: Final = 60.0
_FOR: Final = 24 * 3600.0


@dataclass(frozen=True)
class Postman:
    """Sends mails in a thread of its own, so that no page waits for a mail server.

    sender: the address that the mails come from.
    deliver: sends what waits in the outbox for an address. Returns whether nothing waits any more. ClausewatchError if
        the mail server or the database can't be used. The store decides when an address is tried again.
    every: how often a mail is tried again, in seconds.

    Mails that are not sent when this process ends are sent by the next `clausewatch run`.
    """

    sender: str
    deliver: Callable[[str], bool]
    every: float = _EVERY
    _addresses: "queue.Queue[str]" = field(init=False, repr=False)
    _lock: Lock = field(init=False, repr=False, default_factory=Lock)
    _threads: list[Thread] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_addresses", queue.Queue(_MOST))

    def send_to(self, address: str) -> None:
        """Has the mails sent that wait for an address. Returns at once."""
        with self._lock:
            if not self._threads:
                self._threads.append(Thread(target=self._work, daemon=True))
                self._threads[0].start()
        with suppress(queue.Full):
            self._addresses.put_nowait(address)

    def _work(self) -> None:
        waiting: dict[str, float] = {}
        while True:
            address = None
            with suppress(queue.Empty):
                address = self._addresses.get(timeout=self.every if waiting else None)
            if address is not None:
                if not self._has_sent(address, is_first=True) and len(waiting) < _MOST:
                    waiting[address] = time.monotonic()
                continue
            now = time.monotonic()
            waiting = {
                name: since for name, since in waiting.items() if now - since < _FOR and not self._has_sent(name)
            }

    def _has_sent(self, address: str, *, is_first: bool = False) -> bool:
        try:
            return self.deliver(address)
        except Exception as error:  # the thread goes on, whatever happens to one mail
            if is_first:
                _LOGGER.warning("an e-mail that asks to confirm a subscription was not sent yet: %s", error)
            return False
