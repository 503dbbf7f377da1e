"""The lowest results on the corpora of bench/extraction that a change of the extractor may have."""

from bench.extraction import pages, readings, screening, versions
from bench.extraction.words import Score
from tests.shared_material import needs_shared


def assert_accurate(score: Score, notes: list[str]) -> None:
    """Asserts that nearly all words of the policies are extracted, and hardly any words of furniture."""
    assert score.kept_percent >= 99.5, notes
    assert score.let_in_percent <= 0.5, notes


def test_text_of_written_pages_is_kept_and_furniture_left_out() -> None:
    figures = pages.measure()
    assert_accurate(figures.score, figures.notes)
    assert figures.texts >= 0.97 * figures.clauses, figures.notes


def test_pages_sent_instead_of_a_policy_get_the_right_verdict() -> None:
    figures = screening.measure("index.jsonl")
    assert figures.right >= 0.99 * figures.pages, figures.notes


def test_no_policy_that_looks_like_something_else_is_quarantined() -> None:
    figures = screening.measure("good.jsonl")
    assert figures.quarantined == 0, figures.notes


@needs_shared
def test_real_pages_are_read_as_a_person_reads_them() -> None:
    figures = readings.measure()
    assert_accurate(figures.score, figures.notes)


# The policy and the time of changes that Open Terms Archive recorded although the policy's text didn't change. The
# causes are links to an app store, an e-mail address that Cloudflare encoded, and a missing page.
FALSE_CHANGES = {
    ("her-privacy-policy", "2024-05-28T00:32:34Z"),
    ("hily-privacy-policy", "2022-12-22T12:32:37Z"),
    ("mektoube-privacy-policy", "2025-11-18T12:33:42Z"),
}


@needs_shared
def test_changed_words_make_a_version_and_other_changes_hardly_ever() -> None:
    figures = versions.measure()
    assert figures.missed == FALSE_CHANGES, figures.notes
    assert figures.ratio <= 0.8, figures.policies
