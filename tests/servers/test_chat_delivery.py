"""Delivery of digests to chats through Apprise, to servers on a loopback socket."""

import builtins
import json
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import reports.chats
from core.exceptions import UsageError
from reports import Sending, check_chat, deliver
from storage import Store
from tests.servers.raw_server import free_port
from tests.servers.web_receiver import Answer, Receiver, web_receiver
from tests.stored_captures import BEGIN
from tests.stored_digests import enqueue as put_into_outbox

SENDER = "clausewatch@operator.example"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
NO_MAIL = f"smtp://127.0.0.1:{free_port()}"
TOKEN = "abcdefghijklmnop123456"
MESSAGE = "Marmot Mail: Retention 30 → 90 days\nMarmot Mail privacy: 1 change.\n1. [-30-]{+90+} <b>days</b> & *more*"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with web_receiver() as running:
        yield running


def mattermost(receiver: Receiver, channel: str = "") -> str:
    return f"{receiver.url.replace('http', 'mmost')}/{TOKEN}{channel}"


def enqueue(store: Store, *addresses: str, message: str = MESSAGE) -> None:
    for address in addresses:
        store.subscriptions.subscribe(address, (), BEGIN)
        subscriber = store.subscriptions.subscriber(address)
        assert subscriber is not None
        put_into_outbox(store, subscriber.id, message.encode(), {}, BEGIN)


def sent(store: Store, now: datetime = NOW, *, allow_private: bool = True) -> Sending:
    return deliver(store, NO_MAIL, SENDER, now, allow_private=allow_private)


def test_a_chat_gets_the_title_and_the_text(store: Store, receiver: Receiver) -> None:
    enqueue(store, mattermost(receiver))
    assert sent(store) == Sending(1, ())
    assert sent(store) == Sending(0, ())
    (request,) = receiver.received
    assert request.path == f"/hooks/{TOKEN}"
    text = json.loads(request.body)["text"]
    assert text.startswith("Marmot Mail: Retention 30 → 90 days")
    assert "1. [-30-]{+90+} <b>days</b> & *more*" in text


def test_a_chat_with_a_title_of_its_own_gets_it_apart(store: Store, receiver: Receiver) -> None:
    enqueue(store, f"{receiver.url.replace('http', 'ntfy')}/legal")
    assert sent(store).sent == 1
    (request,) = receiver.received
    content = json.loads(request.body)
    assert (content["topic"], content["title"]) == ("legal", "Marmot Mail: Retention 30 → 90 days")


def test_an_error_lets_one_chat_wait_and_stops_no_other(store: Store, receiver: Receiver) -> None:
    receiver.answers[f"/hooks/{TOKEN}"] = [Answer(403)]
    other = f"{receiver.url.replace('http', 'ntfy')}/legal"
    enqueue(store, mattermost(receiver), other)
    sending = sent(store)
    assert sending.sent == 1
    (trouble,) = sending.troubles
    assert not trouble.is_refused
    assert "403" in trouble.reason
    assert TOKEN not in trouble.reason
    assert sent(store, NOW + timedelta(minutes=5)).sent == 1


def test_a_chat_that_cannot_be_reached_waits(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    enqueue(store, f"mmost://127.0.0.1:{free_port()}/{TOKEN}")
    (trouble,) = sent(store).troubles
    assert not trouble.is_refused
    assert "onnection" in trouble.reason
    assert capfd.readouterr().err == ""


def test_a_service_at_a_private_address_gets_nothing(store: Store, receiver: Receiver) -> None:
    enqueue(store, mattermost(receiver), mattermost(receiver).replace("127.0.0.1", "localhost"))
    troubles = sent(store, allow_private=False).troubles
    assert [trouble.reason.partition(" is a private address")[1] != "" for trouble in troubles] == [True, True]
    assert receiver.received == []


def test_a_redirect_to_a_private_address_is_not_followed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public service could redirect to the operator's own network, and Apprise's client follows redirects."""
    monkeypatch.setattr("reports.guarded_connections.is_public", lambda host: host == "127.0.0.2")
    with web_receiver(address="127.0.0.2") as outside, web_receiver() as inside:
        outside.answers[f"/hooks/{TOKEN}"] = [Answer(307, {"Location": f"{inside.url}/admin"})]
        enqueue(store, mattermost(outside))
        (trouble,) = sent(store, allow_private=False).troubles
    assert (len(outside.received), inside.received) == (1, [])
    assert "127.0.0.1 is a private address" in trouble.reason


def test_a_chat_that_hangs_is_left_after_the_time_limit(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()
    receiver.before_answer = lambda request: is_over.wait(30)
    monkeypatch.setattr(reports.chats, "_TIME_LIMIT", 0.5)
    enqueue(store, mattermost(receiver))
    before = set(threading.enumerate())
    (trouble,) = sent(store).troubles
    left = set(threading.enumerate()) - before
    is_over.set()
    assert trouble.reason == "no answer within 0.5 seconds"
    assert all(thread.daemon for thread in left), "a thread that is no daemon keeps the process from ending"


def test_the_operator_proxy_may_be_at_a_private_address(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", receiver.url)
    monkeypatch.setenv("no_proxy", "")
    enqueue(store, f"mmost://chat.example:8065/{TOKEN}")
    assert sent(store, allow_private=False).sent == 1
    assert receiver.paths() == [f"http://chat.example:8065/hooks/{TOKEN}"]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nothing://abc/def", "doesn't understand nothing://..."),
        ("slack://too-short", "doesn't understand slack://..."),
        (f"mmost://chat.example/{TOKEN}?channel=a,b", "names 2 channels; subscribe each by itself"),
    ],
    ids=["unknown", "wrong", "two-channels"],
)
def test_a_url_that_apprise_cannot_use_is_refused(
    address: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError) as raised:
        check_chat(address)
    assert message in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert capfd.readouterr().err == ""


def test_an_attempt_counts_as_failed_whatever_the_url_says(store: Store, receiver: Receiver) -> None:
    receiver.answers[f"/hooks/{TOKEN}"] = [Answer(500)] * 3
    enqueue(store, mattermost(receiver, "?optional=yes&retry=2&wait=0"))
    assert len(sent(store).troubles) == 1
    assert len(receiver.received) == 1


def test_without_apprise_a_sentence_says_what_to_install(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "apprise":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="digests in chats need Apprise, which isn't installed"):
        check_chat(mattermost(receiver))
    enqueue(store, mattermost(receiver))
    (trouble,) = sent(store).troubles
    assert "Apprise, which isn't installed" in trouble.reason
