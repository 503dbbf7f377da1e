"""Hostile PDFs."""

import io
import zlib
from collections.abc import Callable, Iterable

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


def pdf_of_objects(objects: Iterable[bytes], trailer: bytes = b"") -> bytes:
    """Returns a PDF of objects; the first is its catalog. Readers find the objects without a table of their places."""
    numbered_objects = (b"%d 0 obj%s endobj\n" % (number, body) for number, body in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + b"".join(numbered_objects) + b"trailer<</Root 1 0 R%s>>\nstartxref\n0\n%%%%EOF" % trailer


def _packed(content: bytes, entries: bytes = b"") -> bytes:
    data = zlib.compress(content, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream" % (len(data), entries, data)


_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources %s>>"
_HEAD = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
_FONT = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"


def _page_of(resources: bytes, content: bytes, *objects: bytes) -> bytes:
    """Returns a PDF of one page, whose further objects have the numbers from 5."""
    return pdf_of_objects([*_HEAD, _PAGE % resources, _packed(content), *objects])


def _deep_pages(size: int) -> bytes:
    """Returns a page below page trees inside each other."""
    depth = max(1, size // 60)
    trees = [b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>" % (n + 3, max(1, n + 1)) for n in range(depth)]
    page = _PAGE.replace(b"4 0 R", b"%d 0 R" % (depth + 3)) % (_FONT + b">>")
    return pdf_of_objects([_HEAD[0], *trees, page, _packed(_line(0))])


def _forms(size: int) -> bytes:
    """Returns a page that draws a form twice, which draws another form twice, and so on."""
    depth = max(2, size // 200)
    forms = [
        _packed(
            b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (n + 6)
        )
        for n in range(depth)
    ]
    last = _packed(_line(0), b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources %s>>" % _FONT)
    return _page_of(b"<</XObject<</X 5 0 R>>>>", b"/X Do", *forms, last)


def _letters(size: int) -> bytes:
    """Returns a page in a font that says of many codes which letters they are."""
    ranges = b"".join(b"<%04x> <%04x>\n" % (n % 65_536, 65 + n % 26) for n in range(size // 14))
    unicode_map = (
        b"/CMapName/A def begincodespacerange <0000><ffff> endcodespacerange beginbfchar\n%sendbfchar" % ranges
    )
    font = (
        b"<</Font<</F<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/ToUnicode 5 0 R/DescendantFonts[<<"
        b"/Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(A)/Ordering(B)/Supplement 0>>>>]>>>>>>"
    )
    data = b"<</Length %d>>stream\n%s\nendstream" % (len(unicode_map), unicode_map)
    return _page_of(font, b"BT /F 9 Tf 9 9 Td <00410042> Tj ET", data)


def _image(size: int) -> bytes:
    """Returns a page with an image that is a thousand times as large as its data."""
    side = int((size * 8_000) ** 0.5)
    data = _packed(
        bytes(side * side // 8),
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray" % (side, side),
    )
    return _page_of(b"<</XObject<</X 5 0 R>>>>", b"600 0 0 800 0 0 cm /X Do", data)


def _filters(size: int) -> bytes:
    """Returns a page whose content was compressed again and again."""
    data = _line(0) * (size * 1_000 // 60)
    for _ in range(3):
        data = zlib.compress(data, 9)
    stream = b"<</Length %d/Filter[/FlateDecode/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(data), data)
    return pdf_of_objects([*_HEAD, _PAGE % (_FONT + b">>"), stream])


def _object_streams(size: int) -> bytes:
    """Returns streams of objects, each of which says that it extends the next."""
    names = b" ".join(b"%d 0" % n for n in range(100))
    streams = [
        _packed(names + b" <<>>", b"/Type/ObjStm/N 100/First %d/Extends %d 0 R" % (len(names), n + 6))
        for n in range(size // 300)
    ]
    return _page_of(_FONT + b">>", _line(0), *streams)


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
    Shape("PDF: page trees inside each other", "pdf", _deep_pages),
    Shape(
        "PDF: a number of pages that isn't true",
        "pdf",
        lambda size: pdf_of([_line(0)]).replace(b"/Count 1>>", b"/Count %d>>" % (size * 1_000)),
    ),
    Shape(
        "PDF: one page many times",
        "pdf",
        lambda size: pdf_of_objects(
            [
                _HEAD[0],
                b"<</Type/Pages/Kids[%s]/Count %d>>" % (b"3 0 R " * (size // 6), size // 6),
                _PAGE % (_FONT + b">>"),
                _packed(_line(0)),
            ]
        ),
    ),
    Shape("PDF: forms that draw a form twice", "pdf", _forms),
    Shape("PDF: letters of a font", "pdf", _letters),
    Shape("PDF: a large image", "pdf", _image),
    Shape("PDF: content compressed three times", "pdf", _filters),
    Shape("PDF: streams of objects", "pdf", _object_streams),
    Shape("PDF: nested lists", "pdf", lambda size: _page_of(b"<</A" + b"[" * size + b">>", _line(0))),
    Shape(
        "PDF: a long title",
        "pdf",
        lambda size: pdf_of([_line(0)], trailer=b"/Info<</Title(%s)>>" % (b"data " * (size // 5))),
    ),
    Shape(
        "PDF: a table of places that names itself",
        "pdf",
        lambda size: pdf_of([_line(0)], trailer=b"/Prev 9") + b"\n" * size,
    ),
    Shape("PDF: marks around marks", "pdf", _stream(lambda _: b"/Span<</ActualText(data)>>BDC ")),
    Shape(
        "PDF: paths", "pdf", _stream(lambda n: b"%d %d m %d 9 l %d 0 9 9 9 9 c S\n" % (n % 600, n % 800, n % 9, n % 7))
    ),
    Shape(
        "PDF: strings in arrays",
        "pdf",
        lambda size: _page_of(_FONT + b">>", b"BT /F 9 Tf [" + b"(a)-9999" * (size * 10 // 8) + b"] TJ ET"),
    ),
    Shape("PDF: objects without an end", "pdf", lambda size: b"%PDF-1.7\n" + b"1 0 obj<<" * (size // 9)),
)
