"""Payloads stored whole or as deltas against keyframes."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, delete, func, select, update
from sqlalchemy.orm import Session

from core.captures import Capture, sha256_hex
from core.declarations import Policy
from core.exceptions import DamageError, StorageError
from core.policies import PolicyKey
from storage import Store, evidence
from storage.payloads import packing
from storage.payloads.compression import Keyframe, compress, compress_against, restore
from storage.tables.models import PayloadRow
from tests.keeping import keep_unread, verify
from tests.stored_captures import POLICY, capture_of, page

KEY = PolicyKey("marmot", "privacy")
_WORDS = [f"word{number:03}" for number in range(1000)]


def text(seed: str, words: int = 3000) -> str:
    return " ".join(random.Random(seed).choices(_WORDS, k=words))


def answer(body: str, nonce: int) -> bytes:
    """Returns a page as a server sends it once. The nonce differs in every HTTP response."""
    return page(f"We keep it. <!-- request {sha256_hex(b'%d' % nonce)} --> {body}")


def stored_forms(store: Store) -> dict[str, tuple[str | None, int]]:
    """Returns each payload's keyframe and stored size, by SHA-256."""
    query = select(PayloadRow.sha256, PayloadRow.keyframe, func.length(PayloadRow.data))
    with store.database.read_session() as session:
        return {sha256: (keyframe, size) for sha256, keyframe, size in session.execute(query)}


def keep(store: Store, payload: bytes, days: float, **fields: str) -> None:
    """Keeps a capture without reading it."""
    list(keep_unread(store, [(capture_of(payload, days, **fields), payload, POLICY)]))


def test_an_answer_that_differs_by_a_nonce_takes_few_bytes(store: Store) -> None:
    body = text("policy")
    answers = [answer(body, number) for number in range(20)]
    for days, payload in enumerate(answers):
        keep(store, payload, days)
    stored = stored_forms(store)
    assert [keyframe for keyframe, _ in stored.values()].count(None) == 1
    assert sum(size for keyframe, size in stored.values() if keyframe) < 20 * 200
    assert all(store.library.payload(sha256_hex(payload)) == payload for payload in answers)


def look_ups(stored: dict[str, tuple[str | None, int]], sha256: str) -> int:
    """Returns the number of other payloads that have to be read to restore a payload."""
    keyframe = stored[sha256][0]
    return 0 if keyframe is None else 1 + look_ups(stored, keyframe)


def test_no_payload_needs_more_than_two_look_ups(store: Store) -> None:
    bodies = [text("policy", 1000) + text(f"section {number}", 400 * number) for number in range(12)]
    answers = [answer(body, 100 * copy + number) for number, body in enumerate(bodies) for copy in range(4)]
    random.Random(1).shuffle(answers)
    for days, payload in enumerate(answers):
        keep(store, payload, days)
    stored = stored_forms(store)
    assert {look_ups(stored, sha256) for sha256 in stored} == {0, 1, 2}
    assert all(store.library.payload(sha256_hex(payload)) == payload for payload in answers)


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
def test_alternating_pages_have_a_keyframe_each_in_any_order(store: Store, order: str) -> None:
    captures = [(answer(text("old" if days % 2 else "new"), days), days) for days in range(16)]
    if order == "backwards":
        captures.reverse()
    if order == "shuffled":
        random.Random(3).shuffle(captures)
    for payload, days in captures:
        keep(store, payload, days)
    assert [keyframe for keyframe, _ in stored_forms(store).values()].count(None) == 2


