"""Runs a function in a new process. A crawl needs a new process, because Twisted's reactor can start only once."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from core.exceptions import ClausewatchError

_P = ParamSpec("_P")
_T = TypeVar("_T")


def in_own_process(function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
    """Calls a function in a new process, and returns the function's result.

    If the function raises a ClausewatchError, the same error is raised here. A ClausewatchError is also raised if the
    new process dies.

    If this process dies, the new process receives SIGTERM. Scrapy then stores the fetched captures and stops.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments, keywords))
    # Ctrl-C sends SIGINT to the new process, too, which can't handle the signal while it starts. So the signal is
    # blocked at first. The new process unblocks the signal as soon as `_answer` can handle KeyboardInterrupt.
    signals_blocked_before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, signals_blocked_before)
    sender.close()
    try:
        answer = receiver.recv()
    except EOFError:
        answer = None
    finally:
        process.join()
        receiver.close()
    if answer is None:
        raise ClausewatchError(
            f"the crawl's process ended early, with status {process.exitcode}. The captures stored so far are kept. "
            "Check that the machine has free memory, and run the command again"
        )
    is_error, result = answer
    if is_error:
        raise result
    return result  # type: ignore[no-any-return]  # a pipe's content has no type


def _answer(
    sender: Connection, function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> None:
    try:
        Thread(target=_end_with_parent, daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        answer = False, function(*arguments, **keywords)
    except ClausewatchError as error:
        answer = True, error
    except KeyboardInterrupt:  # raised if SIGINT arrives before Scrapy has installed its signal handler
        return
    try:
        sender.send(answer)
    except BrokenPipeError:  # the process that waits for the answer has died
        return


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)  # Scrapy then stores the fetched captures and stops
