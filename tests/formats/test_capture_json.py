"""WARC metadata and composed captures always have the same bytes.

The bytes must never change, because record ids and checksums are computed from them.
"""

import json
from dataclasses import fields, replace
from typing import get_type_hints

import pytest

from core.captures import Capture, sha256_hex
from core.exceptions import ExtractionError
from formats.capture_json import PlainCapture
from formats.multipart import compose, fault_of, is_composed, parts_of
from formats.warc_metadata import capture_in, metadata_of
from tests.capture_examples import (
    BOTH,
    BOTH_PAYLOAD,
    FILE,
    LIVE,
    PAGES,
    PAGES_PAYLOAD,
    RENDERED,
    WARC,
    WAYBACK,
)

# For each capture, the SHA-256 of the metadata that commit 4a914d7 wrote. At that commit, the type Provenance did not
# exist yet.
METADATA = {
    "live": (LIVE, "e1d79f18ebe1ca4a69f27d2f068aec0e69e3340b05c9c9a5d0ed6c872481441e"),
    "wayback": (WAYBACK, "88d16a5976c9c8b7c089f1fe0452ef203fb4cad79c6bb26a21f43eeb123c3761"),
    "warc": (WARC, "aa301a3a6a161076c167f66ef1fe1f7295bb78a0b59762a5cd7e9e944af88aeb"),
    "file": (FILE, "b41b09fd8f6bb3afb555b3aeb53bee0ea6138c571fa5aca8bf17e4f7ecdd675b"),
    "rendered part": (RENDERED, "b0bd55d00bf5a000925e9e140a90261ae6c4e4dae0e79ce9e20e1a0df0a02e6f"),
    "rendered": (BOTH, "5ae32ff336088af90dddd57839efc32e769a0a6056dceffd061345902f5f10b9"),
    "several pages": (PAGES, "882cda6fcbba86fd7be6df4d5cb4c29062d4df00ed9f852fa1272c6766503cc7"),
}


@pytest.mark.parametrize("name", METADATA)
def test_warc_metadata_is_the_same_as_before_the_type_provenance(name: str) -> None:
    capture, checksum = METADATA[name]
    assert sha256_hex(metadata_of(capture)) == checksum
    assert capture_in(metadata_of(capture)) == capture


def test_plain_data_has_the_fields_of_a_capture_in_the_same_order() -> None:
    """Fails if a field is added to one of the two classes alone, or gets another type or default in one of them."""
    fields_in_archive_mapping = {"provenance", "composition", "rendered_by"}
    of_capture = [declared for declared in declared_fields(Capture) if declared[0] not in fields_in_archive_mapping]
    *of_plain_data, (last, *_) = declared_fields(PlainCapture)
    assert of_plain_data == of_capture
    assert last == "archive"


def declared_fields(declaring: type[Capture | PlainCapture]) -> list[tuple[str, object, object]]:
    """Returns the name, the type and the default of each field."""
    types = get_type_hints(declaring)
    return [(field.name, types[field.name], field.default) for field in fields(declaring)]


def test_metadata_has_the_identifiers_of_an_archive_in_one_mapping() -> None:
    archive = json.loads(metadata_of(WAYBACK))["archive"]
    assert archive == {
        "digest": "AAAA",
        "memento": "http://a/web/20190304050607id_/x",
        "timestamp": "20190304050607",
        "urlkey": "example,marmot)/p",
    }


def test_composed_payloads_are_the_same_as_before_the_type_provenance() -> None:
    assert sha256_hex(PAGES_PAYLOAD) == "7d4b57430f5ec07a78d56c06892e3c2d82d0fca6389eacde2fda2672f4c288f4"
    assert BOTH_PAYLOAD == (
        b"--c2fc04c7d7921d60afba78bd90afa5ab95027475\r\n"
        b"Content-Type: text/html\r\nContent-Location: https://www.marmot.example/p\r\nStatus: 200\r\n\r\npage\r\n"
        b"--c2fc04c7d7921d60afba78bd90afa5ab95027475\r\n"
        b"Content-Type: text/html\r\nContent-Location: https://www.marmot.example/p\r\nStatus: 200\r\n\r\nrendered\r\n"
        b"--c2fc04c7d7921d60afba78bd90afa5ab95027475--\r\n"
    )


@pytest.mark.parametrize("part", [WAYBACK, WARC])
def test_only_the_parts_of_a_composed_capture_have_a_provenance(part: Capture) -> None:
    composed, payload = compose("mixed", [(part, b"page"), (part, b"page")])
    assert (composed.provenance, composed.rendered_by) == (None, "")
    assert parts_of(composed, payload) == ((part, b"page"), (part, b"page"))


def test_parts_are_read_back_with_the_browser_that_rendered_them() -> None:
    assert parts_of(BOTH, BOTH_PAYLOAD) == ((LIVE, b"page"), (RENDERED, b"rendered"))
    assert parts_of(PAGES, PAGES_PAYLOAD) == ((LIVE, b"page"), (BOTH, BOTH_PAYLOAD))
    assert (fault_of(BOTH), fault_of(PAGES), fault_of(LIVE)) == ("it came to no end", "", "")


def test_a_page_that_a_server_labels_multipart_is_not_composed() -> None:
    labelled = replace(LIVE, media_type=BOTH.media_type)
    assert not is_composed(labelled)
    with pytest.raises(ExtractionError):
        parts_of(labelled, BOTH_PAYLOAD)
