"""The oddities of WARC and ARC files: what replay tools show is read, and what is incomplete is marked."""

import base64
import gzip
import hashlib
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.captures import Capture, sha256_hex
from core.declarations import Policy
from core.exceptions import UsageError
from core.policies import PolicyKey
from extraction import read
from ingestion import LeftOut, captures_from_warc
from ingestion.archive_records import Gap, records
from ingestion.http_responses import dechunk, parse_response

URL = "https://northwind.example/privacy"
POLICY = Policy.model_validate({"locations": [{"url": URL}]})
PAGE = (
    b"<!doctype html><html lang=en><title>Privacy policy</title><h1>Privacy policy</h1>"
    b"<p>This policy says which personal data Northwind collects from its customers, and why it keeps them.</p>"
    b"<p>We keep the personal data of your account for six months after you have closed it.</p>"
)
EMPTY_SHA1 = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"


def http(body: bytes = PAGE, headers: Sequence[str] = ("Content-Type: text/html",), status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("utf-8") + body


def record(
    block: bytes,
    *fields: str,
    kind: str = "response",
    date: str = "2020-01-01T00:00:00Z",
    url: str = URL,
    length: int | None = None,
    end: bytes = b"\r\n\r\n",
) -> bytes:
    """Returns a compressed record. length: the Content-Length, if it is wrong."""
    lines = ["WARC/1.0", f"WARC-Type: {kind}", f"WARC-Date: {date}", f"WARC-Target-URI: {url}", *fields]
    lines += [f"Content-Length: {len(block) if length is None else length}", "", ""]
    return gzip.compress("\r\n".join(lines).encode() + block + end, mtime=0)


def ingest(tmp_path: Path, *members: bytes, name: str = "crawl.warc.gz") -> tuple[list[Capture], list[str]]:
    """Returns the captures in a file of these records, and the reasons why other records are left out."""
    path = tmp_path / name
    path.write_bytes(b"".join(members))
    results = list(captures_from_warc(path, PolicyKey("northwind", "privacy"), POLICY))
    left_out = [result.why for result in results if isinstance(result, LeftOut)]
    return [result[0] for result in results if not isinstance(result, LeftOut)], left_out


def truncated(capture: Capture) -> str:
    assert capture.provenance is not None
    return capture.provenance.truncated


def sha1(body: bytes) -> str:
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


CHUNKED = ("Transfer-Encoding: chunked",)


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (record(http(), "WARC-Truncated: length"), "WARC-Truncated: length"),
        (record(http(), "WARC-Segment-Number: 1"), "the record is one of several segments"),
        (record(http(b"40\r\n" + PAGE[:50], CHUNKED)), "a chunk of the body is shorter than announced"),
        (record(http(b"40\r\n" + PAGE[:64] + b"\r\n", CHUNKED)), "the last chunk of the body is missing"),
        (
            record(http(), f"WARC-Payload-Digest: sha1:{sha1(PAGE + b'more')}"),
            "the body doesn't match the record's digest",
        ),
        (record(http(), length=len(http()) + 500), "the record is 500 bytes shorter than announced"),
    ],
)
def test_an_incomplete_record_is_quarantined_as_truncated(tmp_path: Path, member: bytes, why: str) -> None:
    (capture,), _ = ingest(tmp_path, member)
    assert truncated(capture) == why
    verdict = read(capture, PAGE).verdict
    assert (verdict.reason, verdict.rule) == ("truncated", "incomplete_transfer")
    assert why in verdict.evidence


def test_a_revisit_of_a_truncated_record_is_truncated(tmp_path: Path) -> None:
    digest = f"WARC-Payload-Digest: sha1:{sha1(PAGE)}"
    revisit = record(http(b""), digest, kind="revisit", date="2020-02-01T00:00:00Z")
    captures, _ = ingest(tmp_path, record(http(), digest, "WARC-Truncated: time"), revisit)
    assert [truncated(capture) for capture in captures] == ["WARC-Truncated: time"] * 2


