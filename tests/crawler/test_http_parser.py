"""HTTP responses that break the rules, and that browsers show nevertheless."""

from typing import Any

import pytest
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.web._newclient import Request
from twisted.web.http_headers import Headers

from crawler.http_parser import PatientParser

BODY = b"<p>We keep logs.</p>"


class Collector(Protocol):
    """Collects the body of a response."""

    body = b""

    def dataReceived(self, data: bytes) -> None:
        self.body += data


def parse(response: bytes) -> tuple[int, dict[bytes, Any], bytes]:
    """Returns the status, headers and body that the parser makes of a response."""
    answers: list[Any] = []
    parser: Any = PatientParser(Request(b"GET", b"/", Headers({b"Host": [b"a"]}), None), lambda rest: None)  # type: ignore[no-untyped-call]
    parser.makeConnection(StringTransport())  # type: ignore[no-untyped-call]
    parser._responseDeferred.addCallback(answers.append)
    parser.dataReceived(response)
    collector = Collector()
    answers[0].deliverBody(collector)
    return answers[0].code, dict(answers[0].headers.getAllRawHeaders()), collector.body


@pytest.mark.parametrize(
    "line",
    [
        b"this is no header",
        b": no name",
        b"X-Space : before the colon",
        "X-Näme: Schön".encode(),
        b"<br /><b>Warning</b>: headers already sent in /index.php",
        b"X-Long: " + b"a" * 100_000,
        b"X-Folded: one\r\n two",
        b"Content-Length: unknown",
        b"Transfer-Encoding: identity",
        b"HTTP/1.1 200 OK",
    ],
)
def test_broken_headers_cost_only_themselves(line: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + line + b"\r\nX-Last: 1\r\n\r\n"
    status, headers, body = parse(head + BODY)
    assert (status, body) == (200, BODY)
    assert (headers[b"Content-Type"], headers[b"X-Last"]) == ([b"text/html"], [b"1"])


@pytest.mark.parametrize("line", [b"HTTP/1.1 200", b"HTTP/1.0  200 OK", b"HTTP/2 200", b"HTTP/3 200 OK"])
def test_any_version_and_phrase_is_read(line: bytes) -> None:
    assert parse(line + b"\r\n\r\n" + BODY)[0] == 200


def test_spaces_after_the_size_of_a_chunk_are_ignored() -> None:
    chunks = b'%x  \r\n%b\r\n3 ;name="v"\r\n...\r\n0 \r\n\r\n' % (len(BODY), BODY)
    assert parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n" + chunks)[2] == BODY + b"..."
