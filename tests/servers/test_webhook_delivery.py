"""Delivery of digests to webhooks on a loopback socket, beside a mail server."""

import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

import reports.webhooks
from core.exceptions import DeliveryError
from core.recipients import shown_address
from core.settings import CHECKOUT
from core.webhook_signatures import webhook_secret
from reports import Sending, compose_for_operators, deliver, deliver_to_directory
from storage import Store
from tests.servers.mail_server import LoopbackServer, Mailbox
from tests.servers.raw_server import free_port, raw_server
from tests.servers.web_receiver import Answer, Receiver, web_receiver
from tests.stored_captures import BEGIN
from tests.stored_digests import enqueue as put_into_outbox
from tests.stored_digests import waiting_messages

SENDER = "clausewatch@operator.example"
SECRET = "a secret of this installation"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
# Nobody listens there.
NO_MAIL = f"smtp://127.0.0.1:{free_port()}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with web_receiver() as running:
        yield running


def enqueue(store: Store, *addresses: str) -> None:
    for address in addresses:
        if store.subscriptions.subscriber(address) is None:
            store.subscriptions.subscribe(address, (), BEGIN)
        subscriber = store.subscriptions.subscriber(address)
        assert subscriber is not None
        number = len(waiting_messages(store))
        message = b'{"id":"msg_%d","type":"digest"}' % number if "://" in address else b"Subject: x\r\n\r\nHello\r\n"
        put_into_outbox(store, subscriber.id, message, {}, BEGIN)


def waiting(store: Store) -> list[str]:
    return [message.address for message in waiting_messages(store)]


def sent(store: Store, now: datetime = NOW, smtp_url: str = NO_MAIL, *, allow_private: bool = True) -> Sending:
    return deliver(store, smtp_url, SENDER, now, secret=SECRET, allow_private=allow_private)


def reasons(sending: Sending) -> list[tuple[str, bool, str]]:
    return [(trouble.address, trouble.is_refused, trouble.reason) for trouble in sending.troubles]


def test_a_webhook_gets_its_digest_once_and_can_check_the_signature(store: Store, receiver: Receiver) -> None:
    enqueue(store, f"{receiver.url}/hook?key=1")
    assert sent(store) == Sending(1, ())
    assert sent(store) == Sending(0, ())
    (request,) = receiver.received
    assert request.path == "/hook?key=1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == "msg_0"
    receiver_side = Webhook(webhook_secret(SECRET, f"{receiver.url}/hook?key=1"))
    assert receiver_side.verify(request.body.decode(), dict(request.headers)) == {"id": "msg_0", "type": "digest"}
    with pytest.raises(WebhookVerificationError):
        receiver_side.verify(request.body.decode() + " ", dict(request.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook_secret(SECRET, f"{receiver.url}/hook?key=2")).verify(request.body, dict(request.headers))


def test_after_a_lost_answer_the_same_digest_comes_again_with_the_same_id(store: Store, receiver: Receiver) -> None:
    receiver.answers["/hook"] = [Answer(None)]
    enqueue(store, f"{receiver.url}/hook")
    ((_, is_refused, reason),) = reasons(sent(store))
    assert not is_refused
    assert reason.startswith("the connection broke before the answer")
    assert sent(store, NOW + timedelta(minutes=5)).sent == 1
    first, second = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


def test_the_waits_after_errors_grow_until_the_address_is_refused(store: Store, receiver: Receiver) -> None:
    receiver.answers["/bad"] = [Answer(500, {"Content-Type": "text/plain"}, b"database\nis down")] * 20
    enqueue(store, f"{receiver.url}/bad")
    now, waits = NOW, list[timedelta]()
    for _ in range(20):
        enqueue(store, f"{receiver.url}/good")  # the network is in order, so the address is at fault
        (trouble,) = sent(store, now).troubles
        assert trouble.reason == "500 Internal Server Error: database is down"
        if trouble.retry_at is None:
            break
        assert sent(store, trouble.retry_at - timedelta(seconds=1)) == Sending(0, ())
        waits.append(trouble.retry_at - now)
        now = trouble.retry_at
    assert trouble.is_refused
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=5)
    assert now - NOW >= timedelta(days=5)
    assert waiting(store) == [f"{receiver.url}/bad"]


