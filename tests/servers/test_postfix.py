"""Digests go the whole way through a postfix of this machine: into a mailbox, or back with a reason.

A digest comes back at once, or later, as a notification that postfix hands to `clausewatch bounce`.
"""

import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from core.settings import CHECKOUT
from reports import Sending, compose, deliver_by_smtp
from storage import Store
from tests.reports.digest_examples import ADVERTISERS, COURTS, VENDORS, keep_confirmed, parsed_email, plain, subscribe
from tests.servers.mail_server import LoopbackServer, Mailbox
from tests.stored_captures import BEGIN
from tests.stored_digests import waiting_messages

SENDER = "clausewatch@operator.example"
NOW = BEGIN + timedelta(days=3)
# One address at client.example is known to the server. It refuses the others there while the client waits, as a
# company's server does. What goes elsewhere, it accepts and passes on. What comes back for SENDER goes to a script.
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
transport_maps = inline:{{
    {{ refuses.example = smtp:[127.0.0.1]:{next_port} }}, {{ closed.example = smtp:[127.0.0.1]:1 }},
    {{ operator.example = bounces: }} }}
maximal_queue_lifetime = {lifetime}
bounces_destination_concurrency_limit = 1
"""
# It stands for `clausewatch bounce`, which the user that postfix runs it as may not be allowed to read. It exits as the
# test says that the command did.
SCRIPT = """
cat > {folder}/message.part
mv {folder}/message.part {folder}/message
while [ ! -e {folder}/status ]; do sleep 0.1; done
status=$(cat {folder}/status)
rm {folder}/status
exit $status
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
smtp unix - - n - - smtp
bounces unix - n n - - pipe user=nobody argv=/bin/sh {script}
postlog unix-dgram n - n - 1 postlogd
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass(frozen=True)
class Postfix:
    """A running postfix. port: its port. reader: the mailbox of reader@client.example. bounces: see SCRIPT."""

    port: int
    configuration: Path
    reader: Path
    bounces: Path
    log: Path

    def handle_bounce(self, database_url: str) -> subprocess.CompletedProcess[str]:
        """Runs `clausewatch bounce` on the next message that came back, and passes its exit status on to postfix."""
        wait_for(lambda: (self.bounces / "message").exists(), self.log)
        with (self.bounces / "message").open("rb") as stream:
            done = subprocess.run(
                [sys.executable, "-m", "scripts.main", "bounce"],
                stdin=stream,
                capture_output=True,
                text=True,
                timeout=60,
                cwd=CHECKOUT,
                env={"PATH": os.defpath, "CLAUSEWATCH_DATABASE_URL": database_url},
            )
        (self.bounces / "message").unlink()
        (self.bounces / "status.part").write_text(str(done.returncode))
        (self.bounces / "status.part").rename(self.bounces / "status")
        return done


@pytest.fixture
def postfix(request: pytest.FixtureRequest) -> Iterator[Postfix]:
    """Yields a postfix with a configuration and a queue of its own. The server of refuses.example refuses everything.

    The parameter says how long a message is kept that can't be delivered; with 0, there is one attempt.
    """
    if shutil.which("postfix") is None or os.geteuid() != 0:
        pytest.skip("postfix is not installed, or can't be started by this user: only root can")
    # The folder of the tests is closed to other users, and postfix delivers as another user.
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    port = free_port()
    for name, user in (
        ("configuration", "root"),
        ("queue", "root"),
        ("data", "postfix"),
        ("mail", "postfix"),
        ("bounces", "nobody"),
    ):
        (folder / name).mkdir()
        shutil.chown(folder / name, user)
    script = folder / "bounces" / "script"
    script.write_text(SCRIPT.format(folder=folder / "bounces"))
    configuration = folder / "configuration"
    next_mailbox = Mailbox()
    next_mailbox.answers_recipient = "550 5.1.1 no such user here"
    next_server = LoopbackServer(next_mailbox)
    (configuration / "main.cf").write_text(
        MAIN.format(
            folder=folder,
            uid=pwd.getpwnam("postfix").pw_uid,
            next_port=next_server.port,
            lifetime=getattr(request, "param", "5d"),
        )
    )
    (configuration / "master.cf").write_text(MASTER.format(port=port, script=script))
    command = ["postfix", "-c", str(configuration)]
    try:
        started = subprocess.run([*command, "start"], capture_output=True, text=True, timeout=30)
        assert started.returncode == 0, started.stderr
        yield Postfix(port, configuration, folder / "mail" / "reader", folder / "bounces", folder / "log")
    finally:
        subprocess.run([*command, "abort"], capture_output=True, timeout=30)
        next_server.stop()
        shutil.rmtree(folder)


