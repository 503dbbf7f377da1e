"""Captures that are written to a WARC file are the same when the file is read."""

import contextlib
import gzip
import io
import re
import tempfile
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from core.archives import Provenance
from core.captures import Capture, Composition, Source, sha256_hex
from core.declarations import Policy
from core.policies import PolicyKey
from ingestion import LeftOut, captures_from_warc, write_captures
from loopback.archive import serve_archive
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page

ELSEWHERE = "https://legal.marmot.example/p/1"
OLD = "http://marmot.example/privacy.html"
A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
LIVE = capture_of(
    A,
    headers=(("Content-Encoding", "gzip"), ("Content-Length", "17"), ("X-Name", "caf\xe9"), ("Set-Cookie", "a=1")),
)
AGAIN = capture_of(A, 1)
REDIRECTED = capture_of(B, 2, url=ELSEWHERE, asked_url=OLD, redirects=(OLD, URL))
ARCHIVED = capture_of(
    A,
    -900,
    source="wayback",
    headers=(("Server", "nginx"), ("x-archive-orig-server", "Apache"), ("Memento-Datetime", "then")),
    provenance=Provenance(
        "wayback",
        {"timestamp": "20160915", "digest": "X" * 32, "urlkey": "example,marmot)/privacy", "memento": "http://a/"},
    ),
)
SAVED = capture_of(B, -2000, source="file", status=None, requested_at=None, answered_at=None, media_type="text/html")
ALL = (SAVED, ARCHIVED, LIVE, AGAIN, REDIRECTED)


def payload_of(*payloads: bytes) -> Callable[[str], bytes | None]:
    """Returns a function that returns the payload with a SHA-256; None if there is no such payload."""
    return {sha256_hex(payload): payload for payload in payloads}.get


def written(captures: Sequence[Capture], *payloads: bytes) -> bytes:
    """Returns the WARC file of some captures. payloads: the stored payloads; by default A and B."""
    stream = io.BytesIO()
    write_captures(stream, captures, payload_of(*(payloads or (A, B))))
    return stream.getvalue()


def read(data: bytes, policy: str = "privacy", declared: Policy = POLICY) -> tuple[list[Any], list[str]]:
    """Returns the captures in a WARC file with their payloads, and the reasons why other records are left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.warc.gz")
        path.write_bytes(data)
        results = list(captures_from_warc(path, PolicyKey("marmot", policy), declared))
    return [result for result in results if not isinstance(result, LeftOut)], [
        result.why for result in results if isinstance(result, LeftOut)
    ]


def records(data: bytes) -> list[Any]:
    """Returns the records of a WARC file as warcio reads them, with the attribute `body`."""
    result = []
    for record in ArchiveIterator(io.BytesIO(data)):
        record.body = record.content_stream().read()
        result.append(record)
    return result


def check(path: Path) -> tuple[int, str]:
    """Returns the exit status and the output of `warcio check -v`."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        status = Checker(Namespace(inputs=[str(path)], verbose=True)).process_all()
    return status, output.getvalue()


def test_captures_of_every_source_are_read_back_with_their_bytes() -> None:
    read_back, left_out = read(written(ALL))
    assert [capture for capture, _ in read_back] == list(ALL)
    assert [payload for _, payload in read_back] == [B, A, None, None, B]
    assert sorted(left_out) == ["of another address", "with a redirect"]  # the two responses of the redirects


def test_captures_are_read_back_even_if_the_locations_have_changed() -> None:
    elsewhere = Policy.model_validate({"locations": [{"url": "https://moved.example/"}]})
    assert [capture for capture, _ in read(written(ALL), declared=elsewhere)[0]] == list(ALL)


def test_the_same_captures_give_the_same_bytes() -> None:
    assert written(ALL) == written(ALL)


def test_each_record_is_compressed_by_itself() -> None:
    data = written(ALL)
    whole = gzip.decompress(data)
    assert (
        whole.count(b"WARC/1.1\r\nWARC-Type: ") == len(records(data)) == len(re.findall(rb"\x1f\x8b\x08\x00{5}", data))
    )


def test_warcio_check_reports_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "export.warc.gz"
    path.write_bytes(written(ALL))
    status, output = check(path)
    assert status == 0, output
    assert output.count("digest pass") + output.count("not checked (revisit)") == len(records(written(ALL)))


