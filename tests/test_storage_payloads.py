"""Payloads as differences from keyframes."""

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, func, select, update

from core.captures import sha256_hex
from core.exceptions import DamageError
from storage import Store
from storage.compression import Keyframe, compress, compress_against, restore
from storage.models import PayloadRow
from tests.stored_captures import BEGIN, POLICY, capture_of, page

_WORDS = [f"word{number:03}" for number in range(1000)]


def text(seed: str, words: int = 3000) -> str:
    return " ".join(random.Random(seed).choices(_WORDS, k=words))


def answer(body: str, nonce: int) -> bytes:
    """A page as served at one time."""
    return page(f"We keep it. <!-- request {sha256_hex(b'%d' % nonce)} --> {body}")


def rows(store: Store) -> dict[str, tuple[str | None, int]]:
    """The keyframe of each payload, and its size as it is stored."""
    query = select(PayloadRow.sha256, PayloadRow.keyframe, func.length(PayloadRow.data))
    with store._database.reading() as session:
        return {sha256: (keyframe, size) for sha256, keyframe, size in session.execute(query)}


def keep(store: Store, payload: bytes, days: float, **fields: str) -> None:
    """Keeps a capture without reading it."""
    list(store.keep_unread([(capture_of(payload, days, **fields), payload, POLICY)]))


def test_what_differs_by_a_nonce_takes_a_few_hundred_bytes(store: Store) -> None:
    body = text("policy")
    answers = [answer(body, number) for number in range(20)]
    for days, payload in enumerate(answers):
        keep(store, payload, days)
    stored = rows(store)
    assert [keyframe for keyframe, _ in stored.values()].count(None) == 1
    assert sum(size for keyframe, size in stored.values() if keyframe) < 20 * 200
    assert all(store.payload(sha256_hex(payload)) == payload for payload in answers)


def test_no_difference_is_from_a_difference(store: Store) -> None:
    bodies = [text("policy", 1000) + text(f"section {number}", 400 * number) for number in range(12)]
    answers = [answer(body, number) for number, body in enumerate(bodies)] * 2
    random.Random(1).shuffle(answers)
    for days, payload in enumerate(answers):
        keep(store, payload, days)
    stored = rows(store)
    assert any(keyframe for keyframe, _ in stored.values())
    assert all(stored[keyframe][0] is None for keyframe, _ in stored.values() if keyframe)
    assert all(store.payload(sha256_hex(payload)) == payload for payload in answers)


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
def test_pages_that_alternate_have_a_keyframe_each_whatever_the_order_of_arrival(store: Store, order: str) -> None:
    captures = [(answer(text("old" if days % 2 else "new"), days), days) for days in range(16)]
    if order == "backwards":
        captures.reverse()
    if order == "shuffled":
        random.Random(3).shuffle(captures)
    for payload, days in captures:
        keep(store, payload, days)
    assert [keyframe for keyframe, _ in rows(store).values()].count(None) == 2


def test_a_page_that_has_moved_away_gets_a_new_keyframe_and_a_heavy_nonce_none(store: Store) -> None:
    for days in range(30):
        moved = text("policy") + text(f"section {days // 15}", 300)
        keep(store, answer(moved, days), days, policy="moved")
        heavy = text("policy") + "".join(sha256_hex(b"%d %d" % (days, number)) for number in range(10))
        keep(store, answer(heavy, days), days, policy="heavy")
    with store._database.reading() as session:
        keyframes = set(session.scalars(select(PayloadRow.sha256).where(PayloadRow.keyframe.is_(None))))
    own = dict.fromkeys(("moved", "heavy"), 0)
    for policy in own:
        for stored in store.captures("marmot", policy):
            own[policy] += stored.capture.sha256 in keyframes
    assert own == {"moved": 2, "heavy": 1}


def test_a_damaged_keyframe_is_named_with_what_depends_on_it(database_url: str) -> None:
    first, second = (answer(text("policy"), number) for number in (1, 2))
    with Store.open(database_url) as store:
        keep(store, first, 0)
        keep(store, second, 1)
        assert rows(store)[sha256_hex(second)][0] == sha256_hex(first)
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        is_first = PayloadRow.sha256 == sha256_hex(first)
        connection.execute(update(PayloadRow).where(is_first).values(data=compress(b"other")))
    with Store.open(database_url) as store:
        with pytest.raises(DamageError, match=f"^{sha256_hex(second)} is stored as a .*{sha256_hex(first)} is damaged"):
            store.payload(sha256_hex(second))
        # What comes then does not depend on what is damaged.
        third = answer(text("policy"), 3)
        keep(store, third, 2)
        assert rows(store)[sha256_hex(third)][0] is None
        assert store.payload(sha256_hex(third)) == third
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM unread")
        connection.exec_driver_sql("DELETE FROM captures")
        connection.execute(delete(PayloadRow).where(is_first))
    engine.dispose()
    with (
        Store.open(database_url) as store,
        pytest.raises(DamageError, match=f"keyframe {sha256_hex(first)} is gone .*as {sha256_hex(second)} is"),
    ):
        store.payload(sha256_hex(second))


def test_captures_of_one_moment_and_other_policies_share_payloads(store: Store) -> None:
    payload = answer(text("policy"), 1)
    for policy in ("privacy", "terms"):
        keep(store, payload, 0, policy=policy)
        store.keep(capture_of(payload, policy=policy, captured_at=BEGIN + timedelta(days=1)), None, POLICY)
    assert len(rows(store)) == 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000), st.binary(max_size=3000))
def test_any_bytes_come_back_from_any_keyframe(plain: bytes, other: bytes) -> None:
    keyframe = Keyframe(sha256_hex(other), other)
    data = compress_against(plain, keyframe)
    assert restore(data, len(plain), sha256_hex(plain), keyframe) == plain
    assert restore(compress(plain), len(plain), sha256_hex(plain)) == plain


@pytest.mark.parametrize("megabytes", [1, 3, 9])
def test_of_a_large_page_what_is_far_apart_is_found_too(megabytes: int) -> None:
    chance = random.Random(megabytes)
    plain = bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz    ", k=megabytes * 1_000_000))
    half = len(plain) // 2
    other = plain[:50] + b"nonce" + plain[50:half] + b"nonce" + plain[half:-50] + b"nonce" + plain[-50:]
    keyframe = Keyframe(sha256_hex(plain), plain)
    data = compress_against(other, keyframe)
    assert len(data) < 3000
    assert restore(data, len(other), sha256_hex(other), keyframe) == other
