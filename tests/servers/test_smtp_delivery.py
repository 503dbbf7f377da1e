"""Delivery of digests to a real SMTP server on a loopback socket."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from core.exceptions import DeliveryError, StorageError
from reports import Sending, deliver_by_smtp
from storage import Store
from tests.servers.certificates import self_signed_server
from tests.servers.mail_server import LoopbackServer, Mailbox
from tests.stored_captures import BEGIN
from tests.stored_digests import enqueue as put_into_outbox
from tests.stored_digests import waiting_messages

SENDER = "clausewatch@operator.example"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


Serve = Callable[..., int]


@pytest.fixture
def serve(mailbox: Mailbox) -> Iterator[Serve]:
    """Yields a function that starts a server and returns the server's port."""
    servers: list[LoopbackServer] = []

    def start(**options: Any) -> int:
        servers.append(LoopbackServer(mailbox, **options))
        return servers[-1].port

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """Returns a TLS context for a server, with a self-signed certificate."""
    return self_signed_server(tmp_path / "server.pem")


def enqueue(store: Store, *addresses: str) -> None:
    for address in addresses:
        store.subscriptions.subscribe(address, (), BEGIN)
        (subscriber,) = (known for known in store.subscriptions.subscribers() if known.address == address)
        put_into_outbox(store, subscriber.id, f"Subject: for {address}\r\n\r\n.\r\nHello\r\n".encode(), {}, BEGIN)


def waiting(store: Store) -> list[str]:
    return [message.address for message in waiting_messages(store)]


def test_each_message_is_sent_once(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    port = serve()
    enqueue(store, "a@client.example", "b@client.example")
    assert deliver_by_smtp(store, f"smtp://127.0.0.1:{port}", SENDER, NOW).sent == 2
    assert deliver_by_smtp(store, f"smtp://127.0.0.1:{port}", SENDER, NOW).sent == 0
    assert [(sender, to) for sender, to, _ in mailbox.accepted] == [
        (SENDER, ["a@client.example"]),
        (SENDER, ["b@client.example"]),
    ]
    assert mailbox.accepted[0][2] == b"Subject: for a@client.example\r\n\r\n.\r\nHello\r\n"
    assert waiting(store) == []


def test_a_mail_to_confirm_is_sent_alone_and_then_forgotten(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    enqueue(store, "other@marmot.example")
    store.outbox.ask_to_confirm("New@marmot.example", b"Subject: please confirm\r\n\r\nHello\r\n", NOW)
    url = f"smtp://127.0.0.1:{serve()}"
    sending = deliver_by_smtp(store, url, SENDER, NOW, only="New@marmot.example")
    assert sending.sent == 1
    assert [recipients for _, recipients, _ in mailbox.accepted] == [["New@marmot.example"]]
    assert not store.outbox.waits("new@marmot.example")
    assert waiting(store) == ["other@marmot.example"]


def test_a_refused_address_does_not_stop_other_messages(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.refuses_recipient = {"gone@client.example"}
    mailbox.refuses_content = {"grey@client.example"}
    enqueue(store, "gone@client.example", "a@client.example", "grey@client.example", "b@client.example")
    sending = deliver_by_smtp(store, url, SENDER, NOW)
    assert sending.sent == 2
    assert [(trouble.address, trouble.is_refused, trouble.reason) for trouble in sending.troubles] == [
        ("gone@client.example", True, "550 5.1.1 no such user"),
        ("grey@client.example", False, "451 4.7.1 greylisted, come back later"),
    ]
    assert [to for _, to, _ in mailbox.accepted] == [["a@client.example"], ["b@client.example"]]
    assert waiting(store) == ["gone@client.example", "grey@client.example"]
    mailbox.refuses_content = set()
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(minutes=4)) == Sending(0, ())
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(minutes=5)).sent == 1
    assert waiting(store) == ["gone@client.example"]
    assert [trouble.address for trouble in store.outbox.troubles()] == ["gone@client.example"]


def test_a_refused_address_is_tried_again_once_it_is_subscribed_again(
    store: Store, mailbox: Mailbox, serve: Serve
) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.refuses_recipient = {"gone@client.example"}
    enqueue(store, "gone@client.example")
    deliver_by_smtp(store, url, SENDER, NOW)
    mailbox.refuses_recipient = set()
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(days=300)).sent == 0
    store.subscriptions.subscribe("Gone@client.example", (), BEGIN)
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(days=300)).sent == 1


