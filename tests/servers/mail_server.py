"""A mail server on the loopback address. Tests say which messages it refuses, and read those that it has accepted."""

import asyncio
import ssl
import threading
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """A handler for the SMTP server. Accepts every message, except messages to the addresses in the two sets."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, list[str], bytes]] = []
        self.encrypted: list[bool] = []
        self.refuses_recipient: set[str] = set()
        self.refuses_content: set[str] = set()
        self.closes_before: set[str] = set()

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        if address in self.closes_before:
            return "421 4.3.2 closing"
        if address in self.refuses_recipient:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        if set(envelope.rcpt_tos) & self.refuses_content:
            return "451 4.7.1 greylisted, come back later"
        assert isinstance(envelope.content, bytes)
        self.accepted.append((envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


class LoopbackServer:
    """An SMTP server that runs in a thread, on a free port of the loopback address.

    aiosmtpd's own Controller (1.4) is not used, because it does not report which port the system has chosen.
    """

    def __init__(self, mailbox: Mailbox, ssl_context: ssl.SSLContext | None = None, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(mailbox, loop=self._loop, **options), "127.0.0.1", 0, ssl=ssl_context)
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(self._server.wait_closed())
        self._loop.close()
