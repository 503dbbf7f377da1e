"""Delivery of the digests in the outbox into a folder."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.exceptions import DeliveryError
from reports import deliver_to_directory
from storage import Store
from tests.stored_captures import BEGIN
from tests.stored_digests import enqueue as put_into_outbox
from tests.stored_digests import waiting_messages

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def enqueue(store: Store, address: str, message: bytes) -> None:
    store.subscriptions.subscribe(address, (), BEGIN)
    (subscriber,) = (known for known in store.subscriptions.subscribers() if known.address == address)
    put_into_outbox(store, subscriber.id, message, {}, BEGIN)


def test_each_message_becomes_a_file_once(store: Store, tmp_path: Path) -> None:
    enqueue(store, "a.b+c@client.example", b"one")
    enqueue(store, "a.b+c@client.example", b"two")
    folder = tmp_path / "new" / "folder"
    paths = deliver_to_directory(store, folder, NOW)
    assert [path.read_bytes() for path in paths] == [b"one", b"two"]
    assert all(path.name.startswith("20240506T070809Z-a-b-c-at-client-example-") for path in paths)
    assert sorted(folder.iterdir()) == sorted(paths)
    assert deliver_to_directory(store, folder, NOW) == []
    assert waiting_messages(store) == ()


@pytest.mark.parametrize("address", ["../../etc/passwd@x", "/abs@x", "a\x00b@x", "..", "ü@x", "a" * 500 + "@x"])
def test_no_address_can_create_a_file_outside_the_folder(store: Store, tmp_path: Path, address: str) -> None:
    enqueue(store, address, b"x")
    (path,) = deliver_to_directory(store, tmp_path / "out", NOW)
    assert path.parent == tmp_path / "out"
    assert path.resolve().parent == (tmp_path / "out").resolve()
    assert path.is_file()


def test_a_message_that_cannot_be_written_stays_in_the_outbox(store: Store, tmp_path: Path) -> None:
    enqueue(store, "a@client.example", b"x")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DeliveryError, match="stays in the outbox"):
        deliver_to_directory(store, tmp_path / "file", NOW)
    assert len(waiting_messages(store)) == 1


def test_after_a_failed_write_no_partial_file_remains(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    enqueue(store, "a@client.example", b"x")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryError, match="No space left"):
        deliver_to_directory(store, tmp_path / "out", NOW)
    assert list((tmp_path / "out").iterdir()) == []
    assert len(waiting_messages(store)) == 1
