"""WARC files that are read as captures of a policy."""

import gzip
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # has no types
import pytest
import zstandard
from warcio.warcwriter import WARCWriter

from core.captures import Capture
from core.declarations import Policy
from core.exceptions import UsageError
from core.policies import PolicyKey
from ingestion import LeftOut, captures_from_warc, is_warc
from loopback.archive import DatedPage, write_warc

OLD = "http://www.northwind.example/privacy.htm"
NEW = "https://northwind.example/legal/privacy"
KEY = PolicyKey("northwind", "privacy")
POLICY = Policy.model_validate({"locations": [{"url": OLD, "until": "2015"}, {"url": NEW, "since": "2014"}]})


def day(year: int, month: int = 1, second: int = 0) -> datetime:
    return datetime(year, month, 1, 0, 0, second, tzinfo=UTC)


def read(path: Path, *pages: DatedPage) -> tuple[list[tuple[Capture, bytes | None]], list[str]]:
    """Writes pages to a WARC file and reads the file.

    Returns the captures with their payloads, and the reasons why other records are left out.
    """
    write_warc(path, pages)
    captures, left_out = [], []
    for result in captures_from_warc(path, KEY, POLICY):
        if isinstance(result, LeftOut):
            left_out.append(result.why)
        else:
            captures.append(result)
    return captures, left_out


def truncated(capture: Capture) -> str:
    assert capture.provenance is not None
    return capture.provenance.truncated


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    return tmp_path / "crawl.warc.gz"


def test_the_warc_date_of_a_response_is_the_time_of_the_capture(warc: Path) -> None:
    captured_at = datetime(2010, 11, 25, 16, 16, 54, tzinfo=UTC)
    ((capture, payload),), left_out = read(
        warc, DatedPage(url=OLD, at=captured_at, body=b"<p>We keep logs.</p>", media_type="text/html", status=404)
    )
    assert (payload, left_out) == (b"<p>We keep logs.</p>", [])
    assert (capture.captured_at, capture.source, capture.url) == (captured_at, "warc", OLD)
    assert (capture.status, capture.media_type) == (404, "text/html")
    assert capture.provenance is not None
    assert capture.provenance.archive == "warc"
    assert capture.provenance.identifiers["record_id"].startswith("<urn:uuid:")


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)]
)
def test_bodies_with_a_content_coding_are_decoded(warc: Path, coding: str, compress: Callable[[bytes], bytes]) -> None:
    body = compress(b"<p>We keep logs.</p>")
    page = DatedPage(url=OLD, at=day(2010), body=body, headers=(("Content-Encoding", coding),))
    ((_, payload),), _ = read(warc, page)
    assert payload == b"<p>We keep logs.</p>"


@pytest.mark.parametrize("transfer_coding", ["chunked", "Chunked"])
def test_chunked_bodies_are_joined(warc: Path, transfer_coding: str) -> None:
    body = b"5\r\n<p>We\r\nF\r\n keep logs.</p>\r\n0\r\n\r\n"
    page = DatedPage(url=OLD, at=day(2010), body=body, headers=(("Transfer-Encoding", transfer_coding),))
    ((_, payload),), _ = read(warc, page)
    assert payload == b"<p>We keep logs.</p>"


def test_a_compressed_body_that_is_cut_off_is_kept_as_truncated(warc: Path) -> None:
    text = b"".join(b"<p>Clause %d.</p>" % number for number in range(100))
    page = DatedPage(url=OLD, at=day(2010), body=gzip.compress(text)[:-100], headers=(("Content-Encoding", "gzip"),))
    ((capture, payload),), _ = read(warc, page)
    assert payload
    assert text.startswith(payload)
    assert truncated(capture) == "the compressed body is cut off"


def test_a_damaged_body_is_left_out(warc: Path) -> None:
    body = bytearray(gzip.compress(b"<p>We keep logs.</p>"))
    body[-8] ^= 1  # the checksum
    page = DatedPage(url=OLD, at=day(2010), body=bytes(body), headers=(("Content-Encoding", "gzip"),))
    assert read(warc, page) == ([], ["whose body is cut off, damaged or too large"])


def test_an_unknown_content_coding_is_left_out(warc: Path) -> None:
    page = DatedPage(url=OLD, at=day(2010), body=b"?", headers=(("Content-Encoding", "compress"),))
    assert read(warc, page) == ([], ["in an unknown content coding"])


def test_other_addresses_and_times_are_left_out_with_a_reason(warc: Path) -> None:
    captures, left_out = read(
        warc,
        DatedPage(url="https://northwind.example/", at=day(2016), body=b"home"),
        DatedPage(url=OLD, at=day(2016), body=b"after the move"),
        DatedPage(url=NEW, at=day(2013), body=b"before the move"),
    )
    wrong_date = "of a location outside its declared dates"
    assert (captures, left_out) == ([], [wrong_date, wrong_date, "of another address"])


def test_a_record_without_a_date_is_left_out(warc: Path) -> None:
    page = DatedPage(url=OLD, at=day(2010), body=b"x")
    write_warc(warc, [page])
    warc.write_bytes(gzip.decompress(warc.read_bytes()).replace(b"WARC-Date: 2010-01-01T", b"WARC-Date: 2010-13-01T"))
    assert list(captures_from_warc(warc, KEY, POLICY)) == [LeftOut("with a malformed address or date")]


