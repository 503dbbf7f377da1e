"""The corpora of bench/extraction: what no change of the extractor may make worse."""

from bench.extraction import pages, readings, screening, versions
from bench.extraction.words import Score
from tests.shared_material import needs_shared


def assert_whole_and_clean(score: Score, notes: list[str]) -> None:
    """Asserts that the policy's words are kept and the furniture's are left out."""
    assert score.kept_percent >= 99.5, notes
    assert score.let_in_percent <= 0.5, notes


def test_text_of_written_pages_is_kept_and_furniture_left_out() -> None:
    figures = pages.measure()
    assert_whole_and_clean(figures.score, figures.notes)
    assert figures.texts >= 0.97 * figures.clauses, figures.notes


def test_pages_in_a_policys_place_get_the_right_verdict() -> None:
    figures = screening.measure("index.jsonl")
    assert figures.right >= 0.99 * figures.pages, figures.notes


def test_no_policy_that_looks_like_something_else_is_quarantined() -> None:
    figures = screening.measure("good.jsonl")
    assert figures.quarantined == 0, figures.notes


@needs_shared
def test_real_pages_are_read_as_a_person_reads_them() -> None:
    figures = readings.measure()
    assert_whole_and_clean(figures.score, figures.notes)


# Changes of words that aren't the policy's: links to get an app, an address that Cloudflare hid, a missing page.
NOISE = {
    ("her-privacy-policy", "2024-05-28T00:32:34Z"),
    ("hily-privacy-policy", "2022-12-22T12:32:37Z"),
    ("mektoube-privacy-policy", "2025-11-18T12:33:42Z"),
}


@needs_shared
def test_every_change_of_words_makes_a_version_and_little_else_does() -> None:
    figures = versions.measure()
    assert figures.missed == NOISE, figures.notes
    assert figures.ratio <= 0.8, figures.policies