def test_waits_grow_until_an_address_counts_as_refused(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.refuses_content = {"full@client.example"}
    enqueue(store, "full@client.example")
    waits: list[float | None] = []
    now = NOW
    while not waits or waits[-1] is not None:
        enqueue(store, "other@client.example")
        (trouble,) = deliver_by_smtp(store, url, SENDER, now).troubles
        waits.append(None if trouble.retry_at is None else (trouble.retry_at - now) / timedelta(hours=1))
        now = trouble.retry_at or now
    assert waits == pytest.approx([1 / 12, 1 / 4, 1, 4, 12, *[23] * 5, None])
    assert timedelta(days=5) <= now - NOW < timedelta(days=6)


def test_nobody_is_refused_by_a_server_that_accepts_nothing_for_weeks(
    store: Store, mailbox: Mailbox, serve: Serve
) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    addresses = ["a@client.example", "b@client.example", "c@client.example"]
    mailbox.refuses_content.update(addresses)
    enqueue(store, *addresses)
    for day in range(20):
        deliver_by_smtp(store, url, SENDER, NOW + timedelta(days=day))
    # When it works again, it accepts one message after the other, and asks the others to wait.
    mailbox.refuses_content.remove("a@client.example")
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(days=20)).sent == 1
    assert [trouble.is_refused for trouble in store.outbox.troubles()] == [False, False]
    mailbox.refuses_content.clear()
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(days=21)).sent == 2


def test_a_later_digest_does_not_overtake_an_earlier_one(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.refuses_content = {"a@client.example"}
    enqueue(store, "a@client.example", "a@client.example", "a@client.example")
    assert len(deliver_by_smtp(store, url, SENDER, NOW, 4).troubles) == 1
    earlier, *later = waiting_messages(store)
    mailbox.refuses_content = set()
    assert store.outbox.claim("a@client.example") == earlier  # by another process
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(hours=1), 4).sent == 0
    store.outbox.release(earlier.id)
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(hours=1), 4).sent == 3
    assert [content for *_, content in mailbox.accepted] == [each.message for each in (earlier, *later)]


def test_as_many_connections_are_busy_as_configured(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.waits_for_busy = 4
    addresses = [f"reader{number}@client.example" for number in range(20)]
    enqueue(store, *addresses)
    assert deliver_by_smtp(store, url, SENDER, NOW, 4).sent == 20
    assert sorted(to for _, (to,), _ in mailbox.accepted) == sorted(addresses)
    assert (mailbox.most_busy, len(mailbox.peers)) == (4, 4)


def test_a_server_that_allows_fewer_connections_gets_everything(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.most_connections = 1
    enqueue(store, *(f"reader{number}@client.example" for number in range(8)))
    assert deliver_by_smtp(store, url, SENDER, NOW, 4).sent == 8


def test_a_connection_that_the_server_ends_between_messages_costs_nobody(
    store: Store, mailbox: Mailbox, serve: Serve
) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.messages_per_connection = 2
    enqueue(store, *(f"reader{number}@client.example" for number in range(5)))
    assert deliver_by_smtp(store, url, SENDER, NOW) == Sending(5, ())
    assert len(mailbox.peers) == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("550 5.7.1 sender not allowed", "it refuses messages from clausewatch@operator.example: 550 5.7.1 sender"),
        ("452 4.3.1 no space", "452 4.3.1 no space"),
    ],
)
def test_a_refused_sender_stops_the_delivery_and_no_address(
    store: Store, mailbox: Mailbox, serve: Serve, answer: str, reason: str
) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.answers_sender = answer
    enqueue(store, "a@client.example", "b@client.example")
    with pytest.raises(DeliveryError, match=reason):
        deliver_by_smtp(store, url, SENDER, NOW)
    assert store.outbox.troubles() == ()
    mailbox.answers_sender = ""
    assert deliver_by_smtp(store, url, SENDER, NOW).sent == 2


