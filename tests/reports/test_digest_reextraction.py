"""A reading made again tells no subscriber of a change that no vendor made."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from core.captures import Capture, Reading, Verdict
from core.clauses import Document
from core.policies import PolicyKey
from extraction import read
from storage import Store, reading, service
from tests.keeping import reextract
from tests.reports.digest_examples import ADVERTISERS, COURTS, INSURERS, composed, keep, subscribe, unwrapped
from tests.stored_captures import POLICY, capture_of

Rewrite = Callable[[Capture, Document], Document]


def differently(capture: Capture, document: Document) -> Document:
    """Every text differs from what the extractor before read, so every version id does."""
    return replace(
        document, clauses=tuple(replace(clause, text=f"{clause.text} (kept)") for clause in document.clauses)
    )


def without_recipients(capture: Capture, document: Document) -> Document:
    """What tells the versions apart is read no longer: two of them are one."""
    clauses = tuple(clause for clause in document.clauses if "hand your personal data to" not in clause.text)
    return replace(document, clauses=clauses) if capture.sha256 != capture_of(INSURERS).sha256 else document


def with_its_day(capture: Capture, document: Document) -> Document:
    """Something that differs between captures is read for the first time: one version is two."""
    first, *others = document.clauses
    day = "Monday" if capture.captured_at < capture_of(b"", 4).captured_at else "Thursday"
    return replace(document, clauses=(replace(first, text=f"{first.text}, {day}"), *others))


def use_extractor(monkeypatch: pytest.MonkeyPatch, name: str, rewrite: Rewrite) -> None:
    def read_and_rewrite(capture: Capture, payload: bytes, **selectors: Sequence[str]) -> Reading:
        reading = read(capture, payload, **selectors)
        assert reading.document is not None
        return Reading(Verdict("accepted"), rewrite(capture, reading.document))

    monkeypatch.setattr(service, "_READER", name)
    monkeypatch.setattr(reading, "read", read_and_rewrite)


@pytest.mark.parametrize("rewrite", [differently, without_recipients, with_its_day])
def test_another_extractor_tells_nothing_and_the_next_change_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, rewrite: Rewrite
) -> None:
    for days, payload in ((0, COURTS), (3, ADVERTISERS), (5, ADVERTISERS)):
        keep(store, payload, days)
    subscribe(store, 1)
    assert len(composed(store, 6)) == 1
    versions = {version.id for version in store.library.history(PolicyKey("marmot", "privacy")).versions}

    use_extractor(monkeypatch, "2.1", rewrite)
    reextract(store, PolicyKey("marmot", "privacy"), POLICY)
    assert {version.id for version in store.library.history(PolicyKey("marmot", "privacy")).versions} != versions
    assert composed(store, 7) == []
    keep(store, ADVERTISERS, 8)
    assert composed(store, 9) == []

    keep(store, INSURERS, 10)
    (message,) = composed(store, 11)
    text = unwrapped(message)
    assert "insurance" in text
    assert "court" not in text
    assert text.count("Old text, last seen") == 1
    assert composed(store, 12) == []


def test_a_change_that_comes_while_reading_again_is_interrupted_is_told_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, payload in ((0, COURTS), (3, ADVERTISERS)):
        keep(store, payload, days)
    subscribe(store, 1)
    assert len(composed(store, 4)) == 1

    use_extractor(monkeypatch, "2.1", differently)
    with monkeypatch.context() as patch:
        patch.setattr(service.Keeper, "_put_in_force", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keep(store, capture_of(INSURERS, 5, source="file"), INSURERS, POLICY)
    assert composed(store, 6) == []

    reextract(store, PolicyKey("marmot", "privacy"), POLICY)
    (message,) = composed(store, 7)
    assert "insurance" in unwrapped(message)
    assert "court" not in unwrapped(message)
    assert composed(store, 8) == []