def wait_for(is_there: Callable[[], object], log: Path) -> None:
    for _ in range(200):
        if is_there():
            return
        time.sleep(0.1)
    pytest.fail(log.read_text())


def delivered(postfix: Postfix) -> list[bytes]:
    """Returns the messages in the reader's mailbox, as soon as there is one."""
    folders = [postfix.reader / name for name in ("new", "cur")]  # postfix makes one after the other
    wait_for(lambda: all(folder.exists() for folder in folders) and mailbox.Maildir(postfix.reader).keys(), postfix.log)
    messages = mailbox.Maildir(postfix.reader)
    return [messages.get_bytes(key) for key in messages.keys()]  # noqa: SIM118 - it is no dict


def test_postfix_delivers_a_digest_and_refuses_an_unknown_reader(tmp_path: Path, postfix: Postfix) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        keep_confirmed(store, COURTS, 0)
        for address in ("nobody@client.example", "reader@client.example"):
            subscribe(store, 1, address=address)
        keep_confirmed(store, ADVERTISERS, 2)
        assert compose(store, VENDORS, NOW, SENDER) == 2
        composed = {message.address: message.message for message in waiting_messages(store)}

        sending = deliver_by_smtp(store, f"smtp://127.0.0.1:{postfix.port}", SENDER, NOW)
        assert sending.sent == 1
        (trouble,) = sending.troubles
        assert (trouble.address, trouble.is_refused) == ("nobody@client.example", True)
        assert trouble.reason.startswith("550 5.1.1 <nobody@client.example>: Recipient address rejected: User unknown")
        # The address is parked: the operator is told of it, and the server isn't asked again.
        assert [parked.address for parked in store.outbox.troubles()] == ["nobody@client.example"]
        assert deliver_by_smtp(store, f"smtp://127.0.0.1:{postfix.port}", SENDER, NOW).sent == 0

        (message,) = map(parsed_email, delivered(postfix))
        assert message["Return-Path"] == f"<{SENDER}>"
        sent = parsed_email(composed["reader@client.example"])
        assert plain(message) == plain(sent)
        assert all(message[name] == value for name, value in sent.items())


def send(store: Store, address: str, postfix: Postfix) -> None:
    """Sends a digest to an address, which postfix accepts."""
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1, address=address)
    keep_confirmed(store, ADVERTISERS, 2)
    compose(store, VENDORS, NOW, SENDER)
    assert deliver_by_smtp(store, f"smtp://127.0.0.1:{postfix.port}", SENDER, NOW) == Sending(1, ())


def test_an_address_is_refused_if_its_digest_comes_back_later(tmp_path: Path, postfix: Postfix) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store.open(url) as store:
        send(store, "gone@refuses.example", postfix)
        # As long as the database can't be reached, postfix keeps the notification.
        unreachable = postfix.handle_bounce("sqlite:////dev/null/store.db")
        assert (unreachable.returncode, "can't be created" in unreachable.stderr) == (75, True)
        wait_for(lambda: "status=deferred (temporary failure" in postfix.log.read_text(), postfix.log)
        subprocess.run(["postqueue", "-c", postfix.configuration, "-f"], check=True, timeout=30)
        handled = postfix.handle_bounce(url)
        assert handled.returncode == 0, handled.stderr
        assert handled.stderr.startswith("refused: gone@refuses.example gets no more digests since")
        (trouble,) = store.outbox.troubles()
        assert (trouble.address, trouble.is_refused) == ("gone@refuses.example", True)
        assert trouble.reason.startswith("came back: 550 5.1.1 no such user here")
        assert [message.address for message in waiting_messages(store)] == ["gone@refuses.example"]
        wait_for(lambda: "status=sent (delivered via bounces service" in postfix.log.read_text(), postfix.log)


@pytest.mark.parametrize("postfix", ["0"], indirect=True)
def test_a_digest_is_sent_again_if_postfix_gave_up_trying(tmp_path: Path, postfix: Postfix) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Store.open(url) as store:
        send(store, "away@closed.example", postfix)
        handled = postfix.handle_bounce(url)
        assert handled.returncode == 0, handled.stderr
        (trouble,) = store.outbox.troubles()
        assert (trouble.address, trouble.is_refused) == ("away@closed.example", False)
        assert trouble.reason.startswith("came back: connect to 127.0.0.1")
        assert [message.address for message in waiting_messages(store)] == ["away@closed.example"]
