"""A standing is computed from groups of captures, and equals the standing computed from every single capture."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, delete, text, update
from sqlalchemy.orm import Session

import storage.standings
from core.declarations import Location, Policy
from core.exceptions import DamageError, StorageError
from core.policies import PolicyKey
from storage import Review, Standing, Store
from storage.tables.models import ReadingRow, StandingRow
from storage.upkeep import back_up, restore
from tests import keeping
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page

A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
GERMAN = f"""<html lang="de"><body><h1>Datenschutzerklärung</h1>{
    "".join(
        f"<p>{number}. Wir verarbeiten Ihre personenbezogenen Daten nur, soweit es für unseren Dienst nötig ist.</p>"
        for number in range(8)
    )
}</body></html>""".encode()
SHOP = b"""<!DOCTYPE html><title>Marmot</title><main><h1>Autumn catalogue</h1>
<p>Woollen socks, felt slippers and tea cosies are knitted by hand in small numbers until they run out.</p>
<p>Every order above forty euros is delivered free of charge, wrapped in paper that our neighbours print.</p></main>"""
REFUSED = b"<html><title>Access denied</title><p>Access denied. You have been blocked.</p></html>"


def keep(store: Store, payload: bytes, days: float, policy: str = "privacy", status: int = 200) -> int:
    return keeping.keep(store, capture_of(payload, days, policy=policy, status=status), payload, POLICY).capture_id


def keep_archived(store: Store, payload: bytes, days: float, policy: str = "privacy") -> int:
    """Stores a capture from an archive, whose text needs no confirmation."""
    capture = capture_of(payload, days, policy=policy, source="wayback")
    kept = keeping.keep(store, capture, payload, POLICY)
    assert kept.verdict.name == "accepted"
    return kept.capture_id


def standings_by_policy(store: Store) -> dict[str, Standing]:
    return {standing.policy: standing for standing in store.library.standings()}


def standing_by_captures(store: Store, policy: str) -> Standing:
    """Returns a policy's standing, computed from all its captures and its history."""
    captures = store.library.captures(PolicyKey("marmot", policy))
    accepted = [stored for stored in captures if stored.verdict.name == "accepted"]
    quarantined = [stored for stored in captures if stored.verdict.name == "quarantined"]
    last = accepted[-1].capture.captured_at if accepted else None
    after = [stored for stored in captures if last is None or stored.capture.captured_at > last]
    versions = store.library.history(PolicyKey("marmot", policy)).versions
    held = store.library.settled(PolicyKey("marmot", policy)).held_now
    held_clauses = store.library.document(held.first.capture_id).clauses if held else ()
    return Standing(
        vendor="marmot",
        policy=policy,
        captures=len(captures),
        last_capture=captures[-1].capture.captured_at,
        last_accepted=last,
        last_change=versions[-1].first.captured_at if len(versions) > 1 else None,
        failing_since=after[0].capture.captured_at if after else None,
        quarantined=Counter(stored.verdict.reason for stored in quarantined if stored.verdict.reason),
        reason=captures[-1].verdict.reason,
        evidence=captures[-1].verdict.evidence if after else "",
        held_since=held.first.captured_at if held else None,
        held_text=" ".join(clause.text for clause in held_clauses)[:200],
    )


def test_counts_and_times_come_from_all_captures(store: Store) -> None:
    keep(store, A, 0)
    keep(store, REFUSED, 1, status=403)
    keep(store, B, 2)
    keep(store, A, 3)
    keep(store, b"", 4)
    keep(store, REFUSED, 5, status=403)
    keep(store, REFUSED, 6, status=403)
    keep(store, B, 0.5, "privacy-eu")
    keep(store, REFUSED, 0.7, "cookies", status=403)
    standings = standings_by_policy(store)
    assert standings == {name: standing_by_captures(store, name) for name in ("privacy", "privacy-eu", "cookies")}
    privacy = standings["privacy"]
    assert (privacy.captures, dict(privacy.quarantined)) == (7, {"blocked": 3, "empty": 1})
    assert list(privacy.quarantined) == ["blocked", "empty"]
    days = [(moment - BEGIN).days for moment in (privacy.last_accepted, privacy.failing_since) if moment]
    assert days == [3, 4]
    assert (standings["privacy-eu"].failing_since, standings["cookies"].last_accepted) == (None, None)


def test_a_return_to_an_earlier_text_does_not_alter_last_change(store: Store) -> None:
    for days, payload in enumerate((A, B, A, B, A)):
        keep(store, payload, days)
    assert standings_by_policy(store)["privacy"].last_change == capture_of(B, 1).captured_at