def test_410_parks_the_webhook_and_tells_the_operator_without_its_password(store: Store, receiver: Receiver) -> None:
    address = f"{receiver.url}/hook/s3cret-token"
    receiver.answers["/hook/s3cret-token"] = [Answer(410)]
    enqueue(store, address, address)
    assert reasons(sent(store)) == [(address, True, "410 Gone")]
    assert sent(store, NOW + timedelta(days=30)) == Sending(0, ())
    assert len(receiver.received) == 1
    assert compose_for_operators(store, ["operator@clausewatch.example"], [], [], NOW, SENDER) == 1
    mail = waiting_messages(store)[-1].message.decode().replace("=\r\n", "")
    assert f"refused: {shown_address(address)} gets no more digests" in mail
    assert "s3cret-token" not in mail
    store.subscriptions.subscribe(address, (), BEGIN)
    with pytest.raises(DeliveryError):  # of the operator's e-mail
        sent(store)
    assert receiver.paths() == ["/hook/s3cret-token"] * 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            Answer(301, {"Location": "https://elsewhere.example/new?token=abc"}),
            "301 Moved Permanently: the webhook redirects to https://elsewhere.example/...",
        ),
        (
            Answer(302, {"Location": "http://[::1"}),
            "302 Found: the webhook redirects to an address that is not valid",
        ),
        (Answer(404, {"Content-Type": "text/html"}, b"<h1>no</h1>"), "404 Not Found"),
        (Answer(429, {"Content-Type": "application/json"}, b'{"error": "slow down"}'), "429 Too Many Requests: {"),
        (Answer(599), "599"),
    ],
    ids=["redirect", "broken-redirect", "missing", "too-many", "unknown"],
)
def test_another_answer_lets_the_webhook_wait(store: Store, receiver: Receiver, answer: Answer, reason: str) -> None:
    receiver.answers["/hook"] = [answer]
    enqueue(store, f"{receiver.url}/hook")
    ((_, is_refused, said),) = reasons(sent(store))
    assert not is_refused
    assert said.startswith(reason)
    assert "token=abc" not in said
    assert receiver.paths() == ["/hook"]


def test_an_answer_is_not_read_to_its_end(store: Store) -> None:
    written = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            written.append(connection.send(b"x" * 65_536))

    with raw_server(endless) as url:
        enqueue(store, f"{url}/hook")
        ((_, _, reason),) = reasons(sent(store))
    assert reason == f"500 Internal Server Error: {'x' * 200}"
    assert sum(written) < 50_000_000


@pytest.mark.parametrize("step", ["nothing", "headers", "body"])
def test_a_server_that_drips_bytes_is_left_after_the_time_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(reports.webhooks, "TIME_LIMIT", 0.5)
    is_over = threading.Event()
    begin = {"nothing": b"", "headers": b"HTTP/1.1 200 OK\r\nX: ", "body": b"HTTP/1.1 500 Oops\r\n\r\n"}[step]

    def drip(connection: socket.socket) -> None:
        connection.sendall(begin)
        while not is_over.wait(0.05):
            if begin:
                connection.sendall(b"x")

    with raw_server(drip) as url, web_receiver() as other:
        enqueue(store, f"{url}/slow", f"{other.url}/quick")
        sending = sent(store)
        is_over.set()
    assert reasons(sending) == [(f"{url}/slow", False, "no answer within 0.5 seconds")]
    assert (sending.sent, other.paths()) == (1, ["/quick"])


def test_a_dead_webhook_stops_neither_mails_nor_other_webhooks(store: Store, receiver: Receiver) -> None:
    dead = f"http://127.0.0.1:{free_port()}/hook"
    mailbox = Mailbox()
    server = LoopbackServer(mailbox)
    try:
        enqueue(store, dead, "a@client.example", f"{receiver.url}/1", "b@client.example", f"{receiver.url}/2")
        sending = sent(store, smtp_url=f"smtp://127.0.0.1:{server.port}")
    finally:
        server.stop()
    assert sending.sent == 4
    assert reasons(sending) == [(dead, False, "no connection: Connection refused")]
    assert sorted(receiver.paths()) == ["/1", "/2"]
    assert [to for _, to, _ in mailbox.accepted] == [["a@client.example"], ["b@client.example"]]
    assert waiting(store) == [dead]


