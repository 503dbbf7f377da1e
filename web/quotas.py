"""Limits how often strangers may have mails sent."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

#: How many mails are sent within an hour: for one client, to one address, and for all clients together.
MAILS_OF_CLIENT: Final = 10
MAILS_TO_ADDRESS: Final = 3
MAILS_OF_ALL: Final = 200
_HOUR = 3600.0


class TooManyMailsError(Exception):
    """The client, or all clients together, had too many mails sent within the last hour."""


class MailQuota:
    """Counts the mails of the last hour. It remembers at most MAILS_OF_ALL of them.

    clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._mails: list[tuple[float, str, str]] = []

    def allows(self, client: str, address: str) -> bool:
        """Counts a mail. Returns False, and counts it for the client only, if the address had too many.

        client: the client's address. address: the e-mail address. Case makes no difference.

        TooManyMailsError if the client has to wait.
        """
        mailbox = address.lower()
        with self._lock:
            now = self._clock()
            self._mails = [mail for mail in self._mails if now - mail[0] < _HOUR]
            of_client = sum(mail[1] == client for mail in self._mails)
            if of_client >= MAILS_OF_CLIENT or len(self._mails) >= MAILS_OF_ALL:
                raise TooManyMailsError
            is_allowed = sum(mail[2] == mailbox for mail in self._mails) < MAILS_TO_ADDRESS
            self._mails.append((now, client, mailbox if is_allowed else ""))
            return is_allowed
