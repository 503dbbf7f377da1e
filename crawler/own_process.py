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
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class ProcessInterrupt(KeyboardInterrupt):
    """This process was interrupted while it waited for a new process, which has ended since.

    result: the function's result; None if there is no result.
    """

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def in_own_process(function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
    """Calls a function in a new process, and returns the function's result.

    If the function raises a ClausewatchError, the same error is raised here. A ClausewatchError is also raised if the
    new process dies.

    If this process is interrupted, the new process receives SIGTERM, so that it ends in order. ProcessInterrupt is
    raised after it has ended. If this process dies, the new process receives SIGTERM, too.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments, keywords))
    # Ctrl-C sends SIGINT to the new process, too, which can't handle the signal while it starts. So the signals are
    # blocked at first. The new process unblocks them as soon as `_answer` can handle KeyboardInterrupt.
    signals_blocked_before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        process.start()
        sender.close()
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, signals_blocked_before)
            answer, was_interrupted = _received(receiver), False
        except KeyboardInterrupt:
            process.terminate()
            answer, was_interrupted = _received(receiver), True
        process.join()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, signals_blocked_before)
        receiver.close()
    if was_interrupted:
        raise ProcessInterrupt(answer[1] if answer and not answer[0] else None)
    if answer is None:
        raise ClausewatchError(
            f"the crawl's process {_end(process.exitcode)}. The captures stored so far are kept. Check that the "
            "machine "
            "has free memory, and run the command again"
        )
    is_error, result = answer
    if is_error:
        raise result
    return result  # type: ignore[no-any-return]  # a pipe's content has no type


def _end(exit_code: int | None) -> str:
    """Returns how a process ended, in words. exit_code: negative if a signal has ended the process."""
    if exit_code is not None and exit_code < 0:
        return f"was killed (signal {-exit_code})"
    return f"ended early, with exit status {exit_code}"


def _received(receiver: Connection) -> tuple[bool, Any] | None:
    """Waits for the answer of `_answer`. None if the process ends without an answer."""
    try:
        answer: tuple[bool, Any] = receiver.recv()
    except EOFError:
        return None
    return answer


def _answer(
    sender: Connection, function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> None:
    """Calls the function. Sends whether the function has raised a ClausewatchError, and the error or the result."""
    try:
        Thread(target=_end_with_parent, daemon=True).start()
        for number in _SIGNALS:
            signal.signal(number, _interrupt_once)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        answer = False, function(*arguments, **keywords)
    except ClausewatchError as error:
        answer = True, error
    except KeyboardInterrupt:  # raised if a signal arrives before the crawl has installed its signal handlers
        return
    try:
        sender.send(answer)
    except BrokenPipeError:  # the process that waits for the answer has died
        return


def _interrupt_once(*_: Any) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)  # the crawl then stores the fetched captures and stops
