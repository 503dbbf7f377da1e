"""Which captures are a variant in another language, told by the language of their neighbours."""

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


def said(*texts: str) -> Document:
    clauses = tuple(Clause(position, "paragraph", None, (), text) for position, text in enumerate(texts))
    return Document(None, None, None, clauses)


def seen(days: float, language: str) -> CaptureLanguage:
    return CaptureLanguage(BEGIN + timedelta(days=days), ("http://p.example/", "live", f"{days}"), language)


def quarantined(*captures: CaptureLanguage) -> dict[int, str]:
    """By the day of the capture, why."""
    return {(one.captured_at - BEGIN).days: verdict.evidence for one, verdict in language_variants(captures).items()}


@pytest.mark.parametrize(
    ("document", "language"),
    [
        (said(ENGLISH), "en"),
        (said(*[GERMAN] * 20), "de"),
        (said(ENGLISH[:150]), None),
        (said(*[ENGLISH] * 20, *[GERMAN] * 20), None),
        (said(ENGLISH, GERMAN), None),
        (said(*[ENGLISH, GERMAN] * 10), None),
        (said(NAMES), None),
        (said("12 345 678 " * 60), None),
        (said(), None),
    ],
)
def test_a_language_is_told_only_where_the_whole_text_says_it_clearly(document: Document, language: str | None) -> None:
    assert sure_language(document) == language


def test_a_declared_language_decides_over_what_is_certain() -> None:
    verdict = undeclared_language("de", "en")
    assert verdict is not None
    assert (verdict.reason, verdict.evidence) == ("other_language", "in German, while the declaration states English")
    assert undeclared_language(None, "en") is None
    assert undeclared_language("en", "en") is None
    assert undeclared_language("en", None) is None
    assert undeclared_language("no", "nb") is None


def test_a_run_between_captures_in_the_policys_language_is_a_variant() -> None:
    assert quarantined(seen(0, "en"), seen(1, "en"), seen(8, "de"), seen(9, "en")) == {
        8: "in German, while the captures before (2024-01-02) and after (2024-01-10) are in English"
    }


def test_a_run_of_several_languages_between_is_variants_all() -> None:
    assert set(quarantined(*(seen(day, lang) for day, lang in enumerate(["en", "de", "fr", "en", "en"])))) == {1, 2}


def test_a_last_run_is_a_variant_until_it_has_lasted() -> None:
    english, german = [seen(day, "en") for day in range(9)], [seen(day, "de") for day in range(20, 26)]
    found = quarantined(*english, *german)
    assert set(found) == set(range(20, 26))
    assert found[20] == (
        "in German, while the captures before (2024-01-09) are in English; "
        "captures in German are accepted once they span 30 days"
    )
    assert quarantined(*english, *german, seen(20 + LANGUAGE_MOVE.days - 1, "de")) != {}
    assert quarantined(*english, *german, seen(20 + LANGUAGE_MOVE.days, "de")) == {}


def test_a_move_to_one_language_does_not_let_a_third_in() -> None:
    english = [seen(day, "en") for day in range(9)]
    moved = [seen(20, "de"), seen(30, "fr"), seen(60, "de")]
    assert set(quarantined(*english, *moved)) == {30}


def test_how_a_policy_began_stands() -> None:
    assert quarantined(seen(0, "de"), *(seen(day, "en") for day in range(100, 110))) == {}


def test_of_two_languages_shown_equally_often_the_first_is_the_policys() -> None:
    assert set(quarantined(seen(0, "de"), seen(1, "en"))) == {1}


def test_one_language_is_no_variant_of_itself() -> None:
    assert quarantined(*(seen(day, "fr") for day in range(5))) == {}
    assert quarantined() == {}


histories = st.lists(
    st.builds(seen, st.integers(0, 90), st.sampled_from(["en", "en", "de", "fr"])), max_size=25, unique=True
)


@given(histories, st.data())
def test_only_the_set_of_captures_counts(captures: list[CaptureLanguage], data: st.DataObject) -> None:
    order = data.draw(st.permutations(captures + captures[:3]))
    assert language_variants(order) == language_variants(captures)


@given(histories)
def test_the_policys_language_always_stands(captures: list[CaptureLanguage]) -> None:
    found = language_variants(captures)
    counts = {language: sum(one.language == language for one in captures) for language in ("en", "de", "fr")}
    assert len({one.language for one in found}) < 3
    for one, verdict in found.items():
        assert one in captures
        assert counts[one.language] <= max(counts.values())
        assert verdict.reason == "other_language"
    assert len(found) < len(captures) or not captures
