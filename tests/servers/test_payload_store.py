"""Payloads outside the database: in a folder, and on a server that speaks S3's protocol."""

import multiprocessing
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core.captures import sha256_hex
from core.exceptions import DamageError, StorageError
from core.policies import PolicyKey
from core.settings import CHECKOUT
from storage import Store
from storage.payloads.object_stores import ObjectStores, open_store
from storage.tables.models import PayloadRow
from tests.keeping import keep
from tests.storage.test_payloads import answer, text
from tests.stored_captures import POLICY, capture_of

KEY = PolicyKey("marmot", "privacy")
LARGE = [answer(text("policy", 6000), number) for number in range(3)]
CUT = b"the object without its last bytes"
OTHER = answer(text("another", 6000), 0)


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["file", "s3"])
def payloads_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "file":
        return (tmp_path / "payloads und mehr").as_uri()
    server = request.getfixturevalue("s3_server")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    bucket = f"bucket-{sha256_hex(str(tmp_path).encode())[:20]}"
    urlopen(Request(f"{server}/{bucket}", method="PUT")).close()
    return f"s3://{bucket}/payloads"


@pytest.fixture
def replace_object(payloads_url: str) -> Callable[[str, bytes | None], None]:
    """Returns a function that replaces an object's bytes, or deletes the object if the new bytes are None."""

    def replace(key: str, data: bytes | None) -> None:
        if data is None:
            open_store(payloads_url).delete(key)
        else:
            open_store(payloads_url).put(key, data)

    return replace


def stores_by_payload(store: Store) -> dict[str, str | None]:
    with store.database.read_session() as session:
        return {row.sha256: row.store for row in session.scalars(select(PayloadRow))}


def test_only_large_payloads_go_to_the_payload_store(database_url: str, payloads_url: str) -> None:
    with Store.open(database_url, payloads_url) as store:
        for days, payload in enumerate(LARGE):
            keep(store, capture_of(payload, days), payload, POLICY)
        sha256s = [sha256_hex(payload) for payload in LARGE]
        assert stores_by_payload(store) == {sha256s[0]: payloads_url, sha256s[1]: None, sha256s[2]: None}
        assert list(ObjectStores(payloads_url).keys(payloads_url)) == [f"{sha256s[0][:2]}/{sha256s[0]}"]
        assert [store.library.payload(sha256) for sha256 in sha256s] == LARGE


def test_payloads_are_read_where_they_are_whatever_the_setting(
    database_url: str, payloads_url: str, tmp_path: Path
) -> None:
    elsewhere = (tmp_path / "elsewhere").as_uri()
    for days, (url, payload) in enumerate([("", LARGE[0]), (payloads_url, OTHER), (f"{elsewhere}/", LARGE[1])]):
        with Store.open(database_url, url) as store:
            keep(store, capture_of(payload, days), payload, POLICY)
    third = answer(text("third", 6000), 0)
    with Store.open(database_url, elsewhere) as store:
        keep(store, capture_of(third, 9), third, POLICY)
    with Store.open(database_url) as store:
        assert all(store.library.payload(sha256_hex(payload)) == payload for payload in (*LARGE[:2], OTHER, third))
        assert set(stores_by_payload(store).values()) == {None, payloads_url, elsewhere}


@pytest.mark.parametrize("change", [None, b"", b"other bytes", CUT])
def test_an_object_that_is_gone_or_altered_is_damage(
    database_url: str,
    payloads_url: str,
    replace_object: Callable[[str, bytes | None], None],
    change: bytes | None,
) -> None:
    with Store.open(database_url, payloads_url) as store:
        for days, payload in enumerate((OTHER, LARGE[0])):
            keep(store, capture_of(payload, days), payload, POLICY)
        sha256 = sha256_hex(LARGE[0])
        key = f"{sha256[:2]}/{sha256}"
        replace_object(key, ObjectStores(payloads_url).get(payloads_url, key)[:-9] if change == CUT else change)
        message = f"the file {key} is missing from the payload store {payloads_url}" if change is None else "is damaged"
        with pytest.raises(DamageError, match=message):
            store.library.payload(sha256)
        assert store.library.payload(sha256_hex(OTHER)) == OTHER


