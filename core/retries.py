"""Decides when a message is sent again that the mail server did not accept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

# RFC 5321, section 4.5.4.1: wait at least 30 minutes after one attempt, retry more often at first, and give up after 4
# to 5 days. The first two waits are shorter, because many servers refuse the first message from an unknown sender for
# some minutes (greylisting, RFC 6647). The last wait is somewhat less than a day, so that a daily run tries each day.
_WAITS = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=23),
)
LONGEST_WAIT = _WAITS[-1]
_GIVES_UP_AFTER = timedelta(days=5)
_LEAST_ATTEMPTS = 5  # the clock may have been wrong
_LEAST_DAYS = 5  # see `is_own_fault`


def next_attempt(times: int, since: datetime, now: datetime, accepted_elsewhere: Iterable[datetime]) -> datetime | None:
    """Returns the time of the next attempt after a failed one; None if the address is given up.

    An address is given up if at least five attempts have failed for five days, and the address is at fault.

    times: the number of failed attempts in a row, this one included. since: the time of the first of them.
    now: the time of the last of them. accepted_elsewhere: as for `is_own_fault`, since the first failed attempt.
    """
    if now - since >= _GIVES_UP_AFTER and times >= _LEAST_ATTEMPTS and is_own_fault(accepted_elsewhere):
        return None
    return now + _WAITS[min(times, len(_WAITS)) - 1]


def is_own_fault(accepted_elsewhere: Iterable[datetime]) -> bool:
    """Returns whether an address is at fault if messages to it fail, and not the mail server or the network.

    It is if messages to other addresses went through on five different days (UTC) in the meantime. A server that
    accepts nothing for a week, and only a part of what has piled up on the day after, says nothing about an address.

    accepted_elsewhere: the times at which messages to other addresses were accepted while those to this one failed.
    """
    days = set()
    for moment in accepted_elsewhere:
        days.add(moment.date())
        if len(days) == _LEAST_DAYS:
            return True
    return False
