"""Tests of the PDF reader, with small PDFs that the tests make themselves."""

import errno
import signal
import subprocess
from collections.abc import Sequence
from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exceptions import ExtractionError
from extraction import extract, read
from extraction.readers.pdf_layout import in_reading_order, rows_of
from extraction.readers.pdf_lines import PdfPage, PdfPiece
from tests.extraction.example_pages import capture
from tests.extraction.pdf_files import column, pdf, rule, show, stream

LEFT = [
    "1. The harbour log",
    "The harbour office writes the name of",
    "each boat and of its skipper into a log",
    "that lies open on the desk all summer.",
    "",
    "Guests may read it, and may not copy it.",
    "The pages of a year are bound in spring",
    "and go to the attic of the town hall.",
]
RIGHT = [
    "2. The tide gauge",
    "A gauge at the pier measures the tide,",
    "and a camera next to it shows the quay.",
    "Its pictures are overwritten at midnight",
    "and leave the gauge only after a storm.",
    "",
    "Whoever stands in a picture may ask the",
    "harbour office for it within that day.",
]
#: The clauses of a page with both columns.
BOTH = [
    "The harbour log",
    " ".join(LEFT[1:4]),
    " ".join(LEFT[5:]),
    "The tide gauge",
    " ".join(RIGHT[1:5]),
    " ".join(RIGHT[6:]),
]
PARAGRAPH = [
    "We keep the log of the harbour for ten years. After that the pages are given to the archive of the",
    "town, which shows them to nobody for another thirty years.",
]


def texts(data: bytes) -> list[str]:
    return [clause.text for clause in extract(data, "application/pdf").clauses]