def test_the_headers_of_a_response_fit_its_body() -> None:
    _, _, response = records(written([LIVE]))
    assert response.http_headers.headers == [
        ("Content-Type", "text/html; charset=utf-8"),
        ("X-Name", "caf\xe9"),
        ("Set-Cookie", "a=1"),
        ("Content-Length", str(len(A))),
    ]
    assert response.body == A


def test_archived_captures_are_written_with_the_pages_own_headers() -> None:
    response = records(written([ARCHIVED]))[-1]
    assert [name for name, _ in response.http_headers.headers] == ["Content-Type", "server", "Content-Length"]
    assert response.http_headers.get_header("Server") == "Apache"


def test_each_source_is_written_as_its_record_type() -> None:
    kinds = [record.rec_type for record in records(written(ALL))]
    assert kinds == [
        "warcinfo",
        *("metadata", "resource"),
        *("metadata", "response"),
        *("metadata", "revisit"),
        *("metadata", "revisit"),
        *("response", "response", "metadata", "response"),
    ]


def test_a_revisit_names_the_response_with_its_payload() -> None:
    response, _, revisit = records(written([LIVE, AGAIN]))[2:]
    field = revisit.rec_headers.get_header
    assert field("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert field("WARC-Refers-To") == response.rec_headers.get_header("WARC-Record-ID")
    assert field("WARC-Refers-To-Target-URI") == URL
    assert field("WARC-Refers-To-Date") == response.rec_headers.get_header("WARC-Date") == "2019-03-04T05:06:07.890123Z"
    assert field("WARC-Payload-Digest") == f"sha256:{sha256_hex(A)}"
    assert revisit.body == b""


def test_without_metadata_the_file_is_read_like_any_other_warc() -> None:
    whole = gzip.decompress(written(ALL))
    plain = b"".join(
        part for part in re.split(rb"(?=WARC/1\.1\r\nWARC-Type: )", whole) if b"WARC-Type: metadata" not in part[:40]
    )
    declared = Policy.model_validate({"locations": [{"url": URL}, {"url": OLD}]})
    read_back, _ = read(plain, declared=declared)
    assert [
        (capture.source, capture.captured_at, capture.url, capture.media_type, capture.sha256)
        for capture, _ in read_back
    ] == [
        ("warc", capture.captured_at, capture.url, capture.media_type, capture.sha256)
        for capture in (SAVED, ARCHIVED, LIVE, AGAIN, REDIRECTED)
    ]
    # Both addresses of the redirects are locations. Without metadata, the file does not say which address was requested
    # first, so the capture begins with the last redirect that is a location.
    assert (read_back[-1][0].asked_url, read_back[-1][0].redirects) == (URL, (URL,))


def test_revisits_refer_only_to_captures_of_the_same_policy() -> None:
    cookies = [replace(capture, policy="cookies") for capture in (LIVE, AGAIN)]
    data = written([*cookies, LIVE, AGAIN])
    for policy, expected in (("privacy", [LIVE, AGAIN]), ("cookies", cookies)):
        read_back, left_out = read(data, policy)
        assert read_back == [(expected[0], A), (expected[1], None)]
        assert left_out == ["of another policy"] * 2


def test_captures_with_a_lost_payload_are_left_out() -> None:
    stream = io.BytesIO()
    assert write_captures(stream, ALL, payload_of(A)) == 3
    assert [capture for capture, _ in read(stream.getvalue())[0]] == [ARCHIVED, LIVE, AGAIN]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"HTTP/1.1 200", b"HTTP/1.1 404"),
        (b"We keep your messages for a year", b"We sold your messages for a year"),
        (b"WARC-Date: 2019-03-04T05", b"WARC-Date: 2019-03-04T06"),
        (b"WARC-Target-URI: https://www.marmot", b"WARC-Target-URI: https://www.carrot"),
        (b'"source":"live"', b'"source":"lime"'),
        (b'"status":200', b'"status":201'),
        (b'{"answered_at"', b'["answered_at"'),
        (b'"2019-03-04T05:06:07.890123+00:00"', b'"2019-03-04T05:06:07.890123      "'),
    ],
)
def test_a_record_that_contradicts_its_metadata_is_left_out(old: bytes, new: bytes) -> None:
    whole = gzip.decompress(written([LIVE]))
    assert old in whole
    assert read(whole.replace(old, new)) == ([], ["whose metadata contradicts the record or cannot be read"])


