"""The query language of the loopback archive's index, compared with the documented CDX rules."""

import json
from urllib.parse import parse_qs, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopback.cdx_dialect import FIELDS, BadQueryError, response_body

ROWS = [
    dict(zip(FIELDS, line.split(), strict=True))
    for line in (
        "com,example)/p 20100101000000 http://example.com/p text/html 200 AAA 10",
        "com,example)/p 20100701000000 http://example.com/p text/html 200 AAA 10",
        "com,example)/p 20110101000000 http://www.example.com/p text/html 404 BBB 20",
        "com,example)/p 20120101000000 http://example.com:80/p application/pdf 200 CCC 30",
        "com,example)/p 20130101000000 http://example.com/p text/html 200 AAA 10",
    )
]


def query_json(query: str) -> list[list[str]]:
    """Returns the parsed JSON of the response to a query."""
    result: list[list[str]] = json.loads(response_body(ROWS, parse_qs(query + "&output=json")))
    return result


def timestamps(query: str) -> list[str]:
    """Returns the timestamps of the rows that a query selects."""
    return [row[0] for row in query_json(query + "&fl=timestamp")[1:]]


def test_json_is_a_list_of_lists_with_the_field_names_first() -> None:
    assert query_json("")[0] == list(FIELDS)
    assert query_json("")[1] == list(ROWS[0].values())


def test_without_matches_the_json_is_an_empty_list() -> None:
    assert query_json("from=2020") == []


def test_text_has_one_line_for_each_row_and_no_field_names() -> None:
    assert response_body(ROWS, {"limit": ["1"]}) == " ".join(ROWS[0].values()) + "\n"


def test_from_and_to_include_all_timestamps_with_their_prefix() -> None:
    assert timestamps("from=2010&to=2010") == ["20100101000000", "20100701000000"]
    assert timestamps("from=201007&to=20110101000000") == ["20100701000000", "20110101000000"]


def test_a_filter_matches_the_whole_field_and_can_be_inverted() -> None:
    assert timestamps("filter=statuscode:404") == ["20110101000000"]
    assert len(timestamps("filter=!statuscode:4..")) == 4
    assert timestamps("filter=digest:A") == []
    assert timestamps("filter=mimetype:text/.*&filter=!digest:AAA") == ["20110101000000"]


def test_collapse_drops_repeated_values_only_if_adjacent() -> None:
    assert timestamps("collapse=digest") == ["20100101000000", "20110101000000", "20120101000000", "20130101000000"]
    assert len(timestamps("collapse=timestamp:4")) == 4


def test_a_negative_limit_gives_the_last_rows() -> None:
    assert timestamps("limit=-2") == ["20120101000000", "20130101000000"]


def test_a_resume_key_follows_an_empty_row() -> None:
    page = query_json("limit=2&showResumeKey=true")
    assert page[-2] == []
    assert page[-1] == ["com%2Cexample%29%2Fp+20110101000000"]
    assert query_json("limit=2")[-1] == list(ROWS[1].values())


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=7))
def test_resume_keys_return_every_row_exactly_once(limit: int) -> None:
    rows, key = [], ""
    while True:
        page = query_json(f"limit={limit}&showResumeKey=true&resumeKey={quote(key, safe='')}")
        following = page[-2] == []
        rows += page[1 : -2 if following else None]
        if not following:
            break
        key = page[-1][0]
    assert rows == [list(row.values()) for row in ROWS]


@pytest.mark.parametrize("query", ["filter=nosuch:1", "filter=statuscode:[", "collapse=nosuch", "limit=many"])
def test_a_malformed_parameter_is_refused(query: str) -> None:
    with pytest.raises(BadQueryError):
        query_json(query)
