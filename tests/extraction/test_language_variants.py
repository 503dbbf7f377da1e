"""Variants in another language are recognised by comparing the languages of all captures of a policy."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clauses import Clause, Document
from extraction.screening.language_variants import (
    LANGUAGE_MOVE,
    CaptureLanguage,
    language_variants,
    sure_language,
    undeclared_language,
)

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)

ENGLISH = (
    "We collect the personal data that you give us when you open an account, and we store the messages you send. "
    "You may ask us at any time for a copy of your data, have it corrected, or have it deleted by writing to us. "
)
GERMAN = (
    "Wir erheben die personenbezogenen Daten, die Sie uns bei der Anmeldung geben, und speichern Ihre Nachrichten. "
    "Sie können jederzeit Auskunft über Ihre Daten verlangen, sie berichtigen oder löschen lassen. "
)
NAMES = " ".join(
    f"Contoso {place} Ltd, {number} High Street" for number, place in enumerate(("Oslo", "Graz", "Lyon", "Bern") * 3)
)


def document_of(*texts: str) -> Document:
    clauses = tuple(Clause(position, "paragraph", None, (), text) for position, text in enumerate(texts))
    return Document(None, None, None, clauses)


def capture_in(language: str, days: float) -> CaptureLanguage:
    return CaptureLanguage(BEGIN + timedelta(days=days), ("http://p.example/", "live", f"{days}"), language)


def quarantined(*captures: CaptureLanguage) -> dict[int, str]:
    """Returns the evidence of each variant's verdict. The key is the number of days from BEGIN to the capture."""
    return {
        (capture.captured_at - BEGIN).days: verdict.evidence for capture, verdict in language_variants(captures).items()
    }


@pytest.mark.parametrize(
    ("document", "language"),
    [
        (document_of(ENGLISH), "en"),
        (document_of(*[GERMAN] * 20), "de"),
        (document_of(ENGLISH[:150]), None),
        (document_of(*[ENGLISH] * 20, *[GERMAN] * 20), None),
        (document_of(ENGLISH, GERMAN), None),
        (document_of(*[ENGLISH, GERMAN] * 10), None),
        (document_of(NAMES), None),
        (document_of("12 345 678 " * 60), None),
        (document_of(), None),
    ],
)
def test_language_is_certain_if_the_whole_text_is_in_one_language(document: Document, language: str | None) -> None:
    assert sure_language(document) == language


def test_document_is_quarantined_if_its_language_is_not_the_declared() -> None:
    verdict = undeclared_language("de", "en")
    assert verdict is not None
    assert (verdict.reason, verdict.evidence) == ("other_language", "in German, while the declaration states English")
    assert undeclared_language(None, "en") is None
    assert undeclared_language("en", "en") is None
    assert undeclared_language("en", None) is None
    assert undeclared_language("no", "nb") is None


def test_captures_between_two_in_the_policys_own_language_are_variants() -> None:
    assert quarantined(capture_in("en", 0), capture_in("en", 1), capture_in("de", 8), capture_in("en", 9)) == {
        8: "in German, while the captures before (2024-01-02) and after (2024-01-10) are in English"
    }


def test_all_captures_of_a_run_in_several_languages_are_variants() -> None:
    assert set(
        quarantined(*(capture_in(language, day) for day, language in enumerate(["en", "de", "fr", "en", "en"])))
    ) == {1, 2}


def test_latest_captures_are_variants_until_they_span_thirty_days() -> None:
    english, german = [capture_in("en", day) for day in range(9)], [capture_in("de", day) for day in range(20, 26)]
    evidence = quarantined(*english, *german)
    assert set(evidence) == set(range(20, 26))
    assert evidence[20] == (
        "in German, while the captures before (2024-01-09) are in English; "
        "captures in German are accepted once they span 30 days"
    )
    assert quarantined(*english, *german, capture_in("de", 20 + LANGUAGE_MOVE.days - 1)) != {}
    assert quarantined(*english, *german, capture_in("de", 20 + LANGUAGE_MOVE.days)) == {}


def test_switch_to_a_language_does_not_accept_a_third_language() -> None:
    english = [capture_in("en", day) for day in range(9)]
    later = [capture_in("de", 20), capture_in("fr", 30), capture_in("de", 60)]
    assert set(quarantined(*english, *later)) == {30}


def test_captures_before_the_policys_own_language_are_not_variants() -> None:
    assert quarantined(capture_in("de", 0), *(capture_in("en", day) for day in range(100, 110))) == {}


def test_first_of_two_equally_frequent_languages_is_the_policys_own() -> None:
    assert set(quarantined(capture_in("de", 0), capture_in("en", 1))) == {1}


def test_captures_in_a_single_language_are_not_variants() -> None:
    assert quarantined(*(capture_in("fr", day) for day in range(5))) == {}
    assert quarantined() == {}


histories = st.lists(
    st.builds(capture_in, st.sampled_from(["en", "en", "de", "fr"]), st.integers(0, 90)), max_size=25, unique=True
)


@given(histories, st.data())
def test_variants_do_not_depend_on_the_order_of_captures(captures: list[CaptureLanguage], data: st.DataObject) -> None:
    order = data.draw(st.permutations(captures + captures[:3]))
    assert language_variants(order) == language_variants(captures)


@given(histories)
def test_most_frequent_language_is_never_a_variant(captures: list[CaptureLanguage]) -> None:
    variants = language_variants(captures)
    counts = Counter(capture.language for capture in captures)
    assert len({capture.language for capture in variants}) < 3
    for variant, verdict in variants.items():
        assert variant in captures
        assert counts[variant.language] <= max(counts.values())
        assert verdict.reason == "other_language"
    assert len(variants) < len(captures) or not captures
