"""What can't be compared, composed or sent whole for one policy or one subscriber never stops the others."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from core.exceptions import StoppedWorkError, StorageError
from core.policies import PolicyKey
from reports import compose
from reports.digest_email import DigestEntry, as_email
from storage import Store
from storage.tables.models import DocumentRow, ReadingRow
from tests.keeping import verify
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    SENDER,
    VENDORS,
    html,
    keep_confirmed,
    parsed_email,
    subscribe,
    unwrapped,
)
from tests.reports.report_examples import added, version_report
from tests.reports.test_digest_email import SUBSCRIBER, entry_of
from tests.stored_captures import BEGIN
from tests.stored_captures import POLICY as PRIVACY_POLICY
from tests.stored_digests import waiting_messages

PRIVACY = PolicyKey("marmot", "privacy")
LATER = BEGIN + timedelta(days=3)


def composed_with(store: Store, call: Callable[[Callable[[], Any]], Any]) -> tuple[list[str], list[str]]:
    """Composes digests. Returns the plain texts of the messages, and the faults."""
    faults: list[str] = []
    before = {message.id for message in waiting_messages(store)}
    compose(store, VENDORS, LATER, SENDER, call=call, report_fault=faults.append)
    new = [message for message in waiting_messages(store) if message.id not in before]
    return [unwrapped(parsed_email(message.message)) for message in new], faults


def called(function: Callable[[], Any]) -> Any:
    return function()


def stops(part: str) -> Callable[[Callable[[], Any]], Any]:
    """Returns a caller that stops every call whose arguments contain a text."""

    def call(function: Callable[[], Any]) -> Any:
        assert isinstance(function, partial)
        if part in repr(function.args):
            raise StoppedWorkError("the comparison took longer than the limit of 60 seconds (CLAUSEWATCH_TIME_LIMIT)")
        return function()

    return call


def keep_changes_of_two_vendors(store: Store) -> None:
    for vendor in ("marmot", "otter"):
        keep_confirmed(store, COURTS, 0, vendor)
    subscribe(store, 1)
    for vendor in ("marmot", "otter"):
        keep_confirmed(store, ADVERTISERS, 2, vendor)


def test_a_comparison_beyond_its_limit_leaves_the_others_told(store: Store) -> None:
    keep_changes_of_two_vendors(store)
    (message,), faults = composed_with(store, stops("vendor='marmot'"))
    assert "Otter Post privacy" in message
    assert "Marmot Mail" not in message
    (fault,) = faults
    assert fault.startswith(
        "marmot/privacy: its changes could not be worked out: the comparison took longer than the limit"
    )
    assert [standing.vendor for standing in store.library.standings() if standing.fault] == ["marmot"]
    # It is not tried again until it changes. Then nothing of it is lost.
    assert composed_with(store, called) == ([], [])
    keep_confirmed(store, INSURERS, 2.5)
    (message,), faults = composed_with(store, called)
    assert faults == []
    assert "advertiser" in message
    assert "insurance" in message
    assert [standing.fault for standing in store.library.standings()] == ["", ""]


def test_no_fault_stays_at_a_policy_that_is_well_again(store: Store) -> None:
    keep_changes_of_two_vendors(store)
    composed_with(store, stops("vendor='marmot'"))
    # A capture of tomorrow has the policy examined again and again.
    keep_confirmed(store, ADVERTISERS, 3.5)
    (message,), faults = composed_with(store, called)
    assert ("Marmot Mail" in message, faults) == (True, [])
    assert [standing.fault for standing in store.library.standings()] == ["", ""]


def test_no_fault_stays_if_only_the_message_cannot_be_written(store: Store) -> None:
    keep_changes_of_two_vendors(store)
    composed_with(store, stops("vendor='marmot'"))
    keep_confirmed(store, INSURERS, 2.5)
    _, (fault,) = composed_with(store, stops(repr(SENDER)))
    assert "the digest to reader@client.example could not be written" in fault
    assert [standing.fault for standing in store.library.standings()] == ["", ""]


def test_no_fault_stays_at_a_policy_that_is_no_longer_declared(store: Store) -> None:
    keep_changes_of_two_vendors(store)
    composed_with(store, stops("vendor='marmot'"))
    keep_confirmed(store, INSURERS, 2.5)
    compose(store, {"otter": VENDORS["otter"]}, LATER, SENDER)
    assert [standing.fault for standing in store.library.standings()] == ["", ""]


def test_a_damaged_document_of_one_policy_leaves_the_others_told(store: Store) -> None:
    keep_changes_of_two_vendors(store)
    keep_confirmed(store, INSURERS, 2.2)  # only this text of marmot is not a text of otter
    capture_id = store.library.captures(PRIVACY)[-1].id
    document = select(ReadingRow.document_sha256).where(ReadingRow.capture_id == capture_id).scalar_subquery()
    with store.database.write_session() as session:
        session.execute(update(DocumentRow).where(DocumentRow.sha256 == document).values(data=b"damaged"))
    (message,), (fault,) = composed_with(store, called)
    assert "Otter Post privacy" in message
    assert fault.startswith("marmot/privacy: its changes could not be worked out: ")
    assert {finding.remedy for finding in verify(store, {PRIVACY: PRIVACY_POLICY}, repair=True)} == {"mended"}
    (message,), faults = composed_with(store, called)
    assert faults == []
    assert "insurance" in message


def test_a_message_that_cannot_be_written_leaves_the_others_written(store: Store) -> None:
    keep_changes_of_two_vendors(store)
    subscribe(store, 1, "marmot", "otter", address="other@client.example")
    (message,), faults = composed_with(store, stops("('marmot', 'otter')"))
    assert "Otter Post privacy" in message
    assert faults[0].startswith("the digest to other@client.example could not be written: ")
    (late,), faults = composed_with(store, called)
    assert faults == []
    assert "other@client.example is subscribed to changes at Marmot Mail, Otter Post" in late


def test_an_entry_that_cannot_be_written_leaves_the_others_in_the_mail(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text with an encoded word for a lone surrogate kept the mail to every subscriber from being written."""
    keep_changes_of_two_vendors(store)

    def failing(entries: Sequence[DigestEntry], *others: Any) -> bytes:
        if any("Marmot" in entry.name for entry in entries):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return as_email(entries, *others)

    monkeypatch.setattr("reports.policy_changes.as_email", failing)
    (message,), faults = composed_with(store, called)
    assert "Otter Post privacy" in message
    (fault,) = faults
    assert fault.startswith("marmot/privacy: its changes could not be worked out: UnicodeEncodeError")


