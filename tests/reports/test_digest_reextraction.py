"""Digests after captures were read again: subscribers get no change that only comes from the new reading."""

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest

from core.captures import Capture
from core.clauses import Document
from core.policies import PolicyKey
from diffing.sameness import version_id
from extraction import read
from formats.document_json import encode
from intake.reading_task import CaptureText, ReadingTask, read_capture
from intake.service import Intake
from storage import Store, policies
from tests.reports.digest_examples import (
    ADVERTISERS,
    COURTS,
    INSURERS,
    composed,
    intake_with,
    keep_confirmed,
    read_by,
    subscribe,
    unwrapped,
)
from tests.stored_captures import capture_of

MARMOT_PRIVACY = PolicyKey("marmot", "privacy")
ANOTHER_READER = read_by(2)

Rewrite = Callable[[Capture, Document], Document]


def differently(capture: Capture, document: Document) -> Document:
    """Returns the document with every clause changed, so that every version gets a new id."""
    return replace(
        document, clauses=tuple(replace(clause, text=f"{clause.text} (kept)") for clause in document.clauses)
    )


def without_recipients(capture: Capture, document: Document) -> Document:
    """Returns the document without the clause in which two versions differ, so that the two become one version."""
    clauses = tuple(clause for clause in document.clauses if "hand your personal data to" not in clause.text)
    return replace(document, clauses=clauses) if capture.sha256 != capture_of(INSURERS).sha256 else document


def with_day_of_week(capture: Capture, document: Document) -> Document:
    """Returns the document with a word that depends on the capture's time, so that one version becomes two."""
    first, *others = document.clauses
    day = "Monday" if capture.captured_at < capture_of(b"", 4).captured_at else "Thursday"
    return replace(document, clauses=(replace(first, text=f"{first.text}, {day}"), *others))


def intake_rewriting(store: Store, rewrite: Rewrite) -> Intake:
    """Returns an intake that rewrites each document after extraction."""

    def read_and_rewrite(task: ReadingTask) -> CaptureText:
        document = read(task.capture, task.payload).document
        assert document is not None
        rewritten = rewrite(task.capture, document)
        return replace(read_capture(task), document=encode(rewritten), version_id=version_id(rewritten))

    return intake_with(store, read_and_rewrite)


@pytest.mark.parametrize("rewrite", [differently, without_recipients, with_day_of_week])
def test_after_reextraction_only_the_next_change_is_sent(store: Store, rewrite: Rewrite) -> None:
    for days, payload in ((0, COURTS), (3, ADVERTISERS), (5, ADVERTISERS)):
        keep_confirmed(store, payload, days)
    subscribe(store, 1)
    assert len(composed(store, 6)) == 1
    versions = {version.id for version in store.library.history(MARMOT_PRIVACY).versions}

    intake = intake_rewriting(store, rewrite)
    intake.reextract(MARMOT_PRIVACY, ANOTHER_READER)
    assert {version.id for version in store.library.history(MARMOT_PRIVACY).versions} != versions
    assert composed(store, 7) == []
    keep_confirmed(store, ADVERTISERS, 8, intake=intake, declared=ANOTHER_READER)
    assert composed(store, 9) == []

    keep_confirmed(store, INSURERS, 10, intake=intake, declared=ANOTHER_READER)
    (message,) = composed(store, 11)
    text = unwrapped(message)
    assert "insurance" in text
    assert "court" not in text
    assert text.count("Old text, last seen") == 1
    assert composed(store, 12) == []


def test_a_change_during_an_interrupted_reextraction_is_sent_once(store: Store) -> None:
    for days, payload in ((0, COURTS), (3, ADVERTISERS)):
        keep_confirmed(store, payload, days)
    subscribe(store, 1)
    assert len(composed(store, 4)) == 1

    intake = intake_rewriting(store, differently)
    with (
        patch.object(policies, "put_in_force", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        intake.keep((capture_of(INSURERS, 5, source="file"), INSURERS, ANOTHER_READER))
    assert composed(store, 6) == []

    intake.reextract(MARMOT_PRIVACY, ANOTHER_READER)
    (message,) = composed(store, 7)
    assert "insurance" in unwrapped(message)
    assert "court" not in unwrapped(message)
    assert composed(store, 8) == []
