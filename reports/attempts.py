"""What the attempts to send a message to a webhook and to a chat have in common."""

from collections.abc import Callable
from contextvars import copy_context
from threading import Thread


class FailedAttemptError(Exception):
    """A message could not be sent now. The text says why, in one line; it may contain passwords."""


class RefusedAttemptError(FailedAttemptError):
    """The receiver takes no more messages."""


def within(seconds: float, attempt: Callable[[], None]) -> None:
    """Calls a function that may wait for another machine, and waits for it at most for so many seconds.

    If it takes longer, it is left to itself: it can't be stopped, and ends with this process at the latest. A limit on
    each step alone wouldn't do, because a server that sends a byte now and then keeps every step going.

    FailedAttemptError if it takes longer. The exceptions of the function.
    """
    raised: list[BaseException] = []

    def call() -> None:
        try:
            attempt()
        except BaseException as error:
            raised.append(error)

    thread = Thread(target=copy_context().run, args=(call,), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise FailedAttemptError(f"no answer within {seconds:g} seconds")
    if raised:
        raise raised[0]


def private_refusal(address: str) -> str:
    """Returns the reason why nothing was sent to an IP address that isn't public."""
    return (
        f"{address} is a private address; set CLAUSEWATCH_ALLOW_PRIVATE=1 if webhooks and chats may be in your own "
        "network"
    )