def test_a_server_that_does_not_relay_is_the_operators_fault(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    mailbox.answers_recipient = "554 5.7.1 <a@client.example>: Relay access denied"
    enqueue(store, "a@client.example", "b@client.example")
    with pytest.raises(DeliveryError, match="Relay access denied"):
        deliver_by_smtp(store, f"smtp://127.0.0.1:{serve()}", SENDER, NOW)
    assert store.outbox.troubles() == ()


def test_a_message_that_is_too_long_is_refused(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    """RFC 1870: the server says so in answer to the sender, because it is told the size there."""
    enqueue(store, "a@client.example", "b@client.example")
    sending = deliver_by_smtp(store, f"smtp://127.0.0.1:{serve(data_size_limit=10)}", SENDER, NOW)
    assert [trouble.is_refused for trouble in sending.troubles] == [True, True]


def test_if_the_server_hangs_up_other_messages_are_still_sent(
    store: Store, mailbox: Mailbox, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang_up(self: Mailbox, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.rcpt_tos == ["second@client.example"]:
            assert server.transport is not None
            server.transport.close()
            return "250 never seen"
        return await handle_data(self, server, session, envelope)

    handle_data = Mailbox.handle_DATA
    monkeypatch.setattr(Mailbox, "handle_DATA", hang_up)
    port = serve()
    enqueue(store, "first@client.example", "second@client.example", "third@client.example")
    sending = deliver_by_smtp(store, f"smtp://127.0.0.1:{port}", SENDER, NOW)
    assert sending.sent == 2
    assert [(trouble.address, trouble.is_refused) for trouble in sending.troubles] == [("second@client.example", False)]
    assert waiting(store) == ["second@client.example"]
    assert [to for _, to, _ in mailbox.accepted] == [["first@client.example"], ["third@client.example"]]


def test_after_the_server_has_closed_the_connection_the_others_are_sent(
    store: Store, mailbox: Mailbox, serve: Serve
) -> None:
    """421 says that the server closes the connection (RFC 5321, section 3.8)."""
    mailbox.closes_before.add("a@client.example")
    enqueue(store, "a@client.example", "b@client.example")
    (trouble,) = deliver_by_smtp(store, f"smtp://127.0.0.1:{serve()}", SENDER, NOW).troubles
    assert (trouble.address, trouble.reason) == ("a@client.example", "421 4.3.2 closing")
    assert [recipients for _, recipients, _ in mailbox.accepted] == [["b@client.example"]]
    assert waiting(store) == ["a@client.example"]


def test_a_server_that_loses_every_connection_is_left_alone_soon(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    addresses = [f"reader{number}@client.example" for number in range(30)]
    mailbox.closes_before.update(addresses)
    enqueue(store, *addresses)
    with pytest.raises(DeliveryError, match=r"421 4\.3\.2 closing\. 30 digests not sent"):
        deliver_by_smtp(store, f"smtp://127.0.0.1:{serve()}", SENDER, NOW, 4)
    assert 10 <= len(store.outbox.troubles()) < 15


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_sends_a_byte_now_and_then_ends_a_delivery_in_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr("reports.smtp._TIME_LIMIT", 0.5)
    enqueue(store, "a@client.example")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                for _ in range(100):
                    connection.sendall(b"2")
                    time.sleep(0.1)

        threading.Thread(target=trickle, daemon=True).start()
        begin = time.monotonic()
        with pytest.raises(DeliveryError, match="1 digest not sent"):
            deliver_by_smtp(store, f"{scheme}://127.0.0.1:{server.getsockname()[1]}", SENDER, NOW)
        assert time.monotonic() - begin < 8
    assert waiting(store) == ["a@client.example"]


def test_a_message_that_one_process_is_sending_is_left_to_it(
    store: Store, mailbox: Mailbox, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"smtp://127.0.0.1:{serve()}"
    sent_by_the_other: list[int] = []

    async def deliver_again(self: Mailbox, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.rcpt_tos == ["a@client.example"]:
            with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as other:
                enqueue(other, "c@client.example")
                delivery = asyncio.to_thread(deliver_by_smtp, other, url, SENDER, NOW)
                sent_by_the_other.append((await delivery).sent)
        return await handle_data(self, server, session, envelope)

    handle_data = Mailbox.handle_DATA
    monkeypatch.setattr(Mailbox, "handle_DATA", deliver_again)
    enqueue(store, "a@client.example", "b@client.example")
    assert deliver_by_smtp(store, url, SENDER, NOW).sent == 2
    assert sent_by_the_other == [1]
    assert sorted(to[0] for _, to, _ in mailbox.accepted) == [
        "a@client.example",
        "b@client.example",
        "c@client.example",
    ]
    assert waiting(store) == []


def test_a_message_of_unknown_fate_is_sent_again_unchanged(
    store: Store, mailbox: Mailbox, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def accept_and_hang_up(self: Mailbox, server: SMTP, session: Session, envelope: Envelope) -> str:
        monkeypatch.setattr(Mailbox, "handle_DATA", handle_data)
        answer = await handle_data(self, server, session, envelope)
        assert server.transport is not None
        server.transport.close()
        return answer

    handle_data = Mailbox.handle_DATA
    monkeypatch.setattr(Mailbox, "handle_DATA", accept_and_hang_up)
    url = f"smtp://127.0.0.1:{serve()}"
    enqueue(store, "a@client.example")
    assert deliver_by_smtp(store, url, SENDER, NOW).sent == 0
    assert deliver_by_smtp(store, url, SENDER, NOW + timedelta(minutes=5)).sent == 1
    first, second = (content for _, _, content in mailbox.accepted)
    assert first == second


def test_starttls_is_used_if_offered(store: Store, mailbox: Mailbox, serve: Serve, certificate: ssl.SSLContext) -> None:
    port = serve(tls_context=certificate, require_starttls=True)
    enqueue(store, "a@client.example")
    assert deliver_by_smtp(store, f"smtp://127.0.0.1:{port}", SENDER, NOW).sent == 1
    assert mailbox.encrypted == [True]


def test_no_password_is_sent_to_a_server_with_an_unverified_certificate(
    store: Store, mailbox: Mailbox, serve: Serve, certificate: ssl.SSLContext
) -> None:
    credentials: list[Any] = []
    starttls = serve(tls_context=certificate, auth_required=True, authenticator=_authenticator(credentials))
    tls = serve(ssl_context=certificate, authenticator=_authenticator(credentials))
    enqueue(store, "a@client.example")
    for url in (f"smtp://u:p@127.0.0.1:{starttls}", f"smtps://u:p@127.0.0.1:{tls}"):
        with pytest.raises(DeliveryError, match=r"(?i)certificate"):
            deliver_by_smtp(store, url, SENDER, NOW)
    assert credentials == []
    assert waiting(store) == ["a@client.example"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_password_is_sent_to_a_server_with_a_verified_certificate(
    store: Store,
    mailbox: Mailbox,
    serve: Serve,
    certificate: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    credentials: list[Any] = []
    options = {"auth_required": True, "authenticator": _authenticator(credentials)}
    tls = {"tls_context": certificate} if scheme == "smtp" else {"ssl_context": certificate, "auth_require_tls": False}
    port = serve(**options, **tls)
    enqueue(store, "a@client.example")
    assert deliver_by_smtp(store, f"{scheme}://u%40x:p%3A%2F%20%40w@127.0.0.1:{port}", SENDER, NOW).sent == 1
    assert credentials == [(b"u@x", b"p:/ @w")]


def _authenticator(credentials: list[Any]) -> Callable[..., AuthResult]:
    def check(_: SMTP, __: Session, ___: Envelope, mechanism: str, data: Any) -> AuthResult:
        credentials.append((data.login, data.password))
        return AuthResult(success=(data.login, data.password) == (b"u@x", b"p:/ @w"), handled=False)

    return check


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_credentials_are_percent_decoded_and_sent_to_this_machine(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    credentials: list[Any] = []
    port = serve(authenticator=_authenticator(credentials), auth_required=True, auth_require_tls=False)
    enqueue(store, "a@client.example")
    with pytest.raises(DeliveryError, match="535"):
        deliver_by_smtp(store, f"smtp://u%40x:wrong@127.0.0.1:{port}", SENDER, NOW)
    assert deliver_by_smtp(store, f"smtp://u%40x:p%3A%2F%20%40w@127.0.0.1:{port}", SENDER, NOW).sent == 1
    assert credentials[-1] == (b"u@x", b"p:/ @w")


def test_messages_behind_those_of_another_process_are_sent(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    addresses = [f"reader{number}@client.example" for number in range(30)]
    enqueue(store, *addresses)
    for address in addresses[:20]:
        assert store.outbox.claim(address)
    assert deliver_by_smtp(store, f"smtp://127.0.0.1:{serve()}", SENDER, NOW, 2).sent == 10


def test_without_a_server_nothing_stays_claimed(store: Store, mailbox: Mailbox, serve: Serve) -> None:
    enqueue(store, *(f"reader{number}@client.example" for number in range(30)))
    with pytest.raises(DeliveryError, match="30 digests not sent"):
        deliver_by_smtp(store, "smtp://127.0.0.1:1", SENDER, NOW, 4)
    assert deliver_by_smtp(store, f"smtp://127.0.0.1:{serve()}", SENDER, NOW, 4).sent == 30


def test_a_database_that_fails_ends_a_delivery_and_the_sent_are_recorded(
    store: Store, mailbox: Mailbox, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        monkeypatch.undo()
        raise StorageError("the database is locked")

    url = f"smtp://127.0.0.1:{serve()}"
    mailbox.refuses_recipient = {"gone@client.example"}
    enqueue(store, "gone@client.example", *(f"reader{number}@client.example" for number in range(30)))
    monkeypatch.setattr("storage.outbox.Outbox.refuse", fail)
    with pytest.raises(StorageError, match="the database is locked"):
        deliver_by_smtp(store, url, SENDER, NOW, 2)
    deliver_by_smtp(store, url, SENDER, NOW, 2)
    # The claim of the message that could not be given back ends later.
    assert waiting(store) == ["gone@client.example"]
    assert len(mailbox.accepted) == 30


def test_without_a_server_all_messages_stay_in_the_outbox(store: Store) -> None:
    enqueue(store, "a@client.example")
    with pytest.raises(DeliveryError, match=r"1 digest not sent. .*outbox.*check CLAUSEWATCH_SMTP_URL") as caught:
        deliver_by_smtp(store, "smtp://127.0.0.1:1", SENDER, NOW)
    assert caught.value.summary == "0 digests sent, 1 not sent"
    assert waiting(store) == ["a@client.example"]


def test_a_delivery_ends_if_neither_the_mail_server_nor_the_database_can_be_used(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(store, "a@client.example", "b@client.example")

    def fail(message_id: int) -> None:
        raise StorageError("the database is locked")

    monkeypatch.setattr(store.outbox, "release", fail)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(StorageError, match="locked"):
            deliver_by_smtp(store, f"smtp://127.0.0.1:{closed.getsockname()[1]}", SENDER, NOW)


def test_no_claim_ends_while_its_message_waits_for_a_slow_server(
    store: Store, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.outbox._RENEWED_AFTER", -1)
    enqueue(store, "a@client.example", "b@client.example")
    renewed: set[int] = set()
    renew = store.outbox.renew_claims

    def note(message_ids: Collection[int]) -> None:
        renewed.update(message_ids)
        renew(message_ids)

    monkeypatch.setattr(store.outbox, "renew_claims", note)
    assert deliver_by_smtp(store, f"smtp://127.0.0.1:{serve()}", SENDER, NOW).sent == 2
    assert renewed
