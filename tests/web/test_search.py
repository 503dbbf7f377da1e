"""The search page. The search itself has tests of its own; here it answers what a test says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.exceptions import UsageError
from core.policies import PolicyKey
from core.search_words import Piece
from storage import Store
from tests.web.marmot_room import KEY, NAME, marmot_room
from views.search import HeldSpan, SearchHit, SearchQuery, SearchResult
from web import Room, create_application
from web.pages import search

HIT = SearchHit(
    PolicyKey("marmot", "privacy"),
    "list_item",
    "(a)",
    ("Privacy policy", "<i>Retention</i>"),
    (Piece("We "), Piece("retain", matched=True), Piece(" <script>alert(1)</script> data.")),
    (HeldSpan(datetime(2016, 1, 2, tzinfo=UTC), datetime(2018, 5, 25, tzinfo=UTC)),),
    "3f2a3f2a3f2a",
    7,
    "0" * 12,
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with marmot_room(tmp_path_factory.mktemp("marmot")) as room:
        yield room


@pytest.fixture(scope="module")
def reader(room: Room) -> Iterator[TestClient]:
    with TestClient(create_application(room), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[SearchQuery]:
    """The queries that the page makes, each of which finds `HIT` on the first page, and nothing after it."""
    asked: list[SearchQuery] = []

    def answer(_store: Store, query: SearchQuery) -> SearchResult:
        asked.append(query)
        if not query.text.strip("*"):
            raise UsageError("the search names no word: give words")
        return SearchResult((), None) if query.after or query.text == "nothing" else SearchResult((HIT,), "9f")

    monkeypatch.setattr(search, "search", answer)
    monkeypatch.setattr(search, "excerpt", lambda pieces: pieces)
    return asked


def test_a_hit_marks_the_words_and_says_when_it_held(reader: TestClient, queries: list[SearchQuery]) -> None:
    html = reader.get("/-/search?q=retain*").text
    assert queries == [SearchQuery("retain*")]
    assert "We <mark>retain</mark> &lt;script&gt;alert(1)&lt;/script&gt; data." in html
    assert "&lt;i&gt;Retention&lt;/i&gt;" in html
    assert "Seen from <time>2016-01-02</time>" in html
    assert "no longer there by <time>2018-05-25</time>." in html
    assert 'href="/marmot/privacy/@3f2a3f2a3f2a/clause/8"' in html
    assert 'href="/marmot/privacy"' in html


def test_filters_become_a_query_and_stay_in_the_form(reader: TestClient, queries: list[SearchQuery]) -> None:
    parameters = {
        "q": "x",
        "vendor": NAME.upper(),
        "policy": "privacy",
        "at": "2018-05",
        "appeared": "2016..",
        "gone": "",
    }
    html = reader.get("/-/search", params=parameters).text
    (query,) = queries
    assert (query.vendor, query.policy, query.gone) == ("marmot", "privacy", None)
    assert query.at == datetime(2018, 5, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert query.appeared is not None
    assert query.appeared.begin == datetime(2016, 1, 1, tzinfo=UTC)
    assert 'value="2018-05"' in html
    assert "<details open>" in html


def test_the_next_page_keeps_the_filters(reader: TestClient, queries: list[SearchQuery]) -> None:
    html = reader.get('/-/search?q="a%26b"&gone=2020..').text
    following = "/-/search?q=%22a%26b%22&amp;gone=2020..&amp;after=9f"
    assert f'<a rel="next" href="{following}">' in html
    html = reader.get(following.replace("&amp;", "&")).text
    assert queries[1].after == "9f"
    assert "No further clause has these words." in html


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("q=*", "The search names no word: give words."),
        ("q=a&at=soon", "&#39;soon&#39; is not a date"),
        ("q=a&at=9000", "9000 is in the future"),
        ("q=a&gone=2020..2019", "ends before it begins"),
        ("q=a&vendor=%3Cb%3E", "No vendor is called &#39;&lt;b&gt;&#39;"),
    ],
)
def test_a_query_that_cant_be_read_says_why(
    reader: TestClient, queries: list[SearchQuery], parameters: str, sentence: str
) -> None:
    answer = reader.get(f"/-/search?{parameters}")
    assert answer.status_code == 400
    assert sentence in answer.text
    assert len(queries) == parameters.count("*")


def test_an_empty_form_asks_for_words_and_searches_nothing(reader: TestClient, queries: list[SearchQuery]) -> None:
    html = reader.get("/-/search").text
    assert "Give a few words of a clause" in html
    assert not queries


def test_finding_nothing_says_what_to_try(reader: TestClient, queries: list[SearchQuery]) -> None:
    html = reader.get("/-/search?q=nothing&at=2018").text
    assert queries
    assert "No clause has these words and was shown by the last capture up to 2018-12-31." in html
    assert '<a href="/-/search?q=nothing">Search without filters</a>' in html


def test_the_policies_that_mention_the_words_stand_above_the_clauses(tmp_path: Path) -> None:
    with marmot_room(tmp_path) as room:
        with Store.open(f"sqlite:///{tmp_path}/marmot.db") as store:
            store.clause_index.refresh([KEY])
        with TestClient(create_application(room), base_url="http://localhost") as client:
            html = client.get("/-/search?q=days").text
            listed = client.get("/-/api/v1/search?q=days").json()["mentioned"]
    table = html[html.index("<table") : html.index("</table>")]
    assert "in the first text captured (<time>2019-03-04</time>)" in table
    assert "in the newest text, last captured <time>2021-02-21</time>" in table
    assert 'href="/-/search?q=days&amp;vendor=marmot&amp;policy=privacy"' in table
    assert html.index("</table>") < html.index("3 clauses, the newest") < html.index('<ol class="hits"')
    assert html.count(">reworded between <time>") == 2
    assert [(policy["vendor"], policy["clauses"]) for policy in listed["policies"]] == [("marmot", 3)]


def test_finding_nothing_says_if_texts_are_not_searched_yet(reader: TestClient, queries: list[SearchQuery]) -> None:
    assert "doesn’t have the newest texts of 1 policy yet" in reader.get("/-/search?q=nothing").text
