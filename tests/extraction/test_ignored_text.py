"""Text that a declaration says to ignore is no part of the policy, in every format."""

import pytest

from core.exceptions import ExtractionError
from extraction import extract
from tests.extraction.example_pages import PARAGRAPHS, POLICY, html

LINES = ("Privacy Policy", *PARAGRAPHS, "You are guest 4711. We keep your messages for a year.", "Online: 12")
IGNORE = (r"You are guest \d+\. ", r"^Online: \d+$")


@pytest.mark.parametrize("counter", [1, 98_765])
@pytest.mark.parametrize("media_type", ["text/html", "text/markdown", "text/plain"])
def test_ignored_text_is_no_part_of_any_format(media_type: str, counter: int) -> None:
    lines = [line.replace("4711", str(counter)).replace("12", str(counter)) for line in LINES]
    payload = "\n\n".join(lines).encode()
    if media_type == "text/html":
        payload = html(f"<h1>Privacy Policy</h1>{POLICY}<p>{lines[-2]}</p><p>{lines[-1]}</p>")
    texts = [clause.text for clause in extract(payload, media_type, ignore=IGNORE).clauses]
    assert texts[-1] == "We keep your messages for a year."
    assert len(texts) == len(extract(payload, media_type).clauses) - 1


def test_what_is_left_counts_as_spelled_like_this() -> None:
    page = html(f"<h1>Privacy Policy</h1>{POLICY}<p>We&nbsp;&nbsp;keep it. Guest no. 5</p>")
    clause = extract(page, "text/html", ignore=[r"Guest no\. \d"]).clauses[-1]
    assert (clause.text, clause.typography) == ("We keep it.", "")


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(.*?,){11}P", r"(\w+\s?)*!"])
def test_a_pattern_ends_where_backtracking_would_not(pattern: str) -> None:
    """With Python's `re`, each of these patterns takes longer than a lifetime for 2,000 letters."""
    text = "Privacy Policy\n\n" + "a" * 2_000 + "b " + "1," * 2_000
    assert extract(text.encode(), "text/plain", ignore=[pattern]).clauses


def test_a_pattern_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ExtractionError, match=r"'\(abc' is not a regular expression .* missing \)"):
        extract(b"Privacy Policy", "text/plain", ignore=["(abc"])


def test_lone_surrogates_do_not_stop_a_pattern() -> None:
    assert extract(b"We keep \xed\xb2\x80 logs. Guest 5", "text/plain", ignore=[r"Guest \d"]).clauses