@pytest.mark.parametrize(
    "digest",
    [
        f"sha1:{sha1(PAGE)}",
        f"SHA-1:{sha1(PAGE).lower()}",
        f"sha256:{sha256_hex(PAGE)}",
        f"sha1:{sha1(b'%x' % len(PAGE) + bytes([13, 10]) + PAGE + bytes([13, 10]) + b'0' + bytes([13, 10, 13, 10]))}",
        "blake3:abc",
        "sha1:no digest",
    ],
)
def test_digests_of_every_form_fit_the_body(tmp_path: Path, digest: str) -> None:
    """Some programs compute the digest from the body with its chunks, others from the body without them."""
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    (capture,), _ = ingest(tmp_path, record(http(body, CHUNKED), f"WARC-Payload-Digest: {digest}"))
    assert (truncated(capture), capture.sha256) == ("", sha256_hex(PAGE))


@pytest.mark.parametrize("slip", [-3, -1, 1, 4])
@pytest.mark.parametrize("position", [0, 1])
def test_a_gzip_member_ends_a_record_whatever_its_length_says(tmp_path: Path, slip: int, position: int) -> None:
    members = [record(http()), record(http(PAGE + b"<p>More.</p>"), date="2020-02-01T00:00:00Z")]
    wrong = http() if position == 0 else http(PAGE + b"<p>More.</p>")
    members[position] = record(wrong, date=f"2020-0{position + 1}-01T00:00:00Z", length=len(wrong) + slip)
    captures, _ = ingest(tmp_path, *members)
    assert [capture.sha256 for capture in captures] == [sha256_hex(PAGE), sha256_hex(PAGE + b"<p>More.</p>")]
    assert not any(truncated(capture) for capture in captures)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r\n\r\n\r\n"])
@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz"])
def test_records_need_not_be_followed_by_two_newlines(tmp_path: Path, name: str, end: bytes) -> None:
    members = [record(http(), end=end), record(http(), date="2020-02-01T00:00:00Z", end=end)]
    whole = b"".join(map(gzip.decompress, members)) if name == "crawl.warc" else b"".join(members)
    captures, _ = ingest(tmp_path, whole, name=name)
    assert [capture.sha256 for capture in captures] == [sha256_hex(PAGE)] * 2


@pytest.mark.parametrize("size", [100, 333, 100_000])
def test_members_need_not_fit_the_records(tmp_path: Path, size: int) -> None:
    """Some programs compress a whole file at once, or in blocks."""
    whole = b"".join(gzip.decompress(record(http(), date=f"2020-0{month}-01T00:00:00Z")) for month in range(1, 6))
    blocks = [gzip.compress(whole[start : start + size]) for start in range(0, len(whole), size)]
    captures, _ = ingest(tmp_path, *blocks)
    assert [capture.sha256 for capture in captures] == [sha256_hex(PAGE)] * 5


REFERS_TO = (
    "WARC-Refers-To-Target-URI: https://northwind.example/privacy",
    "WARC-Refers-To-Date: 2020-01-01T00:00:00Z",
)
NOT_MODIFIED = "WARC-Profile: http://netpreserve.org/warc/1.0/revisit/server-not-modified"


@pytest.mark.parametrize(
    ("fields", "block"),
    [
        (REFERS_TO, http(b"")),
        (REFERS_TO, b""),
        ((*REFERS_TO, NOT_MODIFIED), http(b"", status="304 Not Modified")),
        ((NOT_MODIFIED,), http(b"", status="304 Not Modified")),
        ((NOT_MODIFIED, f"WARC-Payload-Digest: {EMPTY_SHA1}"), http(b"", status="304 Not Modified")),
        (("WARC-Refers-To: <urn:uuid:1>",), b""),
    ],
)
@pytest.mark.parametrize("is_first", [False, True])
def test_a_revisit_finds_its_original(tmp_path: Path, fields: tuple[str, ...], block: bytes, is_first: bool) -> None:
    pixel = record(http(b""), f"WARC-Payload-Digest: {EMPTY_SHA1}", url="https://northwind.example/pixel")
    original = record(http(), "WARC-Record-ID: <urn:uuid:1>")
    revisit = record(block, *fields, kind="revisit", date="2020-02-01T00:00:00Z")
    captures, _ = ingest(tmp_path, pixel, *([revisit, original] if is_first else [original, revisit]))
    assert [capture.captured_at.month for capture in captures] == [1, 2]
    assert {(capture.sha256, capture.status) for capture in captures} == {(sha256_hex(PAGE), 200)}


