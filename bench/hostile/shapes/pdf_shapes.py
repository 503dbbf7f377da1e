"""Hostile PDFs."""

import io
import zlib
from collections.abc import Callable

from bench.hostile.shapes.shape import Shape


def pdf_of(streams: list[bytes], *, kids: int = 0, packed: bool = True, trailer: bytes = b"") -> bytes:
    """Returns a PDF.

    streams: the content streams of the pages.
    kids: the number of pages, if more pages than streams show the last stream.
    packed: whether the streams are compressed.
    trailer: what stands in the trailer, besides the root.
    """
    pages = max(len(streams), kids)
    first_page = 4 + len(streams)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(b"%d 0 R" % (first_page + n) for n in range(pages)), pages),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for stream in streams:
        data, filters = (zlib.compress(stream, 9), b"/Filter/FlateDecode") if packed else (stream, b"")
        objects.append(b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), filters, data))
    for number in range(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>"
            % (4 + min(number, len(streams) - 1))
        )
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj%s endobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def _stream(unit: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Returns a function that makes a PDF of one page, uncompressed, from units with a number."""

    def make(size: int) -> bytes:
        units: list[bytes] = []
        length = 0
        while length < size:
            units.append(unit(len(units)))
            length += len(units[-1])
        return pdf_of([b"".join(units)], packed=False)

    return make


def _line(number: int, left: int = 50) -> bytes:
    text = b"We keep the data of customer %d for a year." % number
    return b"BT /F 10 Tf %d %d Td (%s) Tj ET\n" % (left, 780 - number * 12 % 760, text)


def _pages(size: int) -> bytes:
    """Returns a PDF of full pages of running text."""
    streams = [
        b"".join(_line(line) for line in range(page * 60, page * 60 + 60)) for page in range(max(1, size // 5_000))
    ]
    return pdf_of(streams, packed=False)


def _columns(number: int) -> bytes:
    return _line(number, 40 + number % 4 * 140)


PDF_SHAPES = (
    Shape("PDF pages", "pdf", _pages),
    Shape("PDF of one stream for many pages", "pdf", lambda size: pdf_of([_line(0)], kids=max(1, size // 120))),
    Shape("PDF page with many lines", "pdf", _stream(_line)),
    Shape("PDF page with columns", "pdf", _stream(_columns)),
    Shape("PDF page with one line", "pdf", _stream(lambda _: b"BT /F 1 Tf 10 10 Td (data) Tj ET\n")),
    Shape(
        "PDF page with words side by side", "pdf", _stream(lambda n: b"BT /F 1 Tf %d 10 Td (data) Tj ET\n" % (n * 9))
    ),
    Shape(
        "PDF page with words above each other",
        "pdf",
        _stream(lambda n: b"BT /F 1 Tf 10 %d Td (data) Tj ET\n" % (n * 9)),
    ),
    Shape(
        "PDF page with words on a diagonal",
        "pdf",
        _stream(lambda n: b"BT /F 1 Tf %d %d Td (a) Tj ET\n" % (n % 600, n % 800)),
    ),
    Shape(
        "PDF page with rules",
        "pdf",
        _stream(lambda n: b"%d %d m %d %d l S\n" % (n % 600, n % 800, n % 600, n % 700) + _line(n)),
    ),
    Shape(
        "PDF page with boxes",
        "pdf",
        _stream(lambda n: b"%d %d 90 12 re S\n" % (n % 5 * 100, n % 800) + _line(n, n % 5 * 100)),
    ),
    Shape(
        "PDF page in many sizes",
        "pdf",
        _stream(lambda n: b"BT /F %d Tf 10 %d Td (Data) Tj ET\n" % (n % 90 + 1, n % 800)),
    ),
    Shape("PDF: nested graphics states", "pdf", _stream(lambda _: b"q ")),
    Shape("PDF bomb", "pdf", lambda size: pdf_of([b"BT /F 1 Tf 10 10 Td (personal data ) Tj ET " * (20 * size // 47)])),
    Shape("PDF that is damaged", "pdf", lambda size: b"%PDF-1.7\n" + b"\xff" * size),
    Shape("PDF: objects without an end", "pdf", lambda size: b"%PDF-1.7\n" + b"1 0 obj<<" * (size // 9)),
)