def test_a_page_behind_a_redirect_in_the_file_is_a_capture(warc: Path) -> None:
    elsewhere = "https://cdn.northwind.example/p.html"
    ((capture, _),), left_out = read(
        warc,
        DatedPage(url=NEW, at=day(2016), status=301, headers=(("Location", "//cdn.northwind.example/p.html"),)),
        DatedPage(url=elsewhere, at=day(2016, second=2), body=b"<p>We keep logs.</p>"),
        DatedPage(url=elsewhere, at=day(2016, month=3), body=b"another visit, without a redirect"),
    )
    assert (capture.asked_url, capture.redirects, capture.url) == (NEW, (NEW,), elsewhere)
    assert left_out == ["with a redirect", "of another address"]


def test_a_redirect_to_a_malformed_address_is_left_out(warc: Path) -> None:
    captures, left_out = read(
        warc,
        DatedPage(url=OLD, at=day(2010), status=302, headers=(("Location", "http://[none"),)),
        DatedPage(url=OLD, at=day(2011), body=b"<p>We keep logs.</p>"),
    )
    assert ([payload for _, payload in captures], left_out) == ([b"<p>We keep logs.</p>"], ["with a redirect"])


def test_a_revisit_is_another_capture_of_the_same_payload(warc: Path) -> None:
    pages = [
        DatedPage(url=OLD, at=day(2010), body=b"same"),
        DatedPage(url=OLD, at=day(2011), body=b"same", revisit=True),
    ]
    ((first, _), (again, payload)), left_out = read(warc, *pages)
    assert (again.sha256, again.media_type, payload, left_out) == (first.sha256, first.media_type, None, [])
    assert (first.captured_at, again.captured_at) == (day(2010), day(2011))


def test_captures_before_a_break_in_the_file_are_read(warc: Path) -> None:
    write_warc(warc, [DatedPage(url=OLD, at=day(2010), body=b"first")])
    whole = warc.stat().st_size
    body = bytes(range(256)) * 400
    write_warc(warc, [DatedPage(url=OLD, at=day(2010), body=b"first"), DatedPage(url=OLD, at=day(2011), body=body)])
    data = warc.read_bytes()
    warc.write_bytes(data[: (whole + len(data)) // 2])
    results = captures_from_warc(warc, KEY, POLICY)
    first = next(results)
    assert not isinstance(first, LeftOut)
    assert first[1] == b"first"
    with pytest.raises(UsageError, match="breaks off after 1 response:"):
        list(results)


@pytest.mark.parametrize("name", ["crawl.warc.gz", "crawl.warc"])
def test_a_file_cut_off_anywhere_but_between_records_is_an_error(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """warcio reads a cut-off file without an error, and prints warnings."""
    path = tmp_path / name
    write_warc(path, [DatedPage(url=url, at=day(2010), body=b"text") for url in (OLD, "http://other.example/", OLD)])
    whole = path.read_bytes() if name.endswith(".gz") else gzip.decompress(path.read_bytes())
    start = rb"\x1f\x8b\x08" if name.endswith(".gz") else rb"WARC/1\.1\r\n"
    lengths_between_records = {
        length for match in re.finditer(start, whole) for length in range(match.start() - 4, match.start() + 1)
    }
    lengths_between_records.update(range(len(whole) - 4, len(whole)))
    for length in range(1, len(whole)):
        if length in lengths_between_records:
            continue
        path.write_bytes(whole[:length])
        with pytest.raises(UsageError, match="not a complete WARC file"):
            list(captures_from_warc(path, KEY, POLICY))
    assert capsys.readouterr() == ("", "")


def test_a_broken_file_is_reported_in_one_printable_line(tmp_path: Path) -> None:
    path = tmp_path / "no.warc"
    path.write_bytes(b"\x1b[31m\x9b" * 1000)
    with pytest.raises(UsageError) as caught:
        list(captures_from_warc(path, KEY, POLICY))
    assert str(caught.value).removeprefix(str(path)).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("data", [b"", b"<html>not a WARC</html>", b"\x1f\x8b\x08\x00broken", bytes(1000)])
def test_a_file_that_is_not_warc_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "no.warc.gz"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"no\.warc\.gz: not a complete WARC file"):
        list(captures_from_warc(path, KEY, POLICY))


@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz"])
def test_a_whole_file_without_responses_is_refused_in_other_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=name.endswith(".gz"), warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record(name, {"software": "a crawler that was stopped"}))
        writer.write_record(writer.create_warc_record(OLD, "request", payload=io.BytesIO(b"GET / HTTP/1.1\r\n\r\n")))
    with pytest.raises(UsageError) as caught:
        list(captures_from_warc(path, KEY, POLICY))
    held = "only 1 request record and 1 warcinfo record"
    assert str(caught.value) == (
        f"{path}: the file contains no pages (HTTP responses), {held}, so there is nothing to ingest"
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        list(captures_from_warc(tmp_path / "gone.warc", KEY, POLICY))


def test_a_warc_is_recognised_by_its_name() -> None:
    assert all(is_warc(Path(name)) for name in ("a.warc", "a.WARC.GZ", "a.arc", "a.arc.gz"))
    assert not any(is_warc(Path(name)) for name in ("a.html", "warc.txt", "march", "a.marc"))


def test_one_of_several_pages_of_a_policy_is_left_out(warc: Path) -> None:
    several = Policy.model_validate({"locations": [{"url": OLD, "pages": [f"{OLD}?page=2"]}]})
    write_warc(warc, [DatedPage(url=OLD, at=day(2010), body=b"<p>We keep logs.</p>")])
    assert list(captures_from_warc(warc, KEY, several)) == [LeftOut("of one page of a policy that has several pages")]