def test_line_breaks_in_addresses_and_headers_add_no_header() -> None:
    capture = replace(
        LIVE,
        url=f"{URL}?a\r\nWARC-Type: metadata",
        media_type="text/html\r\nX: y",
        headers=(("X\r\nY", "z"), ("Name", "a\r\nb\x00c"), ("", "d")),
    )
    data = written([capture])
    (response,) = (record for record in records(data) if record.rec_type == "response")
    assert response.http_headers.headers == [
        ("Content-Type", "text/html X: y"),
        ("Name", "a b c"),
        ("Content-Length", str(len(A))),
    ]
    assert read(data)[0] == [(capture, A)]


@pytest.mark.server
def test_pywb_replays_the_captures_and_redirects(tmp_path: Path) -> None:
    (tmp_path / "export.warc.gz").write_bytes(written(ALL))
    with serve_archive(tmp_path) as archive:

        def replay(url: str, moment: datetime) -> HTTPResponse:
            connection = HTTPConnection(archive.url.removeprefix("http://"))
            connection.request("GET", f"/web/{moment:%Y%m%d%H%M%S}id_/{url}")
            return connection.getresponse()

        for capture, body in zip(ALL, (B, A, A, A, B), strict=True):
            answer = replay(capture.url, capture.captured_at)
            assert (answer.status, answer.read()) == (200, body), capture
            assert answer.headers["Content-Type"] == capture.media_type
        for url, target in ((OLD, URL), (URL, ELSEWHERE)):
            answer = replay(url, REDIRECTED.captured_at)
            assert (answer.status, answer.headers["Location"]) == (302, target)


# --- generated captures ----------------------------------------------------------------------------------------------

MOMENTS = st.integers(-800_000_000, 1_500_000_000).map(lambda seconds: BEGIN + timedelta(seconds=seconds / 7))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ADDRESSES = st.one_of(st.sampled_from([URL, OLD, ELSEWHERE]), TEXTS.map(lambda text: f"https://marmot.example/{text}"))
PAYLOADS = st.sampled_from([A, B, b"", b"\r\n\r\n", b"WARC/1.1\r\n", bytes(range(256)) * 80])


SOURCES: tuple[Source, ...] = ("live", "wayback", "warc", "file")


def provenances(source: Source) -> st.SearchStrategy[Provenance | None]:
    if source not in ("wayback", "warc"):
        return st.none()
    # At least one identifier, because a provenance without identifiers is stored like a capture without provenance.
    identifiers = st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3)
    return st.none() | st.builds(Provenance, st.just(source), identifiers)


@st.composite
def captures_with_payloads(draw: st.DrawFn) -> tuple[Capture, bytes]:
    payload = draw(PAYLOADS)
    chain = draw(st.lists(ADDRESSES, min_size=1, max_size=4))
    source = draw(st.sampled_from(SOURCES))
    capture = Capture(
        vendor="marmot",
        policy=draw(st.sampled_from(["privacy", "cookies"])),
        source=source,
        captured_at=draw(MOMENTS),
        url=chain[-1],
        asked_url=chain[0],
        redirects=tuple(chain[:-1]),
        status=draw(st.none() | st.integers(100, 999)),
        headers=tuple(draw(st.lists(st.tuples(TEXTS | st.sampled_from(["Content-Encoding", "Location"]), TEXTS)))),
        media_type=draw(TEXTS | st.just("text/html")),
        sha256=sha256_hex(payload),
        requested_at=draw(st.none() | MOMENTS),
        answered_at=draw(st.none() | MOMENTS),
        provenance=draw(provenances(source)),
        composition=draw(st.none() | st.builds(Composition, TEXTS, TEXTS)),
        rendered_by=draw(TEXTS),
    )
    return capture, payload


@pytest.mark.slow
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(captures_with_payloads(), min_size=1, max_size=6, unique_by=lambda pair: repr(pair[0])))
def test_generated_captures_are_read_back(pairs: list[tuple[Capture, bytes]]) -> None:
    captures = [capture for capture, _ in pairs]
    data = written(captures, *(payload for _, payload in pairs))
    for policy in ("privacy", "cookies"):
        expected = [capture for capture in captures if capture.policy == policy]
        read_back, _ = read(data, policy)
        assert [capture for capture, _ in read_back] == expected
        payloads = {capture.sha256: payload for capture, payload in read_back if payload is not None}
        assert set(payloads) == {capture.sha256 for capture in expected}
        assert all(sha256_hex(payload) == sha256 for sha256, payload in payloads.items())