def test_a_lost_database_is_no_fault_of_a_policy(store: Store) -> None:
    def lost(function: Callable[[], Any]) -> Any:
        raise StorageError("the connection was lost")

    keep_changes_of_two_vendors(store)
    with pytest.raises(StorageError, match="the connection was lost"):
        composed_with(store, lost)
    assert len(composed_with(store, called)[0]) == 1


def test_a_long_insertion_keeps_no_other_change_out_of_a_mail() -> None:
    long = entry_of(version_report(added(1, "We keep it. " * 100_000), vendor_name="Long"))
    many = entry_of(version_report(*(added(n, f"{n} keep it. " * 40) for n in range(1000)), vendor_name="Many"))
    short = entry_of(version_report(added(1, "We sell it."), vendor_name="Short"))
    data = as_email([long, many, short], SUBSCRIBER, VENDORS, BEGIN, SENDER)
    assert len(data) < 100_000
    message = parsed_email(data)
    for text in (unwrapped(message), html(message)):
        assert "[1195000 more characters: see the whole report]" in text
        assert "more changes are not shown here: this e-mail has no room for them" in text
        assert "We sell it." in text


def test_a_change_that_cannot_be_compared_keeps_back_no_later_change(store: Store) -> None:
    keep_confirmed(store, COURTS, 0)
    subscribe(store, 1)
    keep_confirmed(store, ADVERTISERS, 2)
    keep_confirmed(store, INSURERS, 2.5)
    stopped: list[bool] = []

    def stops_the_first(function: Callable[[], Any]) -> Any:
        stopped.append(not stopped)
        if stopped[-1]:
            raise StoppedWorkError(
                "comparing the texts took longer than the limit of 60 seconds (CLAUSEWATCH_TIME_LIMIT)"
            )
        return function()

    (message,), (fault,) = composed_with(store, stops_the_first)
    assert "insurance" in message
    assert fault.startswith(
        "marmot/privacy: its changes could not be worked out: comparing the texts took longer than the limit"
    )
    keep_confirmed(store, COURTS, 2.7)
    (message,), faults = composed_with(store, called)
    assert faults == []
    assert "advertiser" in message  # the change that could not be compared before
    assert message.count("New text, first seen") == 2
