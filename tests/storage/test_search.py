"""The search finds clauses of all versions, and its index follows whatever happens to the captures."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from core.dates import Span, parse_range, parse_span
from core.declarations import Location, Policy
from core.exceptions import UsageError
from core.limits import call_here
from core.policies import PolicyKey
from core.search_words import Term, pieces, terms_of
from reports.search_lines import seen
from storage import Review, Store
from storage.tables.search_models import CLAUSE_TEXTS
from storage.upkeep import back_up, restore
from storage.upkeep.histories import remove_history, rename_policy, rename_vendor
from tests.keeping import keep, reextract, verify
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page
from views.search import SearchQuery, SearchResult, excerpt, mentioned, search

KEY = PolicyKey("marmot", "privacy")
A = page("We keep your letters for a year.")
B = page("We keep your letters for a month; never longer.")
C = page("We sell nothing.")
HOSTILE = page("We print the pear blocks of your sheets by hand.")


def refreshed(store: Store) -> Store:
    store.clause_index.refresh(store.clause_index.outdated())
    assert store.clause_index.outdated() == []
    return store


def keep_days(store: Store, payloads: dict[float, bytes], **fields: Any) -> None:
    for days, payload in payloads.items():
        keep(store, capture_of(payload, days, **fields), payload, POLICY)


def found(store: Store, words: str, **conditions: Any) -> list[str]:
    return [hit.text for hit in search(store, SearchQuery(words, **conditions)).hits]


def rows(store: Store) -> list[Any]:
    """Returns the index without the parts of the ids that depend on other policies."""
    columns = [column for column in CLAUSE_TEXTS.c if column.name not in ("id", "words")]
    with store.database.read_session() as session:
        return sorted(map(tuple, session.execute(select(*columns))), key=repr)


def rows_from_scratch(store: Store) -> list[Any]:
    with store.database.write_session() as session:
        for table in ("clause_texts", "indexed_policies"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
    return rows(refreshed(store))


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def test_a_clause_is_found_with_the_times_in_which_it_held(store: Store) -> None:
    keep_days(store, {0: A, 10: B, 20: A, 30: A}, source="wayback")
    (hit,) = search(refreshed(store), SearchQuery('"letters for a year"')).hits
    assert (hit.key, hit.kind, hit.heading_path) == (KEY, "paragraph", ("Privacy policy", "What we collect"))
    assert [(span.begin, span.gone) for span in hit.spans] == [(day(0), day(10)), (day(20), None)]
    assert [piece.text for piece in hit.pieces if piece.matched] == ["letters for a year"]
    history = store.library.history(KEY)
    document = store.library.document(history.version(hit.version_id).first.capture_id)
    assert document.clauses[hit.position].text == hit.text


def test_words_phrases_and_prefixes_are_found(store: Store) -> None:
    keep_days(store, {0: A, 10: B}, source="wayback")
    refreshed(store)
    year, month = "We keep your letters for a year.", "We keep your letters for a month; never longer."
    assert found(store, "LETTERS keep") == [month, year]
    assert found(store, "month year") == []
    assert found(store, '"a month never"') == [month]
    assert found(store, '"month a"') == []
    assert found(store, "lett* yea*") == [year]
    assert found(store, "let") == []


@pytest.mark.parametrize(
    ("sentence", "queries"),
    [
        ("当社は個人情報を第三者に提供しません。", ["個人", "情報", "提供", "個人情報", "第三者 提供", "社", "ん"]),
        ("我们收集您的个人信息，以便向您提供服务。", ["个人", "信息", "收集", "服务", "务"]),
        ("เราเก็บรวบรวมข้อมูลส่วนบุคคลของคุณ", ["ข้อมูล", "บุคคล", "เรา", "คุณ"]),
        ("개인정보를 처리합니다", ["개인정보", "처리", "정보"]),
        ("ພວກເຮົາເກັບກໍາຂໍ້ມູນສ່ວນຕົວ", ["ຂໍ້ມູນ"]),
        ("យើងប្រមូលទិន្នន័យផ្ទាល់ខ្លួន", ["ទិន្នន័យ"]),
        ("ကျွန်ုပ်တို့သည်ကိုယ်ရေးအချက်အလက်", ["အချက်"]),
    ],
)
def test_languages_without_spaces_are_found(store: Store, sentence: str, queries: list[str]) -> None:
    keep_days(store, {0: page(sentence)}, source="wayback")
    refreshed(store)
    for query in queries:
        assert found(store, query) == [sentence], query


def test_vendor_and_policy_limit_a_search(store: Store) -> None:
    keep_days(store, {0: A}, source="wayback")
    keep_days(store, {0: A}, source="wayback", vendor="vole-mail")
    keep_days(store, {0: A}, source="wayback", vendor="vole-mail", policy="privacy_2")
    refreshed(store)
    assert len(found(store, "letters")) == 3
    assert len(found(store, "letters", vendor="vole-mail")) == 2
    assert len(found(store, "letters", policy="privacy")) == 2
    assert len(found(store, "letters", vendor="vole-mail", policy="privacy_2")) == 1
    assert found(store, "letters", vendor="vole") == []
    with pytest.raises(UsageError, match="vendor"):
        found(store, "letters", vendor='x" OR "letters')


# PostgreSQL looks at the newest texts first, and looks up all others only if it has to.
_NEWEST = pytest.mark.parametrize("newest", [1, 5_000])


@_NEWEST
def test_dates_limit_a_search(store: Store, newest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.clause_search._NEWEST", newest)
    keep_days(store, {0: A, 10: B, 20: A, 30: B, 40: B}, source="wayback")
    refreshed(store)
    year = ["We keep your letters for a year."]
    at = {number: found(store, '"a year"', at=day(number)) for number in (-1, 0, 9.9, 10, 19, 20, 29, 30, 99)}
    assert at == {-1: [], 0: year, 9.9: year, 10: [], 19: [], 20: year, 29: year, 30: [], 99: []}
    assert found(store, '"a year"', gone=Span(day(30), day(30))) == year
    assert found(store, '"a year"', gone=Span(day(9), day(11))) == []
    assert found(store, "never", gone=parse_range("2000..")) == []
    assert found(store, "letters", appeared=Span(day(9), day(11))) == [
        "We keep your letters for a month; never longer."
    ]
    assert found(store, "letters", appeared=Span(day(0), day(0))) == year
    assert found(store, "letters", appeared=parse_range("..2018")) == []
    assert len(found(store, "letters", appeared=parse_range("2019.."))) == 2
    assert len(found(store, "letters", at=parse_span("9998").end)) == 1


@_NEWEST
def test_pages_of_results_contain_each_clause_once(store: Store, newest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.clause_search._NEWEST", newest)
    keep_days(store, {number: page(f"We keep letter {number} for a year.") for number in range(9)}, source="wayback")
    refreshed(store)
    whole = search(store, SearchQuery("keep OR", limit=100)).hits
    assert whole == ()
    whole = search(store, SearchQuery("we", limit=100)).hits
    collected: list[Any] = []
    after = None
    while True:
        result: SearchResult = search(store, SearchQuery("we", limit=2, after=after))
        collected += result.hits
        after = result.next
        if after is None:
            break
        assert len(result.hits) == 2
    assert tuple(collected) == whole
    assert whole[0].text == "We keep letter 8 for a year."
    appeared = [hit.spans[0].begin for hit in whole]
    assert appeared == sorted(appeared, reverse=True)


def generated_sentence(chance: random.Random) -> str:
    words = ["we", "keep", "Keep", "données", "e-mail", "Ünï", "data", "datum", "30", "個人情報", "の個", "ข้อมูล", "مع"]
    return " ".join(chance.choices(words, k=chance.randrange(3, 12))).capitalize() + chance.choice(".!;")


def queries_from(sentence: str, chance: random.Random) -> Iterator[str]:
    """Yields a phrase out of a text, the beginning of a word, two words, and pairs of characters."""
    words = sentence.split()
    index = chance.randrange(len(words))
    yield f'"{" ".join(words[index : index + chance.randrange(1, 4)])}"'
    yield f"{words[index][: chance.randrange(1, 4)]}*"
    yield " ".join(chance.sample(words, 2))
    for word in words:
        if word.startswith(("個人", "ข้")):
            begin = chance.randrange(len(word) - 1)
            yield word[begin : begin + 2]


def has_all(text: str, terms: tuple[Term, ...]) -> bool:
    """Returns whether a text has all terms, without any database."""
    return all(any(piece.matched for piece in pieces(text, [term])) for term in terms)


def test_parts_of_any_clause_find_exactly_the_clauses_with_them(store: Store) -> None:
    chance = random.Random(17)
    sentences = list(dict.fromkeys(generated_sentence(chance) for _ in range(60)))
    payload = page("</p><p>".join(sentences))
    keep_days(store, {0: payload}, source="wayback")
    refreshed(store)
    texts = {clause.text for clause in store.library.document(1).clauses}
    assert len(texts & set(sentences)) > 50
    for sentence in sorted(texts & set(sentences)):
        for query in queries_from(sentence, chance):
            result = found(store, query, limit=100)
            assert sentence in result, query
            assert set(result) == {text for text in texts if has_all(text, terms_of(query))}, query


@pytest.mark.parametrize(
    "query",
    ['words:letters', 'letters NEAR(keep)', '"letters" OR', "letters^", "{words}: x", "a' OR '1'='1", "x & !y | (z",
     "\\", "letters\x00keep", "😀 letters", "' :* <->", "letters:*", "(letters", "-letters", "%letters%"],
)  # fmt: skip
def test_no_query_is_an_error_of_the_database(store: Store, query: str) -> None:
    keep_days(store, {0: A}, source="wayback")
    refreshed(store)
    with suppress(UsageError):
        found(store, query)


@pytest.mark.parametrize("fields", [{"limit": 0}, {"limit": 101}, {"after": "x"}, {"after": "-1"}, {"after": "9" * 20}])
def test_a_page_that_does_not_exist_is_refused(store: Store, fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        search(store, SearchQuery("letters", **fields))


def test_only_texts_that_stand_are_found(store: Store) -> None:
    keep_days(store, {0: A, 10: B})
    assert found(refreshed(store), "never") == []  # not confirmed by a second capture
    keep_days(store, {10.01: A})
    assert found(refreshed(store), "never") == []  # did not last
    keep_days(store, {20: B, 21: B})
    assert found(refreshed(store), "never") == ["We keep your letters for a month; never longer."]
    assert rows(store) == rows_from_scratch(store)


def events() -> dict[str, Callable[[Store, random.Random], object]]:
    """Returns what may happen to captures, by name."""

    def review(store: Store, chance: random.Random) -> None:
        captures = store.library.captures(KEY)
        if captures:
            decision = chance.choice(["accepted", "rejected"])
            chosen = chance.choice(captures)
            if chosen.version_id is not None or decision == "rejected":
                moment = datetime(2020, 1, 1, tzinfo=UTC)
                store.library.review([chosen.id], Review(decision, "ann", "", moment))  # type: ignore[arg-type]

    def capture(store: Store, chance: random.Random) -> None:
        payload = chance.choice([A, A, B, C, b"", page("当社は個人情報を取扱います。")])
        source = chance.choice(["live", "wayback"])
        keep_days(store, {chance.randrange(60) / chance.choice([1, 24 * 4]): payload}, source=source)

    def read_again(store: Store, chance: random.Random) -> None:
        without = Policy(locations=(Location(url=URL, remove=chance.choice([(), ("h2",), ("h1",)])),))
        reextract(store, KEY, without)
        reextract(store, KEY, POLICY) if chance.random() < 0.7 else None

    return {"capture": capture, "review": review, "read again": read_again}


@pytest.mark.parametrize("seed", range(3))
def test_the_index_equals_one_made_from_scratch(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    happenings = events()
    for _ in range(8):
        for _ in range(chance.randrange(1, 3)):
            happenings[chance.choice(["capture"] * 8 + ["review", "read again"])](store, chance)
        refreshed(store)
    assert rows(store) == rows_from_scratch(store)


def test_unchanged_captures_write_no_clause_and_load_no_history(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_days(store, {0: A, 1: A})
    before = rows(refreshed(store))
    with monkeypatch.context() as patch:
        patch.setattr("storage.clause_index.judged_captures", lambda *_: pytest.fail("the history is loaded"))
        keep_days(store, {2: A, 3: A})
        assert rows(refreshed(store)) == before
    keep_days(store, {1.5: B, 1.6: B})  # in the middle
    keep_days(store, {4: A})
    refreshed(store)
    assert rows(store) == rows_from_scratch(store) != before


def test_an_update_that_is_killed_is_completed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.clause_index._ROWS_AT_ONCE", 2)
    keep_days(store, {0: A, 10: B, 20: C}, source="wayback")
    calls = 0
    apply = store.clause_index._write

    def killed(*arguments: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return apply(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(store.clause_index, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            store.clause_index.refresh([KEY])
    assert store.clause_index.outdated() == [KEY]
    assert 0 < len(rows(store)) < 10
    assert rows(refreshed(store)) == rows_from_scratch(store)
    assert found(store, "sell") == ["We sell nothing."]


def test_a_review_changes_what_is_found_at_once(store: Store) -> None:
    keep_days(store, {0: A, 10: B}, source="wayback")
    refreshed(store)
    (second,) = [stored.id for stored in store.library.captures(KEY) if stored.capture.captured_at == day(10)]
    store.library.review([second], Review("rejected", "ann", "", day(30)))
    assert found(store, "never") == []
    store.library.review([second], Review("accepted", "ann", "", day(31)))
    assert found(store, "never") == ["We keep your letters for a month; never longer."]


def test_a_renamed_policy_is_found_under_its_new_name(store: Store) -> None:
    keep_days(store, {0: A}, source="wayback")
    refreshed(store)
    rename_vendor(store, "marmot", "badger")
    assert len(found(store, "letters", vendor="badger")) == 1
    assert found(store, "letters", vendor="marmot") == []
    rename_policy(store, PolicyKey("badger", "privacy"), PolicyKey("badger", "terms"))
    assert len(found(store, "letters", policy="terms")) == 1
    assert len(found(store, "letters")) == 1


def test_a_forgotten_policy_is_found_no_more(store: Store) -> None:
    keep_days(store, {0: A}, source="wayback")
    keep_days(store, {0: A}, source="wayback", vendor="vole")
    refreshed(store)
    remove_history(store, KEY)
    assert [hit.key.vendor for hit in search(store, SearchQuery("letters")).hits] == ["vole"]
    assert store.clause_index.outdated() == []


def test_a_restored_backup_is_searched_after_a_refresh(store: Store, tmp_path: Any) -> None:
    keep_days(store, {0: A, 10: B}, source="wayback")
    refreshed(store)
    assert list(verify(store, {KEY: POLICY})) == []
    back_up(store, tmp_path / "copy.backup", day(60))
    with Store.open(f"sqlite:///{tmp_path / 'restored.db'}") as restored:
        assert restore(restored, tmp_path / "copy.backup") == []
        assert rows(refreshed(restored)) == rows(store)
        assert found(restored, "letters") == found(store, "letters")


def test_a_damaged_text_leaves_the_others_to_be_found(store: Store) -> None:
    keep_days(store, {0: A, 10: B}, source="wayback")
    (first,) = [stored for stored in store.library.captures(KEY) if stored.capture.captured_at == day(0)]
    with store.database.write_session() as session:
        query = "SELECT document_sha256 FROM readings WHERE capture_id = :id"
        sha256 = session.scalar(text(query), {"id": first.id})
        session.execute(text("UPDATE documents SET data = :data WHERE sha256 = :sha"), {"data": b"x", "sha": sha256})
    store.clause_index.refresh([KEY])
    assert found(store, "letters") == ["We keep your letters for a month; never longer."]
    assert store.clause_index.outdated() == [KEY]


def test_two_policies_with_texts_of_the_same_second_are_kept_apart(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.clause_search._POLICY_BITS", 0)
    for vendor in ("marmot", "vole", "badger"):
        keep_days(store, {0: A}, source="wayback", vendor=vendor)
    assert len(found(refreshed(store), "letters")) == 3


def test_a_long_clause_is_cut_around_the_words_found(store: Store) -> None:
    sentence = " ".join(f"word{number}" for number in range(200))
    keep_days(store, {0: page(sentence)}, source="wayback")
    (hit,) = search(refreshed(store), SearchQuery("word100")).hits
    assert hit.text == sentence
    cut = excerpt(hit.pieces)
    assert [piece.text for piece in cut if piece.matched] == ["word100"]
    assert 400 < sum(len(piece.text) for piece in cut) < 470
    assert cut[0].text == "… "
    assert cut[-1].text == " …"


def test_an_excerpt_shows_the_passage_with_the_most_of_the_words(store: Store) -> None:
    gap = " ".join(f"word{number}" for number in range(100))
    keep_days(
        store, {0: page(f"We keep letters, {gap} and keep the letters we keep, {gap} for good.")}, source="wayback"
    )
    (hit,) = search(refreshed(store), SearchQuery("keep letters")).hits
    assert [piece.text for piece in excerpt(hit.pieces) if piece.matched] == ["keep", "letters", "keep"]


def test_a_hit_says_what_became_of_the_wording(store: Store) -> None:
    keep_days(store, {0: A, 5: A, 10: B, 20: page(""), 30: page("")}, source="wayback")
    store.lineages.refresh(KEY, call_here)
    month, year = search(refreshed(store), SearchQuery("letters")).hits
    assert year.ending is not None
    assert month.ending is not None
    assert (year.ending.fate, year.ending.last) == ("reworded", day(5))
    assert (year.ending.version_id, year.ending.position) == (month.version_id, month.position)
    assert (month.ending.fate, month.ending.last, month.ending.position) == ("gone", day(10), None)
    (heading,) = search(store, SearchQuery('"what we collect"')).hits
    assert heading.ending is not None
    assert (heading.ending.fate, heading.ending.last) == ("there", day(30))


def test_an_ending_is_unknown_if_the_step_is_not_stored(store: Store) -> None:
    keep_days(store, {0: A, 10: B, 20: B}, source="wayback")
    with store.database.write_session() as session:
        session.execute(text("DELETE FROM steps"))
    (hit,) = search(refreshed(store), SearchQuery("year")).hits
    assert hit.ending is not None
    assert (hit.ending.fate, hit.ending.last) == ("unknown", day(0))


def test_policies_that_mention_words_are_listed_with_their_times(store: Store) -> None:
    keep_days(store, {0: A, 5: A, 10: B, 15: B, 20: C, 25: C, 30: A, 40: A}, source="wayback")
    keep_days(store, {0: C, 3: C, 10: B, 20: C, 30: C}, source="wayback", vendor="vole")
    keep_days(store, {0: C, 1: C}, source="wayback", vendor="mole")
    refreshed(store)
    found = mentioned(store, SearchQuery("letters"))
    marmot, vole = found.policies
    assert (found.are_all, found.total) == (True, 3)
    assert (marmot.key, marmot.clauses, marmot.before, marmot.last) == (KEY, 2, None, day(40))
    assert marmot.spans == ((day(0), day(20)), (day(30), None))  # reworded in between, and gone once
    assert (vole.clauses, vole.before, vole.last, vole.spans) == (1, day(3), day(10), ((day(10), day(20)),))
    assert [policy.key.vendor for policy in mentioned(store, SearchQuery("letters", vendor="vole")).policies] == [
        "vole"
    ]
    assert mentioned(store, SearchQuery("unicorn", vendor="vole")).covered == Span(day(0), day(30))


def test_the_number_of_hits_counts_what_the_dates_leave(store: Store) -> None:
    keep_days(store, {0: A, 10: B, 20: A, 30: B, 40: B}, source="wayback")
    refreshed(store)
    for conditions in ({"at": day(15)}, {"appeared": Span(day(5), day(15))}, {"gone": Span(day(25), day(35))}, {}):
        query = SearchQuery("letters", **conditions)
        assert mentioned(store, query).total == len(search(store, query).hits)


def test_some_policies_are_listed_if_too_many_clauses_have_the_words(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        sentence = C if number < 2 else A
        keep_days(store, {0: sentence, 1: sentence}, source="wayback", vendor=f"vole{number}")
    refreshed(store)
    monkeypatch.setattr("storage.clause_search.MANY_MATCHES", 3)
    monkeypatch.setattr("storage.clause_facts.MANY_MATCHES", 3)
    listed = []
    for most in (2, 5):
        monkeypatch.setattr("storage.clause_facts._MOST_POLICIES", most)
        found = mentioned(store, SearchQuery("letters"))
        listed.append(([policy.key.vendor for policy in found.policies], found.are_all, found.total))
    assert listed == [(["vole2", "vole3"], False, None), (["vole2", "vole3", "vole4"], True, None)]


def test_a_day_without_a_clause_is_not_told_as_its_end(store: Store) -> None:
    keep_days(store, {0: A, 5: A, 10: B, 10.5: A, 20: A, 30: B, 40: A, 50: A}, source="wayback")
    (hit,) = search(refreshed(store), SearchQuery("year")).hits
    first, gone, again = (f"{day(number):%Y-%m-%d}" for number in (0, 30, 40))
    assert len(hit.spans) == 3
    assert seen(hit) == f"{first}, gone by {gone}, and from {again}"