def test_a_dead_mail_server_stops_no_webhook(store: Store, receiver: Receiver) -> None:
    receiver.answers["/bad"] = [Answer(500, {"Content-Type": "text/plain"}, b"\x1b[31mred")]
    enqueue(store, "a@client.example", f"{receiver.url}/good", f"{receiver.url}/bad")
    with pytest.raises(DeliveryError, match="mail server") as raised:
        sent(store)
    assert raised.value.summary.startswith("1 digest sent to webhooks and chats, 0 digests sent")
    assert f"{shown_address(receiver.url + '/bad')}: 500 Internal Server Error: \\x1b[31mred" in str(raised.value)
    assert waiting(store) == ["a@client.example", f"{receiver.url}/bad"]


def test_without_mails_no_mail_server_is_needed(store: Store, receiver: Receiver) -> None:
    enqueue(store, f"{receiver.url}/hook")
    assert sent(store, smtp_url=NO_MAIL).sent == 1


def test_the_digests_to_one_webhook_come_in_order(store: Store, receiver: Receiver) -> None:
    receiver.answers["/hook"] = [Answer(), Answer(503)]
    enqueue(store, *[f"{receiver.url}/hook"] * 4)
    assert sent(store).sent == 1
    assert sent(store, NOW + timedelta(minutes=5)).sent == 3
    assert [request.headers["webhook-id"] for request in receiver.received] == [
        "msg_0",
        "msg_1",
        "msg_1",
        "msg_2",
        "msg_3",
    ]


def test_several_webhooks_are_served_at_the_same_time(store: Store, receiver: Receiver) -> None:
    barrier = threading.Barrier(4, timeout=20)
    receiver.before_answer = lambda request: barrier.wait()
    enqueue(store, *(f"{receiver.url}/{number}" for number in range(4)))
    assert sent(store).sent == 4


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"],  # noqa: S104 - nothing binds
)
def test_a_private_address_gets_nothing(store: Store, host: str) -> None:
    with web_receiver() as receiver:
        port = receiver.url.rpartition(":")[2]
        address = f"https://{host}:{port}/hook"
        enqueue(store, address)
        ((_, is_refused, reason),) = reasons(sent(store, allow_private=False))
        assert receiver.received == []
    assert not is_refused
    assert "is a private address; set CLAUSEWATCH_ALLOW_PRIVATE=1" in reason


def test_a_name_is_checked_when_it_is_connected_to(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server may answer differently from one query to the next (DNS rebinding)."""
    resolve = socket.getaddrinfo

    def answer(host: str, *rest: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if host == "hooks.example" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with web_receiver() as receiver:
        enqueue(store, f"https://hooks.example:{receiver.url.rpartition(':')[2]}/hook")
        ((_, _, reason),) = reasons(sent(store, allow_private=False))
        assert receiver.received == []
    assert reason.startswith("127.0.0.1 is a private address")


def test_without_encryption_nothing_is_sent_unless_the_setting_allows_it(store: Store, receiver: Receiver) -> None:
    enqueue(store, f"{receiver.url}/hook")
    ((_, _, reason),) = reasons(sent(store, allow_private=False))
    assert reason == "http:// sends without encryption; set CLAUSEWATCH_ALLOW_PRIVATE=1 to allow it"
    assert receiver.received == []


def server_certificate(folder: Path, name: x509.GeneralName) -> ssl.SSLContext:
    """Returns a TLS context for a server. Its self-signed certificate is written to cert.pem in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    ("name", "is_trusted", "reason"),
    [
        (x509.IPAddress(ip_address("127.0.0.1")), True, ""),
        (x509.IPAddress(ip_address("127.0.0.1")), False, "self-signed certificate"),
        (x509.DNSName("other.example"), True, "not valid for '127.0.0.1'"),
    ],
    ids=["right", "not-trusted", "another-name"],
)
def test_the_certificate_of_a_webhook_is_verified(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: x509.GeneralName, is_trusted: bool, reason: str
) -> None:
    certificate = server_certificate(tmp_path, name)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with web_receiver(certificate) as receiver:
        enqueue(store, f"{receiver.url}/hook")
        sending = sent(store)
    if not reason:
        assert sending == Sending(1, ())
    else:
        ((_, is_refused, said),) = reasons(sending)
        assert not is_refused
        assert said.startswith("no encrypted connection: ")
        assert reason in said
        assert receiver.received == []


