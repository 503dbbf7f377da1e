"""A mail server on the loopback address. Tests say which messages it refuses, and read those that it has accepted."""

import asyncio
import ssl
import threading
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """A handler for the SMTP server. Accepts every message, unless the fields say otherwise.

    accepted: sender, recipients and content of each message, without the header that is different each time it is sent.
    refuses_recipient, refuses_content, closes_before: addresses that are refused for good, that are asked to come back
        later, and before whose messages the server closes the connection.
    answers_sender, answers_recipient: what the server answers to every sender, and to every recipient, if not ''.
    messages_per_connection: the number of messages after which the server closes the connection.
    most_connections: the number of connections that the server accepts at the same time.
    waits_for_busy: the server answers a message when so many messages have arrived, or after some time.
    peers: the connections that have sent something. most_busy: how many messages arrived at the same time at most.
    """

    def __init__(self) -> None:
        self.accepted: list[tuple[str, list[str], bytes]] = []
        self.encrypted: list[bool] = []
        self.refuses_recipient: set[str] = set()
        self.refuses_content: set[str] = set()
        self.closes_before: set[str] = set()
        self.answers_sender = ""
        self.answers_recipient = ""
        self.messages_per_connection = 0
        self.most_connections = 0
        self.waits_for_busy = 0
        self.most_busy = 0
        self.peers: dict[object, int] = {}
        self._connections: list[SMTP] = []
        self._busy = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, _: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        self._connections = [each for each in self._connections if each.transport is not None]
        self._connections.append(server)
        if self.most_connections and len(self._connections) > self.most_connections:
            return ["421 4.7.0 too many connections"]
        return answers

    async def handle_MAIL(self, _: SMTP, session: Session, envelope: Envelope, address: str, __: list[str]) -> str:
        if self.messages_per_connection and self.peers.get(session.peer, 0) >= self.messages_per_connection:
            return "421 4.7.0 too many messages"
        envelope.mail_from = address
        return self.answers_sender or "250 OK"

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        if address in self.closes_before:
            return "421 4.3.2 closing"
        if self.answers_recipient:
            return self.answers_recipient
        if address in self.refuses_recipient:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        if set(envelope.rcpt_tos) & self.refuses_content:
            return "451 4.7.1 greylisted, come back later"
        assert isinstance(envelope.content, bytes)
        self.peers[session.peer] = self.peers.get(session.peer, 0) + 1
        self._busy += 1
        self.most_busy = max(self.most_busy, self._busy)
        for __ in range(100):
            if self.most_busy >= self.waits_for_busy:
                break
            await asyncio.sleep(0.02)
        self._busy -= 1
        header, content = envelope.content.split(b"\r\n", 1)
        assert header.startswith(b"Clausewatch-Message: ")
        self.accepted.append((envelope.mail_from or "", list(envelope.rcpt_tos), content))
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
