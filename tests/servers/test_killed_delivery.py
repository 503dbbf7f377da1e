"""A process that composes and sends digests is killed between every two steps, and the next one does what is left.

Nobody misses a digest. A digest is sent twice if and only if the process was killed after the mail server had got it,
and before the database had noted so.
"""

import asyncio
import base64
import os
import shutil
import signal
import socket
import ssl
import threading
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from reports import compose, deliver_by_smtp
from storage import Store
from storage.tables.models import OutboxRow
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    SENDER,
    VENDORS,
    keep_confirmed,
    subscribe,
)
from tests.servers.certificates import self_signed_server
from tests.stored_captures import BEGIN

NOW = BEGIN + timedelta(days=6)
READERS = [f"reader{number}@client.example" for number in range(2)]


@dataclass
class Outcome:
    """What a mail server has seen of a client. steps: the steps of the protocol. accepted: the messages.

    changes: how often the client has changed the database or committed, if it was not killed.
    """

    status: int = 0
    steps: list[str] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    changes: int = 0


class SteppedServer:
    """A mail server with STARTTLS and AUTH that kills its client at a step of the protocol.

    pid: the client's process. kill_at: the number of the step, from 1; 0 for none.
    """

    def __init__(self, tls: ssl.SSLContext, pid: int, kill_at: int) -> None:
        self._tls = tls
        self._pid = pid
        self._kill_at = kill_at
        self._connections: list[asyncio.Task[None]] = []
        self.outcome = Outcome()

    async def serve(self, listener: socket.socket) -> Outcome:
        """Serves the client until it has ended, and reads what it has sent before."""
        server = await asyncio.start_server(self._talk, sock=listener, limit=1 << 20)
        ended = asyncio.Event()
        handle = os.pidfd_open(self._pid)
        asyncio.get_running_loop().add_reader(handle, ended.set)
        await ended.wait()
        asyncio.get_running_loop().remove_reader(handle)
        os.close(handle)
        server.close()
        await asyncio.gather(*self._connections)
        self.outcome.status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self.outcome

    async def _step(self, name: str) -> None:
        self.outcome.steps.append(name)
        if len(self.outcome.steps) == self._kill_at:
            os.kill(self._pid, signal.SIGKILL)
        if 0 < self._kill_at <= len(self.outcome.steps):
            raise ConnectionAbortedError

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.append(task)
        with suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            await self._step("connected")
            await self._answer(writer, "220 ready", "banner")
            while line := await reader.readline():
                command = line.split()[0].decode().upper()
                await self._step(f"{command} received")
                if command == "EHLO":
                    is_encrypted = writer.get_extra_info("sslcontext") is not None
                    offer = "AUTH PLAIN" if is_encrypted else "STARTTLS"
                    await self._answer(writer, f"250-mail.client.example\r\n250 {offer}", command)
                elif command == "STARTTLS":
                    await self._answer(writer, "220 go ahead", command)
                    await writer.start_tls(self._tls)
                    await self._step("TLS begun")
                elif command == "AUTH":
                    assert base64.b64decode(line.split()[2]) == b"\0user\0password"
                    await self._answer(writer, "235 welcome", command)
                elif command == "DATA":
                    await self._answer(writer, "354 go ahead", command)
                    content = await reader.readuntil(b"\r\n\r\n")
                    await self._step("headers received")
                    content += await reader.readuntil(b"\r\n.\r\n")
                    self.outcome.accepted.append(content)
                    await self._step("message received")
                    await self._answer(writer, "250 queued", "message")
                else:
                    await self._answer(writer, "221 bye" if command == "QUIT" else "250 OK", command)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, answer: str, name: str) -> None:
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        await self._step(f"{name} answered")


def count_changes(kill_at: int) -> list[str]:
    """Returns a list to which each change of the database, and each commit, of this process is added before it happens.

    kill_at: the number of the change before which the process kills itself; 0 for none.
    """
    changes: list[str] = []
    lock = threading.Lock()

    def note(change: str) -> None:
        with lock:
            changes.append(change)
            if len(changes) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def note_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            note(statement)

    event.listen(Engine, "before_cursor_execute", note_statement)
    event.listen(Engine, "commit", lambda _connection: note("COMMIT"))
    return changes