def test_a_revisit_of_another_page_is_left_out(tmp_path: Path) -> None:
    digest = f"WARC-Payload-Digest: sha1:{sha1(b'another page')}"
    revisit = record(http(b""), digest, *REFERS_TO, kind="revisit", date="2020-02-01T00:00:00Z")
    original = record(http(), f"WARC-Payload-Digest: sha1:{sha1(PAGE)}")
    assert ingest(tmp_path, original, revisit)[1] == ["with a revisit of a record that is not in the file"]


def test_a_304_without_an_original_is_left_out(tmp_path: Path) -> None:
    answer = record(http(b"", status="304 Not Modified"))
    assert ingest(tmp_path, answer) == ([], ["with status 304, which has no page"])


TARGET = "https://northwind.example/l%C3%A9gal"


@pytest.mark.parametrize("location", [TARGET, "/légal", "https://northwind.example:443/l%c3%a9gal#top"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_redirects_are_followed_in_any_order_of_records(tmp_path: Path, location: str, order: tuple[int, ...]) -> None:
    step = "https://northwind.example/step"
    members = [
        record(http(b"", (f"Location: {step}",), "301 Moved")),
        record(http(b"", (f"Location: {location}",), "302 Found"), url=step, date="2020-01-01T00:00:01Z"),
        record(http(), url=TARGET, date="2020-01-01T00:00:02Z"),
    ]
    (capture,), left_out = ingest(tmp_path, *(members[number] for number in order))
    assert (capture.asked_url, capture.redirects, capture.url) == (URL, (URL, step), TARGET)
    assert left_out == ["with a redirect"] * 2


def test_a_resource_record_is_a_capture_without_a_status(tmp_path: Path) -> None:
    (capture,), _ = ingest(tmp_path, record(PAGE, "Content-Type: text/html", kind="resource"))
    assert (capture.status, capture.media_type, capture.sha256) == (None, "text/html", sha256_hex(PAGE))


@pytest.mark.parametrize(
    "head", ["HTTP/2 200", "http/1.1 200", "HTTP/1.1  200 OK", "HTTP/1.1 200 OK\nbroken line\n: no name"]
)
def test_heads_that_browsers_accept_are_read(tmp_path: Path, head: str) -> None:
    (capture,), _ = ingest(
        tmp_path, record(f"{head}\nX-Long: {'x' * 100_000}\ncontent-type: text/html\n\n".encode() + PAGE)
    )
    assert (capture.status, capture.media_type, capture.sha256) == (200, "text/html", sha256_hex(PAGE))


def test_records_that_are_no_pages_are_named_or_ignored(tmp_path: Path) -> None:
    members = [
        record(PAGE),
        record(b"20200101000000\n127.0.0.1\n", url="dns:northwind.example"),
        record(http(), url="https://other.example/"),
        record(http(), date="2020-13-01T00:00:00Z"),
    ]
    left_out = ["without an HTTP response", "with a malformed address or date", "of another address"]
    assert ingest(tmp_path, *members) == ([], left_out)


def test_the_date_of_an_index_is_read_as_a_warc_date(tmp_path: Path) -> None:
    (capture,), _ = ingest(tmp_path, record(http(), date="20200102030405"))
    assert capture.captured_at.isoformat() == "2020-01-02T03:04:05+00:00"


@pytest.mark.parametrize("name", ["crawl.arc", "crawl.arc.gz"])
@pytest.mark.parametrize("extra", ["", " 200 checksum - 0 crawl.arc"])
def test_arc_files_are_read(tmp_path: Path, name: str, extra: str) -> None:
    """The Internet Archive's format before WARC, in versions 1 and 2 (archive.org/web/researcher/ArcFileFormat.php)."""
    version = b"1 0 Northwind\nURL IP-address Archive-date Content-type Archive-length\n"
    members = [b"filedesc://crawl.arc 0.0.0.0 20050101000000 text/plain %d\n%b\n" % (len(version), version)]
    members += [
        f"{url} 127.0.0.1 20050{month}01000000 text/html{extra} {len(http())}\n".encode() + http() + b"\n"
        for month, url in enumerate([URL, "http://other.example/a b", URL], 1)
    ]
    data = b"".join(members if name == "crawl.arc" else map(gzip.compress, members))
    captures, left_out = ingest(tmp_path, data, name=name)
    assert [capture.captured_at.month for capture in captures] == [1, 3]
    assert {capture.sha256 for capture in captures} == {sha256_hex(PAGE)}
    assert left_out == ["of another address"]


@given(st.lists(st.binary(min_size=1), min_size=1), st.data())
def test_a_cut_off_chunked_body_is_never_taken_for_whole(chunks: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    assert dechunk(whole) == (b"".join(chunks), "")
    length = data.draw(st.integers(whole.index(b"\n") + 1, len(whole) - 5))
    body, fault = dechunk(whole[:length])
    assert fault
    assert b"".join(chunks).startswith(body)


@given(st.binary())
def test_any_block_is_a_response_or_none(block: bytes) -> None:
    response = parse_response(b"HTTP/1.1 200 OK\r\n" + block)
    assert response is not None
    assert response.status == 200
    parse_response(block)


@given(st.binary(), st.booleans())
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, is_record: bool) -> None:
    path = tmp_path_factory.mktemp("any") / "any.warc.gz"
    path.write_bytes(gzip.compress(b"WARC/1.0\r\n" + data) if is_record else data)
    list(records(path))
    with suppress(UsageError):
        list(captures_from_warc(path, PolicyKey("northwind", "privacy"), POLICY))


@pytest.mark.parametrize("date", ["1989-12-31T23:59:59Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_record_of_an_impossible_time_is_left_out_and_named(tmp_path: Path, date: str) -> None:
    records_of_file = record(http(), date=date), record(http())
    captures, left_out = ingest(tmp_path, *records_of_file)
    assert ([capture.captured_at.year for capture in captures], left_out) == (
        [2020],
        ["dated before 1990 or in the future"],
    )


def test_a_record_with_an_impossible_status_is_left_out_and_named(tmp_path: Path) -> None:
    captures, left_out = ingest(tmp_path, record(http(status="042 Odd")), record(http()))
    assert (len(captures), left_out) == (1, ["with an HTTP status outside 100 to 999"])
    assert ingest(tmp_path, record(http(status="2147483648 OK")))[1] == ["without an HTTP response"]


def parts_of(path: Path) -> tuple[list[int], list[str], str]:
    """Returns the months of a file's captures, the reasons of records that are left out, and the error at the end."""
    captures, left_out = [], []
    try:
        for result in captures_from_warc(path, PolicyKey("northwind", "privacy"), POLICY):
            if isinstance(result, LeftOut):
                left_out.append(result.why)
            else:
                captures.append(result[0].captured_at.month)
    except UsageError as error:
        return captures, left_out, str(error).removeprefix(f"{path}: ")
    return captures, left_out, ""


def month(number: int, length: int | None = None, body: bytes = PAGE) -> bytes:
    return record(http(body), date=f"2020-0{number}-01T00:00:00Z", length=length)


@pytest.mark.parametrize("length", [0, 60, len(http()) - 3, len(http()) + 20, len(http()) + 900, 10**17, 10**30])
def test_records_after_a_wrong_length_are_found(tmp_path: Path, length: int) -> None:
    """A length may end inside the content, inside one of the next records, or beyond the file."""
    path = tmp_path / "crawl.warc"
    members = [month(1), month(2, length), month(3), month(4, length), month(5)]
    plain = [gzip.decompress(member) for member in members]
    path.write_bytes(b"".join(plain))
    captures, left_out, error = parts_of(path)
    assert (captures, left_out) == ([1, 3, 5], [])
    assert error.startswith(
        "not a complete WARC file; 2 parts of it are damaged and left out, the first after 1 response, "
    )
    assert f"at byte {len(plain[0])}: " in error


def test_a_wrong_length_doesnt_make_a_record_of_text_in_a_page(tmp_path: Path) -> None:
    """Only what stands after a damaged place is searched for records."""
    page = PAGE + b"<pre>\n" + gzip.decompress(month(9)) + b"</pre>"
    (tmp_path / "crawl.warc").write_bytes(gzip.decompress(month(1, body=page)) + gzip.decompress(month(2)))
    assert parts_of(tmp_path / "crawl.warc") == ([1, 2], [], "")


@pytest.mark.parametrize("place", [0, 11, 200, -12, -6])
def test_records_after_damaged_compressed_data_are_found(tmp_path: Path, place: int) -> None:
    members = [bytearray(month(number)) for number in range(1, 6)]
    for damaged in (1, 3):
        members[damaged][place] ^= 0xFF
    (tmp_path / "crawl.warc.gz").write_bytes(b"".join(members))
    captures, _, error = parts_of(tmp_path / "crawl.warc.gz")
    assert [number for number in captures if number not in (2, 4)] == [1, 3, 5]
    assert "2 parts of it are damaged" in error


def test_records_after_a_lost_part_of_a_compressed_file_are_found(tmp_path: Path) -> None:
    whole = b"".join(map(month, range(1, 6)))
    start, end = len(month(1)) + 40, len(month(1)) + len(month(2)) + 30
    (tmp_path / "crawl.warc.gz").write_bytes(whole[:start] + whole[end:])
    captures, _, error = parts_of(tmp_path / "crawl.warc.gz")
    assert captures == [1, 4, 5]
    assert f"1 part of it is damaged and left out, after 1 response, at byte {len(month(1))}: the compr" in error


def test_records_after_a_wrong_length_in_a_file_compressed_as_a_whole_are_found(tmp_path: Path) -> None:
    members = [month(1), month(2, 60), month(3)]
    (tmp_path / "crawl.warc.gz").write_bytes(gzip.compress(b"".join(map(gzip.decompress, members))))
    assert parts_of(tmp_path / "crawl.warc.gz")[0] == [1, 3]


def test_a_record_in_front_of_other_data_is_left_out(tmp_path: Path) -> None:
    """What follows may be the rest of the record's content."""
    (tmp_path / "crawl.warc").write_bytes(gzip.decompress(month(1)) + b"lost\n" * 99 + gzip.decompress(month(2)))
    captures, _, error = parts_of(tmp_path / "crawl.warc")
    assert captures == [2]
    assert "1 part of it is damaged and left out, after 0 responses, at byte 0: the length of a record" in error


def test_members_inside_each_other_dont_keep_the_program_busy(tmp_path: Path) -> None:
    """Each of 400 members has the others as its content, and is damaged at its end."""
    data = b""
    for _ in range(400):
        head = b"WARC/1.0\r\nContent-Length: 99999999\r\n\r\n" + data
        stored = len(head).to_bytes(2, "little") + (len(head) ^ 0xFFFF).to_bytes(2, "little")
        data = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\0" + stored + head
    path = tmp_path / "nested.warc.gz"
    path.write_bytes(data + b"\xff")
    items = list(records(path))
    assert all(isinstance(item, Gap) for item in items)
    assert len(items) <= 101


def test_headers_over_many_lines_take_linear_time(tmp_path: Path) -> None:
    start = time.process_time()
    response = parse_response(b"HTTP/1.1 200 OK\r\na: b" + b"\n a" * 700_000 + b"\n\n" + PAGE)
    assert response is not None
    assert response.body == PAGE
    long = record(http(), "X: a" + "\r\n b" * 300_000)
    with pytest.raises(UsageError, match="a record's header has more than 1048576 bytes"):
        ingest(tmp_path, long)
    assert time.process_time() - start < 8


def test_only_as_many_redirects_are_followed_as_browsers_follow(tmp_path: Path) -> None:
    def hop(number: int, date: str) -> bytes:
        url = f"https://northwind.example/{number}" if number else URL
        return record(http(b"", [f"Location: /{number + 1}"], "302 Found"), url=url, date=date)

    def chain(hops: int, date: str) -> list[bytes]:
        page = record(http(), url=f"https://northwind.example/{hops}", date=date)
        return [*(hop(number, date) for number in range(hops)), page]

    captures, left_out = ingest(tmp_path, *chain(1_500, "2021-01-01T00:00:00Z"), *chain(20, "2022-01-01T00:00:00Z"))
    assert [len(capture.redirects) for capture in captures] == [20]
    assert "of another address" in left_out


def test_many_redirects_to_many_visits_are_read_in_linear_time(tmp_path: Path) -> None:
    redirect = http(b"", ["Location: /target"], "302 Found")
    redirects = [record(redirect, url=f"https://northwind.example/{number}") for number in range(1_500)]
    visits = [record(http(), url="https://northwind.example/target") for _ in range(1_500)]
    begin = time.process_time()
    assert ingest(tmp_path, *redirects, *visits)[0] == []
    assert time.process_time() - begin < 12


def test_a_long_line_like_that_of_an_arc_record_is_searched_once(tmp_path: Path) -> None:
    begin = time.process_time()
    with pytest.raises(UsageError, match="not a complete WARC file"):
        ingest(tmp_path, record(http()) + gzip.compress(b"a" + b" 1 201601010000 c" * 4_000 + b" x\n"))
    assert time.process_time() - begin < 1
