"""The record of fetches: what a permanent redirect is, and which errors of the database end a crawl."""

import asyncio
from unittest.mock import Mock

import pytest
from scrapy import Request
from scrapy.http import Response

from core.declarations import Location, Policy
from core.exceptions import RefusedError, StorageError
from core.policies import PolicyKey
from crawler.fetch_journal import FetchJournal, moved_to
from crawler.location_fetch import LocationFetch

LOCATION = Location(url="https://www.marmot.example/privacy")
FETCH = LocationFetch(PolicyKey("marmot", "privacy"), Policy(locations=(LOCATION,)), LOCATION)


@pytest.mark.parametrize(
    ("statuses", "status", "target"),
    [
        ([], 200, None),
        ([301], 200, "/1"),
        ([308, 301], 200, "/2"),
        ([301, 302, 301], 200, "/1"),
        ([302, 301], 200, None),
        ([307], 200, None),
        ([301], 404, None),
        (["meta refresh"], 200, None),
    ],
)
def test_only_permanent_redirects_to_a_page_move_it(statuses: list[int], status: int, target: str | None) -> None:
    urls = [f"https://www.marmot.example/{number}" for number in range(len(statuses) + 1)]
    request = Request(urls[-1], meta={"redirect_urls": urls[:-1], "redirect_reasons": statuses})
    new_address = moved_to(Response(urls[-1], status, request=request))
    assert new_address == (target and f"https://www.marmot.example{target}")


def noted(error: StorageError) -> tuple[list[tuple[str, str]], list[str]]:
    """Returns the failures, and the reasons to end the crawl, if the database raises an error."""
    failures: list[tuple[str, str]] = []
    reasons: list[str] = []
    journal = Mock(note_failed_fetch=Mock(side_effect=error), note_fetched=Mock(side_effect=error))
    fetches = FetchJournal(journal, lambda *failure: failures.append(failure), reasons.append)
    asyncio.run(fetches.note_failure(FETCH, "connection refused"))
    asyncio.run(fetches.note_success(FETCH))
    return failures, reasons


def test_a_refused_record_is_a_failure_of_its_location_alone() -> None:
    failures, reasons = noted(RefusedError("too long"))
    assert failures == [(str(FETCH), "the record of this fetch was refused: too long")] * 2
    assert reasons == []


def test_a_lost_database_ends_the_crawl() -> None:
    assert noted(StorageError("lost")) == ([], ["lost", "lost"])