def test_a_users_decision_changes_the_standing(store: Store) -> None:
    keep(store, A, 0)
    late = keep(store, B, 1)
    store.library.review([late], Review("rejected", "ann", "", datetime.now(UTC)))
    rejected = standings_by_policy(store)["privacy"]
    assert rejected == standing_by_captures(store, "privacy")
    assert (dict(rejected.quarantined), rejected.failing_since) == ({"rejected": 1}, capture_of(B, 1).captured_at)
    store.library.review([late], Review("accepted", "ann", "", datetime.now(UTC)))
    assert standings_by_policy(store)["privacy"] == standing_by_captures(store, "privacy")
    assert standings_by_policy(store)["privacy"].failing_since is None


def test_a_capture_in_another_language_counts_as_quarantined(store: Store) -> None:
    for days, payload in enumerate((A, GERMAN, A, B)):
        keep(store, payload, days)
    standing = standings_by_policy(store)["privacy"]
    assert standing == standing_by_captures(store, "privacy")
    assert dict(standing.quarantined) == {"other_language": 1}


@pytest.mark.parametrize("reviewed", [False, True])
def test_unread_captures_are_counted_separately(database_url: str, reviewed: bool) -> None:
    with Store.open(database_url) as store:
        first = keep(store, A, 0)
        last = keep(store, B, 1)
        with store.database.write_session() as session:
            session.execute(delete(ReadingRow).where(ReadingRow.capture_id == last))
        if reviewed:
            store.library.review([first], Review("accepted", "ann", "", datetime.now(UTC)))
        standing = standings_by_policy(store)["privacy"]
    assert (standing.captures, standing.unread, dict(standing.quarantined)) == (2, 1, {})
    assert standing.failing_since is None
    assert standing.last_change is None
    assert standing.last_accepted == capture_of(A).captured_at
    assert standing.last_capture == capture_of(B, 1).captured_at


def test_the_newest_capture_says_why_it_is_quarantined(store: Store) -> None:
    keep(store, A, 0)
    keep(store, b"", 1)
    keep(store, REFUSED, 2, status=403)
    standing = standings_by_policy(store)["privacy"]
    assert standing.reason == "blocked"
    assert standing.evidence == "answered with HTTP status 403"
    keep(store, A, 3)
    standing = standings_by_policy(store)["privacy"]
    assert (standing.reason, standing.evidence) == (None, "")


def test_a_capture_with_most_of_an_accepted_text_counts_as_accepted(store: Store) -> None:
    keep(store, A, 0)
    titled_otherwise = keep(store, B, 1)
    reading = {"verdict": "quarantined", "reason": "other_document"}
    with store.database.write_session() as session:
        session.execute(update(ReadingRow).where(ReadingRow.capture_id == titled_otherwise).values(reading))
    standing = standings_by_policy(store)["privacy"]
    assert standing == standing_by_captures(store, "privacy")
    assert (dict(standing.quarantined), standing.failing_since) == ({}, None)


def test_a_hold_begins_with_its_first_capture_and_ends_when_the_text_returns(store: Store) -> None:
    for days, payload in ((0, A), (10, SHOP), (11, SHOP)):
        keep_archived(store, payload, days)
    standing = standings_by_policy(store)["privacy"]
    assert standing == standing_by_captures(store, "privacy")
    assert standing.held_since == capture_of(SHOP, 10).captured_at
    assert standing.held_text.startswith("Autumn catalogue Woollen socks")
    keep_archived(store, A, 12)
    assert standings_by_policy(store)["privacy"].held_since is None


def test_a_text_held_for_three_days_is_no_longer_held(store: Store) -> None:
    for days, payload in ((0, A), (10, SHOP), (12, SHOP), (13.1, SHOP)):
        keep_archived(store, payload, days)
    assert standings_by_policy(store)["privacy"] == standing_by_captures(store, "privacy")
    assert standings_by_policy(store)["privacy"].held_since is None


def test_an_accepted_hold_and_a_rejected_hold_end(store: Store) -> None:
    keep_archived(store, A, 0)
    held = keep_archived(store, SHOP, 10)
    for decision in ("accepted", "rejected"):
        store.library.review([held], Review(decision, "ann", "", datetime.now(UTC)))
        assert standings_by_policy(store)["privacy"] == standing_by_captures(store, "privacy")
        assert standings_by_policy(store)["privacy"].held_since is None


