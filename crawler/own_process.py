"""A function called in a process of its own: Twisted's reactor can be started once in a process's life, not again."""

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
    """What the function returns; a ClausewatchError it raises is raised here.

    The process ends, with what it was doing brought to order, when this one dies. ClausewatchError when it dies first.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments, keywords))
    # The new process inherits this: Ctrl-C reaches it, too, and is to wait there until it can be obeyed in order.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
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
            f"the crawl's process ended early, with status {process.exitcode}; what was stored before stays: run this "
            "again, and see that the machine has memory left"
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
    except KeyboardInterrupt:  # before the crawl began to listen to it
        return
    try:
        sender.send(answer)
    except BrokenPipeError:  # nobody is there any more
        return


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)  # Scrapy stores what has come in, and stops
