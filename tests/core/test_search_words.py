"""Texts and queries are divided into words in the same way, whatever the language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exceptions import UsageError
from core.search_words import LEFT_OUT, Piece, Term, index_words, pieces, terms_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We keep DATA; for 30 days.", ["we", "keep", "data", "for", "30", "days"]),
        ("données à caractère personnel", ["donnees", "a", "caractere", "personnel"]),
        ("Straße, ﬁle, ①", ["strasse", "file", "1"]),
        ("Άλλα й ё", ["αλλα", "й", "ё"]),
        ("soft\u00adhyphen and zero\u200bwidth", ["softhyphen", "and", "zerowidth"]),
        ("個人情報", ["個人", "人情", "情報", "報"]),
        ("个人\u0020信息", ["个人", "人信", "信息", "息"]),  # a line break of the page's source
        ("ﾌﾟﾗ", ["プラ", "ラ"]),
        ("Wi-Fi接続", ["wi", "fi", "接続", "続"]),
        ("", []),
        ("§ — !?", []),
    ],
)
def test_a_text_is_divided_into_words(text: str, words: list[str]) -> None:
    assert index_words(text) == words


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("keep Data data", [Term(("keep",)), Term(("data",))]),
        ('"personal data" collect*', [Term(("personal", "data")), Term(("collect",), is_prefix=True)]),
        ("“personal da*”", [Term(("personal", "da"), is_prefix=True)]),
        ('"never closed', [Term(("never", "closed"))]),
        ("e-mail", [Term(("e", "mail"))]),
        ("個人情報", [Term(("個人", "人情", "情報"))]),
        ("報", [Term(("報",), is_prefix=True)]),
        ('"個人 abc"', [Term(("個人", "人", "abc"))]),
        ("NOT data OR", [Term(("not",)), Term(("data",)), Term(("or",))]),
    ],
)
def test_a_query_is_read(query: str, terms: list[Term]) -> None:
    assert terms_of(query) == tuple(terms)


@pytest.mark.parametrize("query", ["", "  ", '"', "*", "!? §", "\x00", "\ue000", "\ud800"])
def test_a_query_without_words_is_refused(query: str) -> None:
    with pytest.raises(UsageError, match="names no word"):
        terms_of(query)


def test_a_query_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="longer than"):
        terms_of("data " * 2_000)
    with pytest.raises(UsageError, match="more than 32 words"):
        terms_of(" ".join(map(str, range(40))))


def test_matched_words_are_marked() -> None:
    text = "Vos DONNÉES personnelles, et l'e-mail"
    assert pieces(text, terms_of('"donnees pers*" e-mail')) == [
        Piece("Vos "),
        Piece("DONNÉES personnelles", matched=True),
        Piece(", et l'"),
        Piece("e-mail", matched=True),
    ]
    marked = pieces("当社は個人情報を取扱います", terms_of("個人情報 扱"))
    assert [piece.text for piece in marked if piece.matched] == ["個人情報", "扱い"]


def test_a_word_repeated_without_end_is_left_out_from_a_point_on() -> None:
    words = index_words("data kept " * 300)
    assert (words.count("data"), words.count(LEFT_OUT), len(words)) == (255, 90, 600)


def test_the_index_of_a_huge_clause_is_limited() -> None:
    words = index_words(" ".join(f"{'é' * 35}ß{number}" for number in range(60_000)))
    assert 5_000 < len(words) <= 15_000
    assert max(map(len, words)) == 40


texts = st.text(
    alphabet=st.one_of(
        st.sampled_from("aAé ß.-'\"*1 個人情報ข้อมูเ가나ｶﾞ\u200b\u0301\x00\\"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=60,
)


@given(texts)
def test_every_word_of_a_text_is_found_in_it(text: str) -> None:
    for word in text.split():
        try:
            terms = terms_of(word.strip('"“”„«»*')[:50])
        except UsageError:
            continue
        assert any(piece.matched for piece in pieces(text[:500], terms)) or len(word) > 40


@given(texts)
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    whole = "".join(piece.text for piece in pieces(text, [Term(("a",))]))
    assert whole == "".join(piece.text for piece in pieces(text, [Term(("個人",)), Term(("e",), is_prefix=True)]))
    assert index_words(whole) == index_words(text)