def test_a_hold_ends_with_the_next_capture_of_a_text_seen_before(store: Store) -> None:
    """The newest text first appeared long ago, so its age says nothing about its newest period."""
    for days, payload in ((0, A), (10, SHOP), (20, A), (40, SHOP)):
        keep_archived(store, payload, days)
    assert standings_by_policy(store)["privacy"] == standing_by_captures(store, "privacy")
    assert standings_by_policy(store)["privacy"].held_since == capture_of(SHOP, 40).captured_at
    keep_archived(store, SHOP, 44)
    assert standings_by_policy(store)["privacy"] == standing_by_captures(store, "privacy")
    assert standings_by_policy(store)["privacy"].held_since is None


def test_the_texts_of_most_policies_are_not_compared(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for days, payload in ((0, A), (10, B), (20, A), (30, A)):
        keep_archived(store, payload, days)

    def refuse(*_: object) -> None:
        raise AssertionError("no hold is possible")

    monkeypatch.setattr(storage.standings, "judged_captures", refuse)
    assert standings_by_policy(store)["privacy"].held_since is None


def test_an_empty_database_has_no_standings(store: Store) -> None:
    assert store.library.standings() == ()


def refuse(*_: object) -> None:
    raise AssertionError("the standing is derived anew")


def test_a_standing_is_derived_once_and_again_after_every_change(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever changes the history: a capture, a review, another policy reader, another rule, another name."""
    keep(store, A, 0)
    late = keep(store, B, 1)
    keep(store, A, 0, "terms")
    derived: list[PolicyKey] = []
    derive = storage.standings._derived

    def note(session: Any, key: PolicyKey, *arguments: Any) -> Any:
        derived.append(key)
        return derive(session, key, *arguments)

    def derived_for(standings: Iterable[Standing]) -> list[str]:
        for standing in standings:
            assert standing == replace(standing_by_captures(store, standing.policy), vendor=standing.vendor)
        names = sorted(key.policy for key in derived)
        derived.clear()
        return names

    monkeypatch.setattr(storage.standings, "_derived", note)
    assert derived_for(store.library.standings()) == ["privacy", "terms"]
    assert derived_for(store.library.standings()) == []
    keep(store, REFUSED, 2, "terms", status=403)
    assert derived_for(store.library.standings(["marmot"])) == ["terms"]
    store.library.review([late], Review("rejected", "ann", "", datetime.now(UTC)))
    assert derived_for(store.library.standings()) == ["privacy"]
    keeping.reextract(store, PolicyKey("marmot", "privacy"), Policy(locations=(Location(url=URL, remove=("h2",)),)))
    assert derived_for(store.library.standings()) == ["privacy"]
    assert derived_for(store.library.standings()) == []
    monkeypatch.setattr(storage.standings, "_RULES", 0)
    assert derived_for(store.library.standings()) == ["privacy", "terms"]


def test_a_kept_standing_survives_a_backup(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, A, 0)
    keep(store, REFUSED, 1, status=403)
    before = store.library.standings()
    back_up(store, tmp_path / "a.backup", BEGIN)
    with Store.open(f"sqlite:///{tmp_path / 'restored.db'}") as restored:
        restore(restored, tmp_path / "a.backup")
        monkeypatch.setattr(storage.standings, "_derived", refuse)
        assert restored.library.standings() == before


def test_a_damaged_row_is_derived_again(store: Store) -> None:
    keep(store, A, 0)
    keep(store, REFUSED, 1, status=403)
    before = store.library.standings()
    with store.database.write_session() as session:
        session.execute(text("UPDATE standings SET quarantined = 'x'"))
    assert store.library.standings() == before
    with store.database.read_session() as session:
        assert session.scalar(text("SELECT quarantined FROM standings")) == '{"blocked":1}'


def test_a_database_that_cannot_be_written_shows_the_standings_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("no space left")

    keep(store, A, 0)
    monkeypatch.setattr(storage.standings, "keep", fail)
    assert standings_by_policy(store)["privacy"] == standing_by_captures(store, "privacy")


def test_damage_of_one_vendor_leaves_the_standings_of_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for vendor in ("marmot", "otter"):
        keeping.keep(store, capture_of(A, vendor=vendor), A, POLICY)
    with store.database.write_session() as session:
        session.execute(delete(StandingRow))
    groups_of = storage.standings._groups

    def damaged(session: Session, condition: ColumnElement[bool]) -> dict[PolicyKey, list[Any]]:
        groups = groups_of(session, condition)
        if any(key.vendor == "marmot" for key in groups):
            raise DamageError("the value 'x' in the database was altered")
        return groups

    monkeypatch.setattr(storage.standings, "_groups", damaged)
    faults = {standing.vendor: (standing.fault, standing.last_accepted) for standing in store.library.standings()}
    assert faults == {"marmot": ("the value 'x' in the database was altered", None), "otter": ("", BEGIN)}