def by_rows(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """Returns the operators of two columns, in the order of a typewriter: line by line across both columns."""
    shown = [
        [
            (line, operators)
            for line, operators in zip([line for line in lines if line], column(x, 700, lines), strict=True)
        ]
        for x, lines in ((60, left), (320, right))
    ]
    return [operators for pair in zip(*shown, strict=True) for _, operators in pair]


@pytest.mark.parametrize(
    "operators",
    [
        column(60, 700, LEFT) + column(320, 700, RIGHT),
        column(320, 700, RIGHT) + column(60, 700, LEFT),
        by_rows(LEFT, RIGHT),
        column(320, 700, RIGHT)[::-1] + column(60, 700, LEFT)[::-1],
        column(60, 700, LEFT) + column(320, 703, RIGHT),
    ],
    ids=["by column", "right column first", "line by line", "upwards", "other baselines"],
)
def test_columns_are_read_one_after_the_other_however_drawn(operators: list[str]) -> None:
    assert texts(pdf(operators)) == BOTH


def test_a_title_above_columns_and_a_text_below_are_read_in_place() -> None:
    operators = [
        *column(60, 500, PARAGRAPH),
        *column(320, 700, RIGHT),
        *column(60, 700, LEFT),
        show(60, 760, "Privacy Policy of the Harbour", font="B", size=18),
    ]
    assert texts(pdf(operators)) == ["Privacy Policy of the Harbour", *BOTH, " ".join(PARAGRAPH)]


def test_a_title_between_columns_ends_the_columns_above_it() -> None:
    above, below = by_rows(LEFT, RIGHT), column(60, 480, RIGHT) + column(320, 480, LEFT)
    clauses = texts(pdf([*above, *below, show(60, 530, "Part two", font="B", size=16)]))
    assert clauses == [*BOTH, "Part two", *BOTH[3:], *BOTH[:3]]


def test_a_short_title_below_columns_belongs_to_the_text_below() -> None:
    operators = [
        *by_rows(LEFT, RIGHT),
        show(60, 560, "After the summer", font="B", size=14),
        *column(60, 540, PARAGRAPH),
    ]
    assert texts(pdf(operators)) == [*BOTH, "After the summer", " ".join(PARAGRAPH)]


def test_a_paragraph_goes_on_in_the_next_column_and_on_the_next_page() -> None:
    left = ["The harbour office writes the name of", "each boat and of its skipper into a log"]
    right = ["that lies open on the desk all summer.", "Guests may read it, and may not copy it."]
    more = ["Whoever asks for a page of the log is", "shown that page, and the page alone, by"]
    page = column(60, 700, [*more, *left]) + column(320, 700, [*right, *more])
    assert texts(pdf(page, column(60, 700, ["one of the clerks."]))) == [
        " ".join([*more, *left, *right, *more, "one of the clerks."])
    ]


def test_three_columns_are_read_one_after_the_other() -> None:
    thirds = [
        [
            f"{word} says in many words what",
            "a harbour does with the names",
            f"of boats, and why {word}.",
        ]
        for word in ("Alpha", "Beta", "Gamma")
    ]
    columns = [column(50 + 180 * index, 700, lines) for index, lines in enumerate(thirds)]
    in_rows = [operators for row in zip(*columns, strict=True) for operators in row]
    assert (
        texts(pdf(in_rows))
        == texts(pdf([*columns[2], *columns[0], *columns[1]]))
        == [" ".join(lines) for lines in thirds]
    )


# Three columns of lines that a program divided by the number of their characters. No two columns have their blanks at
# the same height, and the lines of the last column have room for more words.
RAGGED = [
    [
        "1. Boats",
        "The office keeps the name of each",
        "boat, the berth it was given and",
        "the hour at which it left.",
        "",
        "",
        "2. Skippers",
        "A skipper tells the office a name",
        "and an address for letters.",
    ],
    [
        "3. Guests",
        "Nobody writes down the guests of a",
        "boat, however long they stay in",
        "the harbour, unless the police asks",
        "for a list of them.",
        "",
        "",
        "4. Pictures",
        "A camera shows the quay.",
    ],
    [
        "5. Letters",
        "Letters are kept in an",
        "iron chest.",
        "",
        "",
        "6. Questions",
        "Write to the clerk at",
        "clerk-of-the-harbour@harbour.example",
        "and you get an answer within",
        "a week.",
    ],
]


def ragged_column(index: int) -> list[str]:
    return column(40 + 185 * index, 700, RAGGED[index], step=12)


@pytest.mark.parametrize(
    "operators",
    [
        [operators for index in (0, 1, 2) for operators in ragged_column(index)],
        [operators for index in (2, 1, 0) for operators in ragged_column(index)],
        [operators for row in zip_longest(*map(ragged_column, range(3)), fillvalue="") for operators in row],
    ],
    ids=["by column", "last column first", "line by line"],
)
def test_columns_with_blanks_at_different_heights_are_no_table(operators: list[str]) -> None:
    document = extract(pdf(operators), "application/pdf")
    read = " ".join(f"{clause.label or ''} {clause.text}" for clause in document.clauses).split()
    assert read == " ".join(line for lines in RAGGED for line in lines).split()
    assert {clause.kind for clause in document.clauses} <= {"heading", "paragraph", "list_item"}


TABLE = [
    ("Data", "Purpose", "Kept for"),
    ("Name of the boat", "Berth", "Ten years"),
    ("Name of the skipper", "Harbour dues", "Two years"),
    ("Picture of the quay", "Storm damage", "One day"),
]


@pytest.mark.parametrize("by_column", [False, True])
def test_rows_of_a_table_are_not_read_as_columns(by_column: bool) -> None:
    cells = [(x, y, text) for y, row in enumerate(TABLE) for x, text in enumerate(row)]
    operators = [show(60 + 160 * x, 700 - 16 * y, text) for x, y, text in (sorted(cells) if by_column else cells)]
    document = extract(pdf([*operators, *column(60, 600, PARAGRAPH)]), "application/pdf")
    rows = [clause.text for clause in document.clauses if clause.kind == "table_row"]
    assert rows == [" | ".join(row) for row in TABLE]


PROSE_ROWS = [
    (
        ["The name of the boat and", "of the skipper who steers", "it into the harbour."],
        ["To give the boat a berth,", "and to bill the berth."],
    ),
    (
        ["The picture of the quay", "that the gauge took."],
        ["To see whether a storm", "damaged the boats, and to", "settle with the insurers."],
    ),
    (["The pages of the visitors'", "book of the office."], ["To remember the guests", "who came from far away."]),
]


@pytest.mark.parametrize("ruled", ["grid", "lines", "none"])
def test_cells_of_several_lines_stay_in_their_row(ruled: str) -> None:
    operators = []
    y = 700
    heights = [y + 12]
    for left, right in PROSE_ROWS:
        operators += column(60, y, left) + column(220, y, right)
        y -= 14 * max(len(left), len(right)) + 8
        heights.append(y + 12)
    if ruled != "none":
        operators += [rule(54, height, 380, height) for height in heights]
    if ruled == "grid":
        operators += [rule(x, heights[0], x, heights[-1]) for x in (54, 214, 380)]
    assert texts(pdf(operators)) == [f"{' '.join(left)} | {' '.join(right)}" for left, right in PROSE_ROWS]


def test_a_single_rule_across_columns_divides_the_page() -> None:
    operators = [*by_rows(LEFT, RIGHT), rule(60, 578, 530, 578), *column(60, 560, RIGHT), *column(320, 560, LEFT)]
    assert texts(pdf(operators)) == [*BOTH, *BOTH[3:], *BOTH[:3]]


def test_a_table_amid_columns_is_read_row_by_row() -> None:
    table = [show(60 + 160 * x, 560 - 16 * y, text) for y, row in enumerate(TABLE) for x, text in enumerate(row)]
    below = column(60, 470, RIGHT) + column(320, 470, LEFT)
    rows = [" | ".join(row) for row in TABLE]
    assert texts(pdf([*below, *by_rows(LEFT, RIGHT), *table])) == [*BOTH, *rows, *BOTH[3:], *BOTH[:3]]


def test_rows_of_a_table_whose_every_second_row_is_coloured() -> None:
    operators = [
        *[f"0.9 g 54 {689 - 16 * y} 450 16 re f 0 g" for y in (0, 2)],
        *[show(60 + 160 * x, 694 - 16 * y, text) for y, row in enumerate(TABLE) for x, text in enumerate(row)],
    ]
    assert texts(pdf(operators)) == [" | ".join(row) for row in TABLE]


def test_a_list_in_a_cell_is_read_item_by_item() -> None:
    operators = [
        *column(60, 700, ["Name of the boat"]),
        *column(220, 700, ["- to give it a berth", "- to bill the berth"]),
        *[rule(54, y, 380, y) for y in (712, 676)],
        *[rule(x, 676, x, 712) for x in (54, 214, 380)],
    ]
    document = extract(pdf(operators), "application/pdf")
    assert [(clause.kind, clause.text) for clause in document.clauses] == [
        ("paragraph", "Name of the boat"),
        ("list_item", "to give it a berth"),
        ("list_item", "to bill the berth"),
    ]


def test_a_last_column_of_two_lines_is_a_column() -> None:
    clauses = texts(pdf([*column(60, 700, LEFT), *column(320, 700, ["Whoever asks for more", "is shown more."])]))
    assert clauses == [*BOTH[:3], "Whoever asks for more is shown more."]


def test_entries_of_a_table_of_contents_stay_apart() -> None:
    entries = [f"The {word} {'.' * 60} {page}" for word, page in (("log", 2), ("gauge", 3), ("clerk", 14))]
    assert texts(pdf(column(60, 700, entries))) == entries


def test_labels_and_bullets_at_a_tab_stop_are_no_column() -> None:
    operators = [
        *[show(60, 700 - 28 * index, f"{index + 1}.") for index in range(4)],
        *column(
            90,
            700,
            [
                "The log lists boats and",
                "skippers by name.",
                "The gauge shows the quay",
                "and the tide.",
                "The clerk answers",
                "within a day.",
                "The attic keeps the pages",
                "for ten years.",
            ],
        ),
    ]
    document = extract(pdf(operators), "application/pdf")
    assert [clause.label for clause in document.clauses] == ["1.", "2.", "3.", "4."]


@pytest.mark.parametrize(
    ("turn", "rotate"),
    [
        ("1 0 0 1 {x} {y}", 0),
        ("1 0 0 1 {x} {y}", 90),
        ("0 1 -1 0 {up} {x}", 0),
        ("0 1 -1 0 {up} {x}", 90),
        ("0 -1 1 0 {y} {back}", 270),
        ("-1 0 0 -1 {back} {up}", 180),
    ],
)
def test_turned_pages_are_read_like_upright_pages(turn: str, rotate: int) -> None:
    lines = [(700, "Privacy Policy of the Harbour", 18), (660, PARAGRAPH[0], 10), (646, PARAGRAPH[1], 10)]
    operators = [
        f"BT /F {size} Tf {turn.format(x=60, y=y, up=800 - y, back=740)} Tm ({text}) Tj ET" for y, text, size in lines
    ]
    data = pdf(operators, rotate=rotate, box="0 0 842 842")
    assert texts(data) == ["Privacy Policy of the Harbour", " ".join(PARAGRAPH)]


def test_turned_text_beside_the_page_is_read_after_the_page() -> None:
    operators = [show(20, 100, "Form 12 of the harbour", turn="0 1 -1 0"), *column(60, 700, PARAGRAPH)]
    assert texts(pdf(operators)) == [" ".join(PARAGRAPH), "Form 12 of the harbour"]


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [
        [
            show(300, 30, f"Page {number} of 3"),
            *column(60, 720 - 20 * number, LEFT),
            show(60, 800, "Harbour Office"),
            show(450, 800, f"Version 7, p. {number}"),
        ]
        for number in (1, 2, 3)
    ]
    assert texts(pdf(*pages)) == BOTH[:3] * 3


def test_text_drawn_twice_to_look_bold_is_read_once() -> None:
    lines = [(60 + shift, text) for text in ("Privacy of the Harbour",) for shift in (0, 0.4, 2.0)]
    assert texts(pdf([show(x, 700, text) for x, text in lines])) == ["Privacy of the Harbour"]


def test_words_divided_at_the_end_of_a_line_are_joined() -> None:
    lines = [
        "Each boat has a berth-book of its own, and the office keeps the berth-",
        "book of a boat that left the harbour for two years, unless its skip-",
        "per asks the office in writing to give the book away before that.",
    ]
    (clause,) = texts(pdf(column(60, 700, lines)))
    assert "the berth-book of a boat" in clause
    assert "its skipper asks" in clause


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("the harbour of Levallois-", "Perret asks for", "of Levallois-Perret asks"),
        ("the harbour is OP-", "TIONAL here, so", "is OPTIONAL here"),
        ("Hafen- und Bootsdaten der Gäste-", "und Kundenkonten, die", "der Gäste- und Kundenkonten"),
    ],
)
def test_hyphens_that_belong_to_a_word_are_kept(above: str, below: str, joined: str) -> None:
    assert joined in " ".join(texts(pdf(column(60, 700, [f"For the log of the year {above}", f"{below} a name."]))))


