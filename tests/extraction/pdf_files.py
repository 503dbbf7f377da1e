"""Makes small PDFs for tests: the texts and their places, and nothing that hides what a test is about."""

import io
from collections.abc import Iterable, Sequence

#: The fonts that each page may name: regular and bold type.
FONTS = b"/F 3 0 R/B 4 0 R"


def show(x: float, y: float, text: str, *, font: str = "F", size: float = 10, turn: str = "1 0 0 1") -> str:
    """Returns the operators that show a text.

    x, y: the beginning of the text's baseline, in points from the page's lower left corner.
    font: `F` for regular, `B` for bold type, or a font that the PDF declares.
    turn: the first four numbers of the text matrix; `0 1 -1 0` turns the text by 90° counter-clockwise.
    """
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf {turn} {x} {y} Tm ({escaped}) Tj ET"


def column(
    x: float, y: float, lines: Iterable[str], *, font: str = "F", size: float = 10, step: float = 14
) -> list[str]:
    """Returns the operators that show lines below each other. An empty line leaves half a line free."""
    shown = []
    for line in lines:
        if line:
            shown.append(show(x, y, line, font=font, size=size))
        y -= step if line else step / 2
    return shown


def rule(x0: float, y0: float, x1: float, y1: float) -> str:
    """Returns the operators that draw a thin line."""
    return f"0.5 w {x0} {y0} m {x1} {y1} l S"


def pdf(
    *pages: Sequence[str],
    rotate: int = 0,
    fonts: bytes = b"",
    objects: Sequence[bytes] = (),
    resources: bytes = b"",
    title: str = "",
    trailer: bytes = b"",
    box: str = "0 0 595 842",
) -> bytes:
    """Returns a PDF.

    pages: the operators of each page. Texts are in WinAnsiEncoding.
    rotate: the value of /Rotate of each page.
    fonts, resources: further entries of the dictionaries /Font and /Resources. They may refer to `objects`.
    objects: further objects; the first has the number 10.
    title: the title in the metadata; '' for no title.
    trailer: further entries of the trailer.
    box: the value of /MediaBox.
    """
    first_page = 10 + len(objects)
    kids = b" ".join(b"%d 0 R" % (first_page + 2 * index) for index in range(len(pages)))
    bodies = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        4: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
        5: b"<</Title(%s)>>" % title.encode("cp1252"),
        **dict(enumerate(objects, 10)),
    }
    for index, operators in enumerate(pages):
        bodies[first_page + 2 * index] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Rotate %d/Contents %d 0 R/Resources<</Font<<%s%s>>%s>>>>"
            % (box.encode(), rotate, first_page + 2 * index + 1, FONTS, fonts, resources)
        )
        bodies[first_page + 2 * index + 1] = stream("\n".join(operators).encode("cp1252"))
    out = io.BytesIO(b"%PDF-1.5\n")
    out.seek(0, io.SEEK_END)
    entries = [b"0000000000 65535 f \n"]
    for number in range(1, max(bodies) + 1):
        entries.append(b"%010d 00000 n \n" % out.tell() if number in bodies else b"0000000000 65535 f \n")
        if number in bodies:
            out.write(b"%d 0 obj%s endobj\n" % (number, bodies[number]))
    start = out.tell()
    out.write(b"xref\n0 %d\n%s" % (len(entries), b"".join(entries)))
    out.write(b"trailer<</Size %d/Root 1 0 R/Info 5 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(entries), trailer, start))
    return out.getvalue()


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Returns a stream object. entries: further entries of its dictionary."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)