def test_a_payload_store_that_is_not_mounted_is_no_damage(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    with Store.open(database_url, folder.as_uri()) as store:
        keep(store, capture_of(LARGE[0]), LARGE[0], POLICY)
        shutil.rmtree(folder)
        for _ in ("no folder", "an empty one"):
            with pytest.raises(StorageError, match="check that") as caught:
                store.library.payload(sha256_hex(LARGE[0]))
            assert not isinstance(caught.value, DamageError)
            folder.mkdir(exist_ok=True)


def test_an_unreachable_bucket_or_server_stores_nothing(
    database_url: str, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for endpoint in (s3_server, "http://127.0.0.1:9"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with Store.open(database_url, "s3://no-such-bucket/payloads") as store:
            with pytest.raises(
                StorageError, match=r"s3://no-such-bucket/payloads can't be read or written: .*still there"
            ):
                keep(store, capture_of(LARGE[0]), LARGE[0], POLICY)
            assert store.library.captures(KEY) == ()
            assert stores_by_payload(store) == {}


@pytest.mark.parametrize(
    "url",
    ["http://host/x", "memory:///", "nonsense", "s3:", "s3://", "file:", "file://host/x", "file:///", "s3://b/?x"],
)
def test_a_url_that_names_no_payload_store_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(StorageError, match="CLAUSEWATCH_PAYLOADS_URL"):
        Store.open(f"sqlite:///{tmp_path / 'store.db'}", url)


def test_a_payload_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"folder .* can't be created: Not a directory"):
        Store.open(f"sqlite:///{tmp_path / 'store.db'}", (tmp_path / "file" / "folder").as_uri())


_KEEP_WITH_LITTLE_SPACE = """
import resource, signal, sys
from storage import Store
from tests.keeping import keep
from tests.servers.test_payload_store import OTHER
from tests.stored_captures import POLICY, capture_of
with Store.open(sys.argv[1], sys.argv[2]) as store:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
    keep(store, capture_of(OTHER, 1), OTHER, POLICY)
"""


def test_an_object_that_cannot_be_written_whole_is_not_there(postgresql_url: str, tmp_path: Path) -> None:
    url = (tmp_path / "payloads").as_uri()
    with Store.open(postgresql_url, url) as store:
        keep(store, capture_of(LARGE[0]), LARGE[0], POLICY)
        command = [sys.executable, "-c", _KEEP_WITH_LITTLE_SPACE, postgresql_url, url]
        full = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, check=False)
        assert "UnavailableError: the payload store file://" in full.stderr
        assert "everything stored before is still there (" in full.stderr
        assert [stored.capture for stored in store.library.captures(KEY)] == [capture_of(LARGE[0])]
        sha256 = sha256_hex(OTHER)
        assert f"{sha256[:2]}/{sha256}" not in ObjectStores(url).keys(url)
        assert keep(store, capture_of(OTHER, 1), OTHER, POLICY).is_new
        assert store.library.payload(sha256) == OTHER


def _keep_and_die(database_url: str, payloads_url: str, moment: str) -> None:
    def die(*_: object) -> None:
        signal.raise_signal(signal.SIGKILL)

    with Store.open(database_url, payloads_url) as store:
        if moment == "before the row is written":
            event.listen(Session, "transient_to_pending", die)
            keep(store, capture_of(LARGE[0]), LARGE[0], POLICY)
        else:
            # Python itself syncs nothing but the object; the databases' drivers don't call this function.
            with patch("os.fsync", die):
                keep(store, capture_of(LARGE[0]), LARGE[0], POLICY)


@pytest.mark.parametrize("moment", ["before the file is on the disk", "before the row is written"])
def test_an_object_left_by_a_kill_is_harmless(database_url: str, tmp_path: Path, moment: str) -> None:
    url = (tmp_path / "payloads").as_uri()
    Store.open(database_url, url).close()
    process = multiprocessing.get_context("spawn").Process(target=_keep_and_die, args=(database_url, url, moment))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with Store.open(database_url, url) as store:
        assert len(list(ObjectStores(url).keys(url))) == 1
        assert store.library.captures(KEY) == ()
        (file,) = (path for path in (tmp_path / "payloads").rglob("*") if path.is_file())
        file.write_bytes(b"half of")
        assert keep(store, capture_of(LARGE[0]), LARGE[0], POLICY).is_new
        assert store.library.payload(sha256_hex(LARGE[0])) == LARGE[0]