def test_a_superscript_stands_on_its_line() -> None:
    operators = [
        show(60, 700, "The log is kept in the attic"),
        show(173.8, 704.5, "1", size=6),
        show(179.5, 700, "for years."),
    ]
    assert texts(pdf(operators)) == ["The log is kept in the attic1 for years."]


def pdf_with_font(operators: Sequence[str], to_unicode: bytes | None, encoding: bytes = b"Identity-H") -> bytes:
    """Returns a PDF with a font `T` that isn't embedded, whose codes have two bytes.

    to_unicode: the map from codes to letters; None if the font has no map.
    encoding: the map from codes to glyphs.
    """
    kind, ordering = (b"0", b"Japan1") if b"JIS" in encoding else (b"2", b"Identity")
    mapped = b"" if to_unicode is None else b"/ToUnicode 12 0 R"
    font = b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/%s/DescendantFonts[11 0 R]%s>>" % (encoding, mapped)
    collection = b"<</Registry(Adobe)/Ordering(%s)/Supplement 0>>" % ordering
    glyphs = b"<</Type/Font/Subtype/CIDFontType%s/BaseFont/A/CIDSystemInfo%s/DW 600>>" % (kind, collection)
    return pdf(operators, fonts=b"/T 10 0 R", objects=[font, glyphs, stream(to_unicode or b"")])