class World:
    """A database with two changed policies and two subscribers, of which each process gets a copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tls = self_signed_server(folder / "server.pem")
        with Store.open(self._url("template")) as store:
            keep_confirmed(store, COURTS, 0)
            keep_confirmed(store, COURTS, 0, "otter")
            for address in READERS:
                subscribe(store, 1, address=address)
            keep_confirmed(store, ADVERTISERS, 2)
            # The digests of one day wait already.
            compose(store, VENDORS, BEGIN + timedelta(days=3), SENDER)
            keep_confirmed(store, INSURERS, 4)
            keep_confirmed(store, ADVERTISERS, 4, "otter")

    def _url(self, name: str) -> str:
        return f"sqlite:///{self._folder / f'{name}.db'}"

    def copy(self) -> str:
        """Returns the address of a new copy of the database."""
        for path in self._folder.glob("copy.db*"):
            path.unlink()
        shutil.copy(self._folder / "template.db", self._folder / "copy.db")
        return self._url("copy")

    def run(self, url: str, connections: int, *, kill_at_step: int = 0, kill_at_change: int = 0) -> Outcome:
        """Composes and sends digests in a process of its own."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            counted, counter = os.pipe()
            if (pid := os.fork()) == 0:
                self._send(url, listener.getsockname()[1], connections, kill_at_change, counter)
            os.close(counter)
            outcome = asyncio.run(SteppedServer(self._tls, pid, kill_at_step).serve(listener))
            with os.fdopen(counted) as stream:
                outcome.changes = int(stream.read() or 0)
            return outcome

    def _send(self, url: str, port: int, connections: int, kill_at: int, counter: int) -> None:
        try:
            os.environ["SSL_CERT_FILE"] = str(self._folder / "server.pem")
            changes = count_changes(kill_at)
            with Store.open(url) as store:
                compose(store, VENDORS, NOW, SENDER)
                deliver_by_smtp(store, f"smtp://user:password@127.0.0.1:{port}", SENDER, NOW, connections)
            os.write(counter, b"%d" % len(changes))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def check(self, url: str, connections: int, killed: Outcome, expected: set[str]) -> None:
        """Runs the next process after one was killed or has ended, and checks what has arrived."""
        assert killed.status in (-signal.SIGKILL, 0)
        with Store.open(url) as store, store.database.write_session() as session:
            rows = session.scalars(select(OutboxRow)).all()
            unnoted = {message_id(row.message) for row in rows if row.sent_at is None}
            for row in rows:
                if row.claimed_at is not None:
                    row.claimed_at -= timedelta(minutes=16)
        sent_twice = unnoted & set(map(message_id, killed.accepted))
        finished = self.run(url, connections)
        assert finished.status == 0
        arrived = Counter(map(message_id, [*killed.accepted, *finished.accepted]))
        assert arrived == {number: 2 if number in sent_twice else 1 for number in expected}
        # Both are the same message, but for the header by which a message that comes back is recognized.
        for number in sent_twice:
            same = {
                message.split(b"\r\n", 1)[1]
                for message in (*killed.accepted, *finished.accepted)
                if message_id(message) == number
            }
            assert len(same) == 1
        with Store.open(url) as store:
            assert store.outbox.counts().waiting == 0


def message_id(message: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(message)["Message-ID"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize(("connections", "every", "kills"), [(1, 1, 100), (2, 4, 20)])
def test_nobody_misses_a_digest_whenever_the_process_is_killed(
    world: World, connections: int, every: int, kills: int
) -> None:
    """Over one connection, the process is killed at each of more than a hundred steps.

    kills: how many kills there must be at least. Depending on which thread is first, a process may need fewer steps
    than the first one that was watched, and end by itself.
    """
    whole = world.run(world.copy(), connections)
    assert whole.status == 0
    expected = set(map(message_id, whole.accepted))
    assert len(whole.accepted) == len(expected) == 2 * len(READERS)
    steps = [(number, 0) for number in range(1, len(whole.steps) + 1)]
    changes = [(0, number) for number in range(1, whole.changes + 1)]
    killed_by = Counter[int]()
    for step, change in (steps + changes)[::every]:
        url = world.copy()
        killed = world.run(url, connections, kill_at_step=step, kill_at_change=change)
        killed_by[killed.status] += 1
        world.check(url, connections, killed, expected)
    assert killed_by[-signal.SIGKILL] >= kills
