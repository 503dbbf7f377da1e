"""How a stored page can be shown, and where its archive has it."""

from datetime import UTC, datetime

import pytest

from core.archives import Provenance
from tests.stored_captures import capture_of
from views.evidence import archive_address, charset_of, file_name, page_kind, without_connections


@pytest.mark.parametrize(
    ("media_type", "payload", "kind"),
    [
        ("text/html; charset=utf-8", b"<p>", "html"),
        ("application/xhtml+xml", b"<?xml version='1.0'?>", "html"),
        ("text/html", b"%PDF-1.7", "pdf"),
        ("text/markdown", b"<script>", "text"),
        ("", b"\n <!DOCTYPE html>", "html"),
        ("", b"Privacy", "text"),
        ("", b"\0\1", "other"),
        ("image/svg+xml", b"<svg>", "other"),
    ],
)
def test_only_pages_and_text_are_shown(media_type: str, payload: bytes, kind: str) -> None:
    assert page_kind(media_type, payload) == kind


def test_elements_that_connect_become_elements_without_effect() -> None:
    page = '<LINK rel="preconnect"><link\nrel=x><linker><iframe src=x></iframe><frameset><Frame><a href=x>y</A><abbr>'
    shown = '<base rel="preconnect"><base\nrel=x><linker><source src=x></iframe><frameset><param>'
    shown += "<x-link href=x>y</x-link><abbr>"
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        assert without_connections(page.encode(encoding)).decode(encoding) == shown
    assert without_connections(b"<i\x1b(Bfra\x1b(J\x1b(Bme\x1b(B src=x>") == b"<source src=x>"


def test_a_charset_cannot_add_a_header() -> None:
    assert charset_of("text/html; charset=windows-1252\r\nSet-Cookie: a=b") == "windows-1252"
    assert charset_of("text/html; charset='utf-8'") == "utf-8"
    assert charset_of("text/html") == ""


def test_the_archive_shows_the_capture_to_people() -> None:
    memento = "https://web.archive.org/web/20161018225756id_/http://a.example/privacy"
    capture = capture_of(b"", source="wayback", provenance=Provenance("wayback", {"memento": memento}))
    assert archive_address(capture) == "https://web.archive.org/web/20161018225756/http://a.example/privacy"
    hostile = capture_of(b"", source="wayback", provenance=Provenance("wayback", {"memento": "javascript:alert(1)"}))
    assert archive_address(hostile) == ""
    assert archive_address(capture_of(b"")) == ""


def test_the_name_of_a_file_holds_nothing_of_a_hostile_name() -> None:
    moment = datetime(2016, 10, 18, tzinfo=UTC)
    capture = capture_of(b"", vendor='../"x\r\ny', policy="ü", captured_at=moment)
    assert file_name(3, capture, "html") == ".._x_y-_-20161018000000-3.html"