def to_unicode(ranges: str) -> bytes:
    """Returns a map from codes to letters. ranges: lines of first code, last code and first letter in hexadecimal."""
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        "1 begincodespacerange <0000> <FFFF> endcodespacerange "
        f"{len(ranges.splitlines())} beginbfrange {ranges} endbfrange endcmap end end"
    ).encode()


AS_IS = to_unicode("<0000> <FFFF> <0000>")


def hexadecimal(x: float, y: float, text: str, shift: int = 0) -> str:
    codes = "".join(chr(ord(letter) + shift) for letter in text) if shift else text
    return f"BT /T 10 Tf {x} {y} Td <{codes.encode('utf-16-be').hex()}> Tj ET"


LONG = [*LEFT[1:4], *LEFT[5:], *RIGHT[1:5], *RIGHT[6:]]


def shown_by_font(lines: Sequence[str], shift: int = 0) -> list[str]:
    return [hexadecimal(60, 700 - 14 * index, line, shift) for index, line in enumerate(lines)]


def assert_unreadable(data: bytes, *evidence: str) -> None:
    verdict = read(capture(data, media_type="application/pdf"), data).verdict
    assert (verdict.name, verdict.reason) == ("quarantined", "unreadable")
    assert all(part in verdict.evidence for part in evidence)