def test_a_drifted_page_gets_a_new_keyframe_but_a_long_nonce_does_not(store: Store) -> None:
    bodies = [text("policy") + text(f"section {number}", 300) for number in range(3)]
    for days in range(60):
        keep(store, answer(bodies[days // 20], days), days, policy="moved")
        heavy = text("policy") + "".join(sha256_hex(b"%d %d" % (days, number)) for number in range(10))
        keep(store, answer(heavy, days), days, policy="heavy")
    stored = stored_forms(store)
    uses = {
        policy: Counter(
            stored[capture.capture.sha256][0] for capture in store.library.captures(PolicyKey("marmot", policy))
        )
        for policy in ("moved", "heavy")
    }
    # The first payload is stored whole. Each of the two later texts has its own keyframe, which is stored as a delta
    # against the first payload.
    assert sorted(uses["moved"].values()) == [1, 19, 19, 21]
    assert sorted(uses["heavy"].values()) == [1, 59]
    deltas = [stored[kept.capture.sha256][1] for kept in store.library.captures(PolicyKey("marmot", "moved"))[1:]]
    assert sum(deltas) < 57 * 200 + 2 * 2500


def test_a_small_lasting_change_is_not_stored_with_each_answer(store: Store) -> None:
    for days in range(40):
        keep(store, answer(text("policy") + text("more", 40 if days >= 20 else 0), days), days)
    sizes = [stored_forms(store)[kept.capture.sha256][1] for kept in store.library.captures(KEY)]
    before, after = sizes[1:20], sizes[21:]
    assert max(after) <= 1.25 * max(before) + 16 < sizes[20]


def test_a_damaged_keyframe_is_reported_with_its_dependent_payload(database_url: str) -> None:
    first, second = (answer(text("policy"), number) for number in (1, 2))
    with Store.open(database_url) as store:
        keep(store, first, 0)
        keep(store, second, 1)
        assert stored_forms(store)[sha256_hex(second)][0] == sha256_hex(first)
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        is_first = PayloadRow.sha256 == sha256_hex(first)
        connection.execute(update(PayloadRow).where(is_first).values(data=compress(b"other")))
    with Store.open(database_url) as store:
        with pytest.raises(
            DamageError,
            match=f"^{sha256_hex(second)} is stored as a .*{sha256_hex(first)} no longer matches its checksum",
        ):
            store.library.payload(sha256_hex(second))
        # A new payload isn't stored as a delta against the damaged payload.
        third = answer(text("policy"), 3)
        keep(store, third, 2)
        assert stored_forms(store)[sha256_hex(third)][0] is None
        assert store.library.payload(sha256_hex(third)) == third
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM unread")
        connection.exec_driver_sql("DELETE FROM captures")
        connection.execute(delete(PayloadRow).where(is_first))
    engine.dispose()
    with (
        Store.open(database_url) as store,
        pytest.raises(
            DamageError, match=(f"{sha256_hex(first)} is missing .* {sha256_hex(second)} can't be read without it")
        ),
    ):
        store.library.payload(sha256_hex(second))


@pytest.mark.parametrize("again", [0, 2], ids=["the keyframe", "another"])
def test_a_new_payload_does_not_depend_on_a_lost_keyframe(database_url: str, again: int) -> None:
    pages = [answer(text("policy"), number) for number in range(3)]
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with Store.open(database_url) as store:
        for days in (0, 1):
            keep(store, pages[days], days)
        assert stored_forms(store)[sha256_hex(pages[1])][0] == sha256_hex(pages[0])
        with engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM unread")
            connection.exec_driver_sql("DELETE FROM captures")
            connection.execute(delete(PayloadRow).where(PayloadRow.sha256 == sha256_hex(pages[0])))
        engine.dispose()
        captures = [(capture_of(pages[1], 2), None, POLICY), (capture_of(pages[again], 3), pages[again], POLICY)]
        list(keep_unread(store, captures))
    with Store.open(database_url) as store:
        assert store.library.payload(sha256_hex(pages[again])) == pages[again]


def test_a_batch_with_duplicates_is_stored_in_one_transaction(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [answer(text("policy"), number) for number in range(4)]
    keep(store, pages[0], 0)
    captures: list[tuple[Capture, bytes | None, Policy]] = [
        (capture_of(pages[number], days, policy=policy), pages[number], POLICY)
        for policy in ("privacy", "cookies")
        for days, number in enumerate((1, 1, 2, 0, 3, 2), 1)
    ]
    captures += [captures[0], (capture_of(pages[2], 9), None, POLICY)]
    put = evidence.put
    transactions: list[int] = []

    def counted(session: Session, captures: Mapping[str, tuple[Capture, bytes | None]]) -> dict[str, int]:
        transactions.append(len(captures))
        return put(session, captures)

    monkeypatch.setattr(evidence, "put", counted)
    kept = list(keep_unread(store, captures))
    assert transactions == [13]  # the batch contains the first capture twice
    assert [unread.is_new for unread in kept] == [True] * 12 + [False, True]
    assert all(store.library.payload(sha256_hex(payload)) == payload for payload in pages)


def test_a_rolled_back_transaction_does_not_affect_later_deltas(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = text("policy"), text("policy") + text("more", 400)
    captures = [
        (capture_of(each, days), each, POLICY) for days, each in enumerate([answer(before, 1), answer(after, 2)])
    ]
    store_compressed = packing.store_compressed
    # The batch fails at its fourth payload. The captures are then stored one by one, and the first of them fails, too.
    calls = iter([1, 1, 1, 0, 0])

    def refusing(*arguments: Any) -> dict[str, Any]:
        if not next(calls, 1):
            raise StorageError("the database is locked")
        return store_compressed(*arguments)

    with Store.open(database_url) as store, Store.open(database_url) as another:
        monkeypatch.setattr(packing, "store_compressed", refusing)
        more = [(capture_of(each, 2), each, POLICY) for each in (answer(after, 3), answer(after, 4))]
        with pytest.raises(StorageError):
            list(keep_unread(store, [*captures, *more]))
        monkeypatch.undo()
        assert not stored_forms(store)
        # The second capture is stored now. Its keyframe is not the keyframe that it had in the rolled-back transaction.
        keep(another, answer(before, 100), 0)
        list(keep_unread(another, captures[1:]))
        for number in range(5, 19):
            keep(another, answer(after, number), number)
        last = answer(before + text("new", 60), 20)
        keep(store, last, 20)
    with Store.open(database_url) as store:
        stored = stored_forms(store)
        assert all(keyframe in stored for keyframe, _ in stored.values() if keyframe)
        assert max(look_ups(stored, sha256) for sha256 in stored) <= 2
        assert store.library.payload(sha256_hex(last)) == last


def test_four_alternating_texts_are_each_stored_once(store: Store) -> None:
    for days in range(40):
        keep(store, answer(text(f"text {days % 4}"), days), days)
    stored = stored_forms(store)
    assert [keyframe for keyframe, _ in stored.values()].count(None) == 4
    assert sum(size for keyframe, size in stored.values() if keyframe) < 36 * 200


@pytest.mark.slow
def test_deltas_in_a_payload_store_take_no_more_bytes(database_url: str, tmp_path: Path) -> None:
    sizes = []
    for place in ("", (tmp_path / "payloads").as_uri()):
        chance = random.Random(1)
        lines = [text(f"line {number}", 14) for number in range(900)]
        with Store.open(database_url, place) as store:
            before = sum(size for _, size in stored_forms(store).values())
            for days in range(100):
                for _ in range(4):
                    lines[chance.randrange(900)] = text(f"new {chance.random()}", 14)
                noise = "".join(sha256_hex(b"%d %d %s" % (days, number, place.encode())) for number in range(110))
                keep(store, page("<p>".join(lines) + noise), days, policy=f"in {place}")
            outside = sum(file.stat().st_size for file in tmp_path.rglob("payloads/*/*"))
            sizes.append(sum(size for _, size in stored_forms(store).values()) - before + outside)
    assert sizes[1] <= 1.1 * sizes[0]


@pytest.fixture
def chain_of_three(database_url: str) -> Iterator[tuple[Engine, str, str, str]]:
    """Yields an engine and the SHA-256s of three payloads.

    The first payload is stored whole, the second as a delta against the first, the third as a delta against the second.
    """
    texts = text("policy"), text("policy") + text("more", 300)
    answers = [answer(texts[0], 1), answer(texts[1], 2), answer(texts[1], 3)]
    with Store.open(database_url) as store:
        for days, payload in enumerate(answers):
            keep(store, payload, days)
        first, second, third = (sha256_hex(payload) for payload in answers)
        assert [stored_forms(store)[sha256][0] for sha256 in (first, second, third)] == [None, first, second]
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine, first, second, third
    engine.dispose()


def test_damage_two_look_ups_away_is_reported(database_url: str, chain_of_three: tuple[Engine, str, str, str]) -> None:
    engine, first, second, third = chain_of_three
    with engine.begin() as connection:
        connection.execute(update(PayloadRow).where(PayloadRow.sha256 == first).values(data=compress(b"other")))
    with Store.open(database_url) as store:
        for sha256 in (second, third):
            with pytest.raises(
                DamageError, match=f"^{sha256} is stored as a .*, but .*{first} no longer matches its checksum"
            ):
                store.library.payload(sha256)


def test_payloads_that_depend_on_each_other_are_reported_as_damaged(
    database_url: str, chain_of_three: tuple[Engine, str, str, str]
) -> None:
    engine, first, second, third = chain_of_three
    with engine.begin() as connection:
        connection.execute(update(PayloadRow).where(PayloadRow.sha256 == first).values(keyframe=third))
    with Store.open(database_url) as store:
        for sha256 in (first, second, third):
            with pytest.raises(DamageError, match=r"is damaged or was changed: .*backup"):
                store.library.payload(sha256)
        findings = [finding for finding in verify(store, {}) if finding.remedy == "backup"]
        assert len(findings) == 3
        assert all("is damaged or was changed" in finding.fault for finding in findings)


def test_captures_of_several_policies_share_payloads(store: Store) -> None:
    payload = answer(text("policy"), 1)
    for policy in ("privacy", "terms"):
        keep(store, payload, 0, policy=policy)
        list(keep_unread(store, [(capture_of(payload, 1, policy=policy), None, POLICY)]))
    assert len(stored_forms(store)) == 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000), st.binary(max_size=3000))
def test_any_bytes_are_restored_with_any_keyframe(plain: bytes, other: bytes) -> None:
    keyframe = Keyframe(sha256_hex(other), other, len(other))
    data = compress_against(plain, keyframe)
    assert restore(data, len(plain), sha256_hex(plain), keyframe) == plain
    assert restore(compress(plain), len(plain), sha256_hex(plain)) == plain


@pytest.mark.parametrize("megabytes", [1, 3, 9])
def test_a_large_page_is_stored_as_a_small_delta(megabytes: int) -> None:
    chance = random.Random(megabytes)
    plain = bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz    ", k=megabytes * 1_000_000))
    half = len(plain) // 2
    other = plain[:50] + b"nonce" + plain[50:half] + b"nonce" + plain[half:-50] + b"nonce" + plain[-50:]
    keyframe = Keyframe(sha256_hex(plain), plain, len(plain))
    data = compress_against(other, keyframe)
    assert len(data) < 3000
    assert restore(data, len(other), sha256_hex(other), keyframe) == other
