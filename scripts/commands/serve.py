"""`clausewatch serve`"""

import asyncio
import errno
import logging
import os
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import click

from core.email_addresses import checked_address
from core.exceptions import ClausewatchError, UsageError
from core.limits import Caller
from core.settings import Settings, load_settings
from intake.worker_pool import ClosedPoolError
from reports import deliver_by_smtp
from scripts.digest_delivery import limited_calls
from scripts.options import open_store
from storage import Store
from web import Postman, Room, create_application

_PORT = 8642
# After a signal, answers that are under way may take this long, in seconds; then comparisons are stopped.
_GRACE = 2
# After so many seconds more, answers that are still under way are broken off, for instance to a client that is slow.
_STOPPING = 6
# Requests from these addresses may say whom they are forwarded for, unless uvicorn's own variable names others.
_PROXIES = "127.0.0.1,::1"
_ALL_ADDRESSES = ("0.0.0.0", "::")  # noqa: S104 - names to compare with


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="The port to listen on.")
def command(host: str, port: int) -> None:
    """Show the stored policies in a browser: the reading room.

    Everybody who reaches the address can read everything that is stored, except for what only operators see. The room
    listens on this machine alone, unless --host says otherwise. Crawls may run at the same time. Ctrl-C ends it.
    """
    settings = load_settings()
    with open_store(settings, read_only=True) as store, _listener(host, port) as listener, ExitStack() as workers:
        # The server has handlers of its own. When it has ended, it raises the signal once more for these.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end)
        call = workers.enter_context(limited_calls(settings.limits))
        Thread(target=_start_worker, args=(call,), daemon=True).start()
        room = Room(
            store,
            settings.vendors,
            call,
            settings.public_url,
            lambda: _writable(settings),
            settings.operator_token,
            settings.secret,
            _postman(settings),
        )
        click.echo(f"The reading room is at {_address(listener, settings.public_url)} (Ctrl-C ends it)", err=True)
        if unread := len(store.clause_index.outdated()):
            click.echo(
                f"The search doesn't have the newest texts of {unread} {'policy' if unread == 1 else 'policies'} yet; "
                "`clausewatch reextract` adds them",
                err=True,
            )
        if settings.public_url:
            click.echo(f"Others reach it at {settings.public_url}/, through a proxy", err=True)
        _serve(create_application(room, (host,)), listener, workers.close, is_behind_proxy=bool(settings.public_url))


def _serve(application: Any, listener: socket.socket, stop_work: Callable[[], None], *, is_behind_proxy: bool) -> None:
    """Answers requests until a signal says to end. stop_work: stops comparisons that are under way."""
    import uvicorn  # only this command needs the server

    # An answer that is broken off at the end is no fault: it would be a traceback in the log.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not _is_cancelled(record))

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            loop = asyncio.get_running_loop()
            loop.call_later(_GRACE, lambda: loop.run_in_executor(None, stop_work))
            await super().shutdown(sockets)

    config = uvicorn.Config(
        application,
        log_level="warning",
        server_header=False,
        proxy_headers=is_behind_proxy,
        forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS") or _PROXIES,
        timeout_graceful_shutdown=_GRACE + _STOPPING,
    )
    Server(config).run(sockets=[listener])


def _is_cancelled(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)


def _listener(host: str, port: int) -> socket.socket:
    """Returns a socket that listens. UsageError or ClausewatchError if that is not possible."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise UsageError(f"--host {host}: there is no such address; 127.0.0.1 is this machine alone") from None
    try:
        return socket.create_server(address[:2], family=family, backlog=256)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                raise ClausewatchError(f"port {port} is in use: choose another, as in --port {port + 1}") from None
            case errno.EADDRNOTAVAIL:
                raise UsageError(f"--host {host}: this machine does not have that address") from None
            case errno.EACCES:
                raise UsageError(f"--port {port}: only root may listen on it; choose a port from 1024 on") from None
        raise ClausewatchError(f"can't listen on {host}, port {port}: {error.strerror}") from None


def _address(listener: socket.socket, public_url: str) -> str:
    """Returns the address at which a browser on this machine finds the room."""
    host, port = listener.getsockname()[:2]
    if host in _ALL_ADDRESSES:
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{urlsplit(public_url).path}/"


def _start_worker(call: Caller) -> None:
    """Starts the process that compares texts. Otherwise, the first reader who compares two would wait for its start."""
    with suppress(ClosedPoolError, ClausewatchError):  # the command has ended; or the reader's comparison says why
        call(_nothing)


def _nothing() -> None:
    return None


def _end(number: int, frame: object) -> None:
    raise SystemExit(0)


def _postman(settings: Settings) -> Postman | None:
    """Returns what sends the e-mails that ask to confirm; None if their links would lead nowhere, or without a sender.

    What the postman can't send, the next `clausewatch run` does.
    """
    try:
        sender = checked_address(settings.mail_from)
    except UsageError:  # what the machine says of itself is no address
        return None

    def deliver(address: str) -> bool:
        with open_store(settings) as store:
            deliver_by_smtp(store, settings.smtp_url, sender, datetime.now(UTC), only=address)
            return not store.outbox.waits(address)

    return Postman(sender, deliver) if settings.public_url else None


def _writable(settings: Settings) -> Store:
    return open_store(settings)
