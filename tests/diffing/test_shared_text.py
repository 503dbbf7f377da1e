"""Whether two documents share text."""

from core.clauses import Clause, Document
from diffing.shared_text import sequences, share_text, shares_most


def document(*texts: str) -> Document:
    clauses = tuple(Clause(position, "paragraph", None, (), text) for position, text in enumerate(texts))
    return Document(title=None, language=None, effective_date=None, clauses=clauses)


POLICY = [f"We keep the {thing} that you give us for as long as the law of your country asks." for thing in "abcdefgh"]


def test_an_edited_text_shares_text_with_the_text_before() -> None:
    assert share_text(sequences(document(*POLICY)), sequences(document(*POLICY[:4], "And nothing else is kept by us.")))


def test_two_pages_with_the_same_headings_share_nothing() -> None:
    error = document("Privacy policy", "Contact us", "We are updating our website, please come back a little later.")
    assert not share_text(sequences(document("Privacy policy", "Contact us", *POLICY)), sequences(error))


def test_one_sentence_is_never_most_of_another_text() -> None:
    assert not shares_most(sequences(document(POLICY[0])), sequences(document(*POLICY)))
    assert shares_most(sequences(document(*POLICY[:4])), sequences(document(*POLICY)))


def test_texts_without_spaces_are_compared_by_characters() -> None:
    old, new = (
        document("当サイトは個人情報を第三者に提供しません。"),
        document("当サイトは個人情報を第三者に提供することがあります。"),
    )
    assert share_text(sequences(old), sequences(new))
    assert not share_text(sequences(old), sequences(document("ページが見つかりませんでした。")))
