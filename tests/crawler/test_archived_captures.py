from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import HtmlResponse

from core.archives import ListedCapture, Provenance
from core.policies import PolicyKey
from crawler.archives.protocol import Memento, Replay
from crawler.captures import archived_capture, repeated_capture
from storage import KnownPayload
from tests.capture_examples import OTHER_ARCHIVE

KEY = PolicyKey("marmot", "privacy")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LISTED = ListedCapture("example,marmot)/p", "20190304050607", "http://marmot.example/p", "text/html", "200", "AAAA")
PROVENANCE = Provenance(OTHER_ARCHIVE, {"timestamp": LISTED.timestamp, "digest": LISTED.digest})


def response() -> HtmlResponse:
    request = Request("http://archive.example/x", meta={"requested_at": NOW, "answered_at": NOW})
    return HtmlResponse(request.url, request=request, body=b"page", headers={"Content-Type": "text/html"})


def test_the_source_of_an_archived_capture_is_its_archive() -> None:
    memento = Memento(LISTED.captured_at, LISTED.original)
    capture = archived_capture(response(), KEY, Replay.begin(LISTED), memento, PROVENANCE)
    assert (capture.source, capture.provenance) == (OTHER_ARCHIVE, PROVENANCE)
    assert (capture.captured_at, capture.asked_url) == (LISTED.captured_at, LISTED.original)


def test_the_asked_url_of_a_redirected_capture_is_the_first_address() -> None:
    redirected_from = ("http://marmot.example/old", "http://marmot.example/older")
    replay = Replay(LISTED, LISTED.timestamp, LISTED.original, redirected_from=redirected_from, hops=2)
    capture = archived_capture(response(), KEY, replay, Memento(LISTED.captured_at, LISTED.original), PROVENANCE)
    assert (capture.asked_url, capture.redirects, capture.url) == (redirected_from[0], redirected_from, LISTED.original)


def test_an_incomplete_archived_response_says_so_in_its_provenance() -> None:
    """So later crawls fetch captures with the same checksum, instead of repeating this one."""
    cut = response().replace(headers={"X-Archive-Orig-Content-Length": "5000"})
    capture = archived_capture(cut, KEY, Replay.begin(LISTED), Memento(LISTED.captured_at, LISTED.original), PROVENANCE)
    assert capture.provenance is not None
    assert capture.provenance.truncated == "4 bytes came of the 5000 the server announced"
    assert capture.provenance.index_key == PROVENANCE.index_key


def test_a_repeated_capture_has_the_known_payload() -> None:
    known = KnownPayload("a" * 64, "text/html; charset=utf-8")
    capture = repeated_capture(KEY, known, LISTED, NOW, PROVENANCE)
    assert (capture.source, capture.provenance) == (OTHER_ARCHIVE, PROVENANCE)
    assert (capture.sha256, capture.media_type, capture.headers) == ("a" * 64, "text/html; charset=utf-8", ())
    assert (capture.requested_at, capture.answered_at) == (NOW, NOW)
