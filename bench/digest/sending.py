"""Measures how fast digests are sent to a postfix of this machine, beside postfix's own smtp-source.

    python -m bench.digest.sending FOLDER [--messages 2000] [--size 40000] [--connections 1,4,16] [--postgresql URL]

For each number of connections, it sends as many messages of the same size with smtp-source, then those in the outbox of
a new database in the folder. It prints both rates, their ratio, and how many connections were busy on average: for how
long all threads together waited for the mail server, divided by the duration.

Postfix runs with a configuration and a queue of its own in the folder, and throws all messages away after it has queued
them. It must be installed, and only root can start it.
"""

import argparse
import pwd
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import insert, update

from reports import deliver_by_smtp
from storage import Store
from storage.tables.models import OutboxRow

_SENDER = "clausewatch@operator.example"
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.client.example
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = discard:
"""
_MASTER = """
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
discard unix - - n - - discard
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def main() -> None:
    """Prints the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--size", type=int, default=40_000)
    parser.add_argument("--connections", default="1,4,16")
    parser.add_argument("--postgresql", metavar="URL", help="the URL of an empty database, instead of SQLite")
    options = parser.parse_args()
    if options.folder.exists():
        parser.error(f"{options.folder} exists; name a new folder")
    options.folder.mkdir(parents=True)
    url = options.postgresql or f"sqlite:///{options.folder / 'outbox.db'}"
    with Store.open(url) as store, _postfix(options.folder) as port:
        _fill(store, options.messages, options.size)
        for connections in map(int, options.connections.split(",")):
            theirs = _smtp_source(port, connections, options.messages, options.size)
            ours, busy = _clausewatch(store, port, connections)
            print(
                f"{connections} connections: smtp-source {theirs:.0f} a second, clausewatch {ours:.0f} a second, "
                f"ratio {ours / theirs:.2f}, {busy:.1f} connections busy on average",
                flush=True,
            )


def _fill(store: Store, messages: int, size: int) -> None:
    head = b"From: clausewatch@operator.example\r\nSubject: News\r\n\r\n"
    message = head + (b"x" * 76 + b"\r\n") * ((size - len(head)) // 78)
    # A message that belongs to nobody would be deleted when it is sent.
    store.subscriptions.subscribe(_SENDER, (), _NOW)
    (subscriber,) = store.subscriptions.subscribers()
    rows = [
        {
            "subscriber_id": subscriber.id,
            "address": address,
            "mailbox": address,
            "message": message,
            "composed_at": _NOW,
        }
        for address in (f"reader{number}@client.example" for number in range(messages))
    ]
    with store.database.write_session() as session:
        session.execute(insert(OutboxRow), rows)


def _smtp_source(port: int, connections: int, messages: int, size: int) -> float:
    """Returns how many messages smtp-source sends in a second. It sends further messages over the same connections."""
    command: Sequence[str] = ["smtp-source", "-d", "-s", str(connections), "-m", str(messages), "-l", str(size)]
    addresses = ["-f", _SENDER, "-t", "reader@client.example"]
    begin = time.perf_counter()
    subprocess.run([*command, *addresses, f"127.0.0.1:{port}"], check=True)
    return messages / (time.perf_counter() - begin)


def _clausewatch(store: Store, port: int, connections: int) -> tuple[float, float]:
    """Returns how many messages are sent in a second, and how many connections are busy. The messages wait again."""
    waited, lock = [0.0], Lock()
    sendmail = smtplib.SMTP.sendmail

    def timed(self: smtplib.SMTP, *arguments: Any) -> Any:
        begin = time.perf_counter()
        try:
            return sendmail(self, *arguments)
        finally:
            with lock:
                waited[0] += time.perf_counter() - begin

    smtplib.SMTP.sendmail = timed  # type: ignore[method-assign,assignment]
    begin = time.perf_counter()
    sent = deliver_by_smtp(store, f"smtp://127.0.0.1:{port}", _SENDER, _NOW, connections).sent
    seconds = time.perf_counter() - begin
    smtplib.SMTP.sendmail = sendmail  # type: ignore[method-assign]
    with store.database.write_session() as session:
        session.execute(update(OutboxRow).values(sent_at=None, claimed_at=None))
    return sent / seconds, waited[0] / seconds


@contextmanager
def _postfix(folder: Path) -> Iterator[int]:
    """Yields the port of a postfix that throws every message away."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    folder = folder.resolve() / "postfix"
    for name in ("configuration", "queue", "data"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "data", pwd.getpwnam("postfix").pw_uid)
    configuration = folder / "configuration"
    (configuration / "main.cf").write_text(_MAIN.format(folder=folder))
    (configuration / "master.cf").write_text(_MASTER.format(port=port))
    command = ["postfix", "-c", str(configuration)]
    try:
        subprocess.run([*command, "start"], check=True, capture_output=True, timeout=30)
        yield port
    finally:
        subprocess.run([*command, "abort"], check=False, capture_output=True, timeout=30)


if __name__ == "__main__":
    main()