class Killed(BaseException):
    """Stands for the end of the process."""


Kill = Callable[[Store, pytest.MonkeyPatch], None]


def before_the_request(_: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports.webhooks, "post", _killed)


def before_it_is_recorded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(store.outbox), "mark_sent", _killed)


def _killed(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize(
    ("kill", "copies"), [(before_the_request, 1), (before_it_is_recorded, 2)], ids=["before-request", "before-record"]
)
def test_after_a_kill_the_digest_is_sent_with_the_same_id(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, kill: Kill, copies: int
) -> None:
    enqueue(store, f"{receiver.url}/hook", f"{receiver.url}/hook")
    with monkeypatch.context() as patched:
        kill(store, patched)
        with pytest.raises(Killed):
            sent(store)
    # The claim of the process that has died ends after a quarter of an hour, by the clock of the database.
    assert sent(store) == Sending(0, ())
    with store.database.write_session() as session:
        session.connection().exec_driver_sql("UPDATE outbox SET claimed_at = '2001-01-01 00:00:00'")
    assert sent(store).sent == 2
    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert ids == ["msg_0"] * copies + ["msg_1"]
    assert len({request.body for request in receiver.received}) == 2


def test_a_process_that_is_killed_during_a_request_loses_no_digest(
    store: Store, receiver: Receiver, tmp_path: Path
) -> None:
    is_over = threading.Event()
    receiver.before_answer = lambda request: is_over.wait(30)
    enqueue(store, f"{receiver.url}/hook")
    code = f"""
from datetime import datetime, UTC
from reports import deliver
from storage import Store
with Store.open("sqlite:///{tmp_path / "store.db"}") as store:
    deliver(store, "{NO_MAIL}", "{SENDER}", datetime.now(UTC), secret="{SECRET}", allow_private=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT) as process:
        while not receiver.received and process.poll() is None:
            is_over.wait(0.02)
        process.kill()
    is_over.set()
    assert sent(store) == Sending(0, ())
    with store.database.write_session() as session:
        session.connection().exec_driver_sql("UPDATE outbox SET claimed_at = '2001-01-01 00:00:00'")
    assert sent(store).sent == 1
    assert [request.headers["webhook-id"] for request in receiver.received] == ["msg_0", "msg_0"]


def test_an_interrupted_delivery_gives_back_what_is_under_way(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()
    receiver.before_answer = lambda request: is_over.wait(30)
    monkeypatch.setattr("reports.delivery._INTERRUPTED_WAIT", 0.2)

    def interrupt(*_: object, **__: object) -> None:
        while not receiver.received:
            is_over.wait(0.01)
        raise KeyboardInterrupt

    enqueue(store, f"{receiver.url}/hook")
    with monkeypatch.context() as patched:
        patched.setattr("reports.delivery.deliver_by_smtp", interrupt)
        with pytest.raises(KeyboardInterrupt):
            sent(store)
    claimed = store.outbox.claim(f"{receiver.url}/hook", NOW)
    is_over.set()
    assert claimed is not None
    assert json.loads(claimed.message)["id"] == "msg_0"


def test_a_folder_gets_files_without_passwords_in_their_names(store: Store, tmp_path: Path) -> None:
    enqueue(store, "https://hooks.example.org/t0ken-of-mine", "slack://T1/A2/t0ken-of-mine")
    paths = deliver_to_directory(store, tmp_path / "out", NOW)
    assert [path.suffix for path in paths] == [".json", ".txt"]
    assert re.search(r"-https-hooks-example-org-[0-9a-f]{10}-\d+\.json$", paths[0].name)
    assert not any("t0ken" in path.name for path in paths)
