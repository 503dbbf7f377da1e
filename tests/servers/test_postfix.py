"""Digests go the whole way through a postfix of this machine: into a mailbox, or back with a reason."""

import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reports import compose, deliver_by_smtp
from storage import Store
from tests.reports.digest_examples import ADVERTISERS, COURTS, VENDORS, keep_confirmed, parsed_email, plain, subscribe
from tests.stored_captures import BEGIN
from tests.stored_digests import waiting_messages

SENDER = "clausewatch@operator.example"
NOW = BEGIN + timedelta(days=3)
# One address is known to the server. It refuses the others while the client waits, as a company's server does.
MAIN = """
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
virtual_mailbox_domains = client.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ reader@client.example=reader/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_minimum_uid = 1
"""
MASTER = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def postfix() -> Iterator[tuple[int, Path]]:
    """Yields the port of a postfix with a configuration and a queue of its own, and the mailbox of its reader."""
    if shutil.which("postfix") is None or os.geteuid() != 0:
        pytest.skip("postfix is not installed, or can't be started by this user: only root can")
    # The folder of the tests is closed to other users, and postfix delivers as another user.
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    owner = pwd.getpwnam("postfix")
    port = free_port()
    for name in ("configuration", "queue", "data", "mail"):
        (folder / name).mkdir(parents=True)
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    configuration = folder / "configuration"
    (configuration / "main.cf").write_text(MAIN.format(folder=folder, uid=owner.pw_uid))
    (configuration / "master.cf").write_text(MASTER.format(port=port))
    command = ["postfix", "-c", str(configuration)]
    try:
        started = subprocess.run([*command, "start"], capture_output=True, text=True, timeout=30)
        assert started.returncode == 0, started.stderr
        yield port, folder / "mail" / "reader"
    finally:
        subprocess.run([*command, "abort"], capture_output=True, timeout=30)
        shutil.rmtree(folder)


def delivered(folder: Path) -> list[bytes]:
    """Returns the messages in a mailbox, as soon as there is one."""
    for _ in range(100):
        if folder.exists() and (keys := mailbox.Maildir(folder).keys()):
            return [mailbox.Maildir(folder).get_bytes(key) for key in keys]
        time.sleep(0.1)
    pytest.fail("nothing was delivered")


def test_postfix_delivers_a_digest_and_refuses_an_unknown_reader(tmp_path: Path, postfix: tuple[int, Path]) -> None:
    port, reader_mailbox = postfix
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        keep_confirmed(store, COURTS, 0)
        for address in ("nobody@client.example", "reader@client.example"):
            subscribe(store, 1, address=address)
        keep_confirmed(store, ADVERTISERS, 2)
        assert compose(store, VENDORS, NOW, SENDER) == 2
        composed = {message.address: message.message for message in waiting_messages(store)}

        sending = deliver_by_smtp(store, f"smtp://127.0.0.1:{port}", SENDER, NOW)
        assert sending.sent == 1
        (trouble,) = sending.troubles
        assert (trouble.address, trouble.is_refused) == ("nobody@client.example", True)
        assert trouble.reason.startswith("550 5.1.1 <nobody@client.example>: Recipient address rejected: User unknown")
        # The address is parked: the operator is told of it, and the server isn't asked again.
        assert [parked.address for parked in store.outbox.troubles()] == ["nobody@client.example"]
        assert deliver_by_smtp(store, f"smtp://127.0.0.1:{port}", SENDER, NOW).sent == 0

        (message,) = map(parsed_email, delivered(reader_mailbox))
        assert message["Return-Path"] == f"<{SENDER}>"
        sent = parsed_email(composed["reader@client.example"])
        assert plain(message) == plain(sent)
        assert all(message[name] == value for name, value in sent.items())
