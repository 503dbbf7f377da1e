"""Makes sure that what sends to an address connects to public IP addresses only, whatever opens the connections.

The host of a webhook or chat may resolve to an address of this machine or of its network, its name server may answer
differently from one query to the next, and a chat's service may redirect. So the IP address is checked at the moment of
connecting: Python tells an audit hook (PEP 578) of every connection before it is made, and the hook can refuse it.
"""

import socket
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from core.private_addresses import is_public


@dataclass(frozen=True)
class _Guard:
    """exempt: IP addresses that may be connected to though they aren't public. refused: those that were refused."""

    exempt: Collection[str]
    refused: list[str] = field(default_factory=list)


_guard: ContextVar[_Guard | None] = ContextVar("guard", default=None)
_lock = Lock()
_is_installed = False


@contextmanager
def guarded_connections(allow_private: bool, exempt: Collection[str] = ()) -> Iterator[list[str]]:
    """Makes connections to IP addresses that aren't public fail in the block, with PermissionError.

    Yields a list, to which each refused IP address is added. Holds for the present thread, and for what takes over its
    context. allow_private: whether all connections are allowed. exempt: IP addresses that are allowed in any case.
    """
    if allow_private:
        yield []
        return
    _install()
    guard = _Guard(exempt)
    token = _guard.set(guard)
    try:
        yield guard.refused
    finally:
        _guard.reset(token)


def _install() -> None:
    """Installs the hook. It can't be removed; outside of `guarded_connections`, it does nothing."""
    global _is_installed
    with _lock:
        if not _is_installed:
            sys.addaudithook(_check)
            _is_installed = True


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket.") or event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    guard = _guard.get()
    connection, target = arguments[0], arguments[-1]
    if guard is None or target is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = target[0]
    if host not in guard.exempt and not _is_public(host):
        guard.refused.append(host)
        raise PermissionError(f"{host} is a private address")


def _is_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:  # a name, which the system would resolve after this check
        return False