def test_letters_that_the_font_does_not_name_are_unreadable() -> None:
    assert_unreadable(pdf_with_font(shown_by_font(LONG, -29), None), "fonts", "100%")


def test_a_text_with_some_unnamed_letters_is_unreadable() -> None:
    operators = [*column(60, 700, [*LEFT, *RIGHT]), hexadecimal(60, 400, RIGHT[1], -29)]
    assert_unreadable(pdf_with_font(operators, None), "fonts")


@pytest.mark.parametrize(
    "wrong", ["<0000> <00FF> <E000>", "<0041> <005A> <004E>\n<0061> <006D> <006E>\n<006E> <007A> <0061>"]
)
def test_letters_that_the_font_names_wrongly_are_unreadable(wrong: str) -> None:
    assert_unreadable(pdf_with_font(shown_by_font(LONG), to_unicode(wrong)), "fonts")


def test_a_font_without_names_that_uses_the_usual_codes_is_read() -> None:
    glyph = stream(b"500 0 0 0 500 700 d1 0 0 400 700 re f")
    names = b"".join(b"/g%d" % code for code in range(32, 127))
    procedures = b"".join(b"/g%d 11 0 R" % code for code in range(32, 127))
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 500 700]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<<%s>>/Encoding"
        b"<</Type/Encoding/Differences[32%s]>>/FirstChar 32/LastChar 126/Widths[%s]>>"
    ) % (procedures, names, b"500 " * 95)
    operators = column(60, 700, LONG, font="T", size=9)
    assert texts(pdf(operators, fonts=b"/T 10 0 R", objects=[font, glyph])) == [" ".join(LONG)]


def test_pictograms_and_noncharacters_move_no_letter() -> None:
    operators = [
        hexadecimal(60, 700, "\U0001f512\U0001f4e7"),
        *column(90, 700, ["We keep the log for ten years."]),
        hexadecimal(60, 660, "A \uffff\ufffegauge\ufdd0 measures\U0001f30a the tide."),
        *column(60, 620, PARAGRAPH),
    ]
    clauses = texts(pdf_with_font(operators, AS_IS))
    assert clauses == [
        "\U0001f512\U0001f4e7 We keep the log for ten years.",
        "A gauge measures\U0001f30a the tide.",
        " ".join(PARAGRAPH),
    ]


def test_ligatures_are_read_as_the_font_spells_them() -> None:
    spelt = to_unicode("<0000> <FFFE> <0000>").replace(
        b"endbfrange", b"endbfrange 1 beginbfchar <FFFF> <006600660069> endbfchar"
    )
    data = pdf_with_font([hexadecimal(60, 700, "The harbour o\uffffce.")], spelt)
    assert texts(data) == ["The harbour office."]


def test_vertical_japanese_is_read_by_columns_from_the_right() -> None:
    """Without a Japanese font on the machine, PDFium leaves out a column if no letter of it has a shape or a place of
    its own within its square. A comma or a full stop has one.
    """
    lines = ["港の事務所は、船の名前を", "記録します。記録は十年", "間保存します。"]
    operators = [hexadecimal(500 - 20 * index, 700, line) for index, line in enumerate(lines)]
    assert texts(pdf_with_font(operators[::-1], None, b"UniJIS-UTF16-V")) == ["".join(lines)]


def test_columns_of_hebrew_are_read_from_the_right() -> None:
    right = ["משרד הנמל רושם את שם הסירה ואת", "שם השייט ביומן שעל השולחן כל", "הקיץ כולו ועד הסתיו"]
    left = ["מד הגאות מודד את המים ליד המזח", "ומצלמה מצלמת את הרציף ואת", "הסירות כל היום"]
    operators = []
    for index, pair in enumerate(zip(left, right, strict=True)):
        for edge, line in zip((280, 540), pair, strict=True):
            # A PDF draws letters from left to right, whatever the script.
            operators.append(hexadecimal(edge - 6 * len(line), 700 - 14 * index, line[::-1]))
    assert texts(pdf_with_font(operators, AS_IS)) == [" ".join(right), " ".join(left)]


