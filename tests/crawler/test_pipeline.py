"""The pipeline: which errors of the database end a crawl."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast
from unittest.mock import Mock, patch

from scrapy.crawler import Crawler

from core.captures import Verdict
from core.exceptions import DamageError, StorageError
from crawler.captures import FetchedCapture
from crawler.pipeline import StorePipeline
from intake.records import ReadCapture, UnreadCapture
from intake.service import Intake
from storage import Store, evidence
from tests.intake.sources import MANY
from tests.keeping import InThisProcess
from tests.stored_captures import POLICY, capture_of


def stored_by_pipeline(intake: Intake, *items: FetchedCapture) -> tuple[int, list[str], StorageError | None]:
    """Returns the number of stored captures, the failures of captures, and the error that ends the crawl."""
    spider = Mock(intake=intake, stopped=False)
    pipeline = StorePipeline(cast(Crawler, Mock(spider=spider)))
    stored, error = pipeline._store_batch([*items])
    failures = [f"{subject}: {why}" for subject, why in (call.args for call in spider.tally.add_failure.mock_calls)]
    return len(stored), failures, cast(Any, error)


def test_a_refused_capture_is_a_failure_of_its_policy_alone(store: Store) -> None:
    items = [FetchedCapture(capture_of(page, vendor=f"v{n}"), page, POLICY) for n, page in enumerate(MANY[:4])]
    items[1] = replace(items[1], capture=replace(items[1].capture, status=2**70))
    with Intake(store, InThisProcess()) as intake:
        stored, (failure,), error = stored_by_pipeline(intake, *items)
    assert (stored, error) == (3, None)
    assert failure.startswith("v1/privacy https://www.marmot.example/privacy: ")


def test_a_lost_database_ends_the_crawl(store: Store) -> None:
    item = FetchedCapture(capture_of(MANY[0]), MANY[0], POLICY)
    with Intake(store, InThisProcess()) as intake, patch.object(evidence, "put", side_effect=StorageError("lost")):
        stored, failures, error = stored_by_pipeline(intake, item)
    assert (stored, failures, str(error)) == (0, [], "lost")


def test_what_is_damaged_of_one_policy_leaves_the_others_read(store: Store) -> None:
    """One damaged row ended every crawl, and so kept the new texts of all vendors from being read."""
    read: list[str] = []

    class Damaged(Mock):
        def read(self, captures: Sequence[UnreadCapture]) -> Iterator[ReadCapture]:
            for unread in captures:
                if unread.capture.vendor == "v1":
                    raise DamageError("the value 'x' in the database was altered")
                read.append(unread.capture.vendor)
                yield ReadCapture(unread.capture_id, True, Verdict("accepted"), "1")

    async def note(*_: object) -> None:
        return None

    spider = Mock(intake=Damaged(), stopped=False, unread_count=4, on_capture_read=note)
    pipeline = StorePipeline(cast(Crawler, Mock(spider=spider, stats=None)))
    unread = [UnreadCapture(n, True, capture_of(MANY[n], vendor=f"v{n}"), None, POLICY) for n in range(4)]
    with patch.object(pipeline, "_may_read", return_value=True):
        asyncio.run(pipeline._read_batch(unread))
    assert read == ["v0", "v2", "v3"]
    (call,) = spider.tally.add_failure.mock_calls
    assert call.args == ("v1/privacy", "the value 'x' in the database was altered")
    assert spider.unread_count == 0