IMAGE = stream(b"\x80", b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8")
SCAN = "q 595 0 0 842 0 0 cm /I Do Q"


@pytest.mark.parametrize("number", [[], [show(290, 30, "1")]], ids=["image only", "with the number of the page"])
def test_a_scan_is_unreadable_and_needs_text_recognition(number: list[str]) -> None:
    data = pdf([SCAN, *number], [SCAN, *number], resources=b"/XObject<</I 10 0 R>>", objects=[IMAGE])
    assert_unreadable(data, "scan", "OCR", "2 of its 2 pages")


def test_a_scan_with_recognised_text_behind_the_image_is_read() -> None:
    operators = ["3 Tr", *column(60, 700, LONG), "0 Tr", SCAN]
    assert " ".join(texts(pdf(operators, resources=b"/XObject<</I 10 0 R>>", objects=[IMAGE]))) == " ".join(LONG)


def test_a_picture_on_the_cover_makes_no_scan() -> None:
    pages = [[SCAN, show(60, 400, "Privacy Policy", size=20)], column(60, 700, LEFT), column(60, 680, RIGHT)]
    assert texts(pdf(*pages, resources=b"/XObject<</I 10 0 R>>", objects=[IMAGE]))[0] == "Privacy Policy"


def test_letters_that_are_drawn_as_shapes_need_text_recognition() -> None:
    assert_unreadable(pdf(["60 700 m 70 720 l 80 700 l f"]), "shapes", "OCR")


def test_a_pdf_without_anything_on_it_has_no_text() -> None:
    assert texts(pdf([])) == []


def test_an_encrypted_pdf_with_a_password_is_unreadable() -> None:
    key = b"<" + b"00" * 32 + b">"
    trailer = b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/O %s/U %s/P -4>>" % (key, key)
    with pytest.raises(ExtractionError, match="password"):
        extract(pdf(column(60, 700, LONG), trailer=trailer), "application/pdf")


PIECES = st.lists(
    st.builds(
        lambda word, left, base, length: PdfPiece(word, left, left + 5 * length, base, 10, False),
        st.sampled_from(["berth", "The", "1.", "•", "log of boats", "船"]),
        st.integers(0, 500).map(float),
        st.integers(0, 60).map(lambda line: 12.0 * line),
        st.integers(1, 50),
    ),
    max_size=60,
    unique_by=lambda piece: (piece.base, piece.left),
)
RULES = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 700), st.integers(0, 300), st.booleans()).map(
        lambda at: (at[0], at[1], at[0] + at[2], at[1]) if at[3] else (at[0], at[1], at[0], at[1] + at[2])
    ),
    max_size=20,
)


@settings(max_examples=200, deadline=None)
@given(PIECES, RULES)
def test_every_piece_is_read_once_whatever_the_layout(
    pieces: list[PdfPiece], rules: list[tuple[float, float, float, float]]
) -> None:
    drawn_once = [piece.text for row in rows_of(pieces) for piece in row]
    items = in_reading_order([PdfPage(0, 0, pieces, rules)])
    cells = [cell for item in items for cell in (item if isinstance(item, list) else [[item]])]
    lines = [line for cell in cells for line in cell]
    assert sorted("".join(line.text for line in lines).replace(" ", "")) == sorted("".join(drawn_once).replace(" ", ""))


@pytest.mark.parametrize(
    ("end", "rule", "evidence"),
    [
        (subprocess.CompletedProcess([], -signal.SIGKILL, b""), "lost_worker", "ended before it was done"),
        (subprocess.CompletedProcess([], -signal.SIGXCPU, b""), "time_limit", "20 s of processor time"),
        (subprocess.TimeoutExpired([], 120), "time_limit", "longer than the limit of 120 s"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "lost_worker", "could not start (Cannot allocate memory)"),
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_a_reading_that_the_machine_stopped_says_so(
    monkeypatch: pytest.MonkeyPatch, end: object, rule: str, evidence: str, status: int
) -> None:
    def run(*_: object, **__: object) -> object:
        if isinstance(end, Exception):
            raise end
        return end

    monkeypatch.setattr(subprocess, "run", run)
    data = pdf(column(72, 700, PARAGRAPH))
    verdict = read(capture(data, media_type="application/pdf", status=status), data).verdict
    assert (verdict.name, verdict.reason, verdict.rule) == ("quarantined", "unreadable", rule)
    assert verdict.depends_on_machine
    assert evidence in verdict.evidence


def test_a_line_in_bold_type_is_a_heading() -> None:
    operators = [show(60, 700, "What the gauge records", font="B"), *column(60, 680, PARAGRAPH)]
    document = extract(pdf(operators), "application/pdf")
    assert [(clause.kind, clause.text) for clause in document.clauses] == [
        ("heading", "What the gauge records"),
        ("paragraph", " ".join(PARAGRAPH)),
    ]
