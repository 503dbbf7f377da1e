"""Renders a report as a Word document with tracked changes.

In the standard, a tracked change is called a "revision". The elements for revisions are w:ins, w:del, w:moveFrom and
w:moveTo (ISO/IEC 29500-1, ECMA-376 part 1, section 17.13.5).
"""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, pairwise

from docx import Document as new_document
from docx.document import Document as WordDocument
from docx.enum.text import WD_UNDERLINE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.table import CT_Tbl
from docx.oxml.text.paragraph import CT_P
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Length, Pt, RGBColor

from core.changes import Redline, RedlineOperation
from core.clauses import Clause
from core.dates import iso
from core.history import Observation
from reports.change_sections import PlaceGroup, sections
from reports.merged_text import MergedRow, merged_rows
from reports.redline_cuts import cut_redline
from reports.rendered_changes import RenderedChange, rendered_changes
from reports.report import FileSide, Report
from reports.vendor_text import printable
from reports.wording import circumstances, headings_sentence, summary, title

_AUTHOR = "clausewatch"
_SMALL, _SMALLER = Pt(9), Pt(7)
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur", "yi")
_REVISIONS = {"delete": "w:del", "insert": "w:ins"}


def as_docx(report: Report) -> bytes:
    """Returns the report as a .docx file: an introduction, the text with tracked changes, and a list of the changes.

    Accepting all tracked changes gives the new text. Rejecting all tracked changes gives the old text. The author of
    the tracked changes is clausewatch. The date of the tracked changes is the time of the first capture of the new
    text, or the present time if files are compared.
    """
    document = new_document()
    document.core_properties.title = printable(title(report))[:255]
    document.core_properties.author = _AUTHOR
    document.core_properties.comments = ""
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.25)
    _footer(document, report)
    changes = rendered_changes(report.comparison)
    _front(document, report, headings_sentence(changes))
    moment = datetime.now(UTC) if isinstance(report.new, FileSide) else report.new.period.first.captured_at
    document.add_heading("The text with its changes", 1)
    writer = _RevisionWriter(iso(moment), report.new.document.language in _RIGHT_TO_LEFT)
    body = document.element.body
    rows = merged_rows(report.comparison, report.old.document, report.new.document)
    elements = [element for row in rows for element in writer.paragraphs(row)]
    writer.keep_apart([element for element in elements if element.tag == qn("w:p")])
    section = body[-1]  # the section's properties, which must come last
    for element in elements:
        section.addprevious(element)  # `insert` counts all elements, so that many clauses would take quadratic time
    # If the deletion of a paragraph mark is accepted, or the insertion of a paragraph mark is rejected, Word joins the
    # paragraph with the next paragraph. So the last paragraph must be followed by a paragraph without tracked changes.
    _annex(document, report, changes)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


# --- the introduction and the list of the changes ---


def _footer(document: WordDocument, report: Report) -> None:
    """Adds a footer with the title and a field for the page number. Word and LibreOffice fill in the number."""
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.add_run(f"{printable(title(report))} – page ").font.size = Pt(9)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    number = OxmlElement("w:r")
    number.text = "1"  # shown until the field is filled in
    field.append(number)
    number.get_or_add_rPr().get_or_add_sz().val = Pt(9)
    paragraph._p.append(field)


def _front(document: WordDocument, report: Report, headings: str) -> None:
    document.add_heading(printable(title(report)), 0)
    document.add_paragraph().add_run(summary(report)).bold = True
    for sentence in (*((headings,) if headings else ()), *circumstances(report)):
        document.add_paragraph(sentence)
    document.add_paragraph(
        "Each difference in the text is a tracked change. Accepting all tracked changes gives the new text; rejecting "
        "them all gives the old text. Moved text is marked at both places. The list at the end links to each change."
    )
    rows = [
        (name, printable(str(side.path)), f"SHA-256 {side.sha256}")
        for name, side in (("Old", report.old), ("New", report.new))
        if isinstance(side, FileSide)
    ]
    rows += [_evidence(name, capture) for name, capture in report.evidence]
    _table(document, rows, (3.2, 4.8, 8.5))


def _evidence(name: str, capture: Observation) -> tuple[str, str, str]:
    return name, f"{iso(capture.captured_at)} ({capture.source})", f"{printable(capture.url)}\nSHA-256 {capture.sha256}"


def _annex(document: WordDocument, report: Report, changes: Sequence[RenderedChange]) -> None:
    document.add_heading("List of the changes", 1)
    if not changes:
        document.add_paragraph(summary(report))
    for section in sections(changes):
        document.add_heading(f"{section.significance.capitalize()} ({len(section.changes)})", 2)
        if section.groups:
            _list(document, section.groups, _SMALL)
    # What few readers want to read comes last, and is small.
    for fold in (fold for section in sections(changes) for fold in section.folds):
        line = document.add_paragraph().add_run(f"{fold.line}.")
        line.font.size, line.bold = _SMALL, True
        if not fold.of_contents:
            _list(document, fold.groups, _SMALLER)


def _list(document: WordDocument, groups: Sequence[PlaceGroup], size: Length) -> None:
    """Adds a table of changes. Each place has a row of its own above its changes."""
    rows = [("No.", "Kind", "How it begins")]
    listed: list[RenderedChange | None] = [None]
    for group in groups:
        rows.append((group.place, "", ""))
        listed.append(None)
        for run in group.runs:
            for change in run.changes:
                words = f"{change.kind}, {change.clause_words}" if change.clause_words else change.kind
                rows.append((str(change.number), words, "\n".join((f"“{change.beginning}”", *change.notes))))
                listed.append(change)
    table = _table(document, rows, (1.2, 3.8, 11.5), size)
    table.tr_lst[0].get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for change_of_row, row in zip(listed, table.tr_lst, strict=True):
        number, kind, text = row.tc_lst
        if change_of_row is None:  # the table's header, or a place
            for run_element in row.iter(qn("w:r")):
                run_element.get_or_add_rPr().get_or_add_b()
            for paragraph in row.iter(qn("w:p")):
                paragraph.get_or_add_pPr().get_or_add_keepNext()
            if row is not table.tr_lst[0]:
                number.grid_span = len(row.tc_lst)
                row.remove(kind)
                row.remove(text)
            continue
        _link(number.p_lst[0], _bookmark(change_of_row))
        if change_of_row.change.kind.startswith("moved"):
            _link(kind.add_p(), _bookmark(change_of_row, "_old"), "where it was")


def _table(
    document: WordDocument, rows: Sequence[tuple[str, ...]], widths: tuple[float, ...], size: Length = _SMALL
) -> CT_Tbl:
    """Adds a table to the document.

    rows: the text of each cell, row by row. widths: the widths of the columns in centimetres. size: of the letters.
    """
    # The rows are made through the XML, since python-docx takes quadratic time to add many rows and to fill cells.
    table = document.add_table(0, len(widths), "Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    element: CT_Tbl = table._tbl
    for row in rows:
        tr = OxmlElement("w:tr")
        tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for width, text in zip(widths, row, strict=True):
            cell = tr.add_tc()
            cell.width = Cm(width)
            run = cell.p_lst[0].add_r()
            run.text = text
            run.get_or_add_rPr().get_or_add_sz().val = size
        element.append(tr)
    return element


def _link(paragraph: CT_P, bookmark: str, text: str = "") -> None:
    """Makes the whole content of the paragraph a link to a bookmark.

    text: text that is added to the paragraph first; '' to add no text.
    """
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), bookmark)
    link.extend(paragraph.r_lst)
    paragraph.append(link)
    if text:
        run = OxmlElement("w:r")
        run.text = text
        link.append(run)
        run.get_or_add_rPr().get_or_add_sz().val = Pt(9)
    for run in link.findall(qn("w:r")):
        properties = run.get_or_add_rPr()
        properties.get_or_add_color().val = RGBColor(0x0B, 0x4F, 0x8A)
        properties.get_or_add_u().val = WD_UNDERLINE.SINGLE


def _bookmark(change: RenderedChange, suffix: str = "") -> str:
    return f"change{change.number}{suffix}"


# --- the text ---

_Part = tuple[RedlineOperation, str]


class _RevisionWriter:
    """Writes rows of the merged text as paragraphs with tracked changes. Gives each tracked change a unique id.

    date: the date of the tracked changes, in ISO 8601. right_to_left: whether the text runs from right to left.
    """

    def __init__(self, date: str, right_to_left: bool) -> None:
        self._date = date
        self._right_to_left = right_to_left
        self._ids = count(1)
        self._bookmarks: set[str] = set()

    def paragraphs(self, row: MergedRow) -> Iterator[BaseOxmlElement]:
        """Yields the paragraphs of a row.

        The first paragraph of a change comes after a bookmark. A moved paragraph is enclosed in a move range.
        """
        if row.change:
            yield from self._bookmarked(_bookmark(row.change, "_old" if row.role == "moved_from" else ""))
        has_equal_text = any(operation == "equal" for operation, _ in row.redline)
        if row.role not in ("moved_from", "moved_to") or not has_equal_text or row.change is None:
            yield from self._in_place(row)
            return
        direction = "moveFrom" if row.role == "moved_from" else "moveTo"
        begin, end = (OxmlElement(f"w:{direction}Range{which}") for which in ("Start", "End"))
        end.set(qn("w:id"), self._sign(begin))
        begin.set(qn("w:name"), f"move{row.change.number}")
        (clause,) = row.old or row.new
        equal = f"w:{direction}"
        # The paragraph mark is tracked in the same way as the text before the mark. Otherwise LibreOffice leaves an
        # empty paragraph when the changes are accepted or rejected.
        end_revision = _REVISIONS.get(row.redline[-1][0], equal)
        yield begin
        yield self._paragraph(clause, (("equal", _label(clause)), *row.redline), end_revision, equal)
        yield end

    def _bookmarked(self, name: str) -> Iterator[BaseOxmlElement]:
        """Yields a bookmark. Yields nothing if the document already has a bookmark with this name: names are unique."""
        if name in self._bookmarks:
            return
        self._bookmarks.add(name)
        begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        begin.set(qn("w:id"), str(next(self._ids)))
        begin.set(qn("w:name"), name)
        end.set(qn("w:id"), begin.get(qn("w:id")))
        yield begin
        yield end

    def keep_apart(self, paragraphs: Sequence[BaseOxmlElement]) -> None:
        """Separates insertions of neighbouring paragraphs with a space that is tracked as deleted.

        If a paragraph ends with an insertion and the next paragraph begins with an insertion, the space is added to the
        end of the first paragraph.

        Without the space, LibreOffice (7.4) treats the two insertions and the paragraph mark between them as one
        insertion. If a person then rejects the changes, LibreOffice joins the two paragraphs.

        paragraphs: all paragraphs of the text, in order.
        """
        for before, after in pairwise(paragraphs):
            is_tracked = before.find(f"{qn('w:pPr')}/{qn('w:rPr')}") is not None
            last, first = before[-1].tag, after[min(1, len(after) - 1)].tag
            if not is_tracked and last == qn("w:ins") and first in (qn("w:ins"), qn("w:moveTo")):
                before.append(self._run(" ", "w:del"))

    def _in_place(self, row: MergedRow) -> Iterator[BaseOxmlElement]:
        """Yields one paragraph for the row.

        For a split, yields one paragraph for each new clause; for a merge, one paragraph for each old clause.
        """
        pieces = _pieces(row)
        break_revision, clauses = ("w:ins", row.new) if len(row.new) > 1 else ("w:del", row.old)
        last_revision = {"removed": "w:del", "moved_from": "w:del", "added": "w:ins", "moved_to": "w:ins"}.get(row.role)
        for index, redline in enumerate(pieces):
            clause = clauses[index] if len(clauses) == len(pieces) > 1 else (row.new or row.old)[0]
            yield self._paragraph(clause, redline, last_revision if index == len(pieces) - 1 else break_revision)

    def _paragraph(
        self, clause: Clause, redline: Redline, end_revision: str | None, equal: str | None = None
    ) -> BaseOxmlElement:
        """Returns a clause as a paragraph.

        end_revision: the element that tracks the paragraph mark, such as `w:ins`; None if the mark is not tracked.
        equal: the element that tracks unchanged text: `w:moveFrom` or `w:moveTo` in a moved paragraph, None elsewhere.
        """
        paragraph = OxmlElement("w:p")
        properties = paragraph.get_or_add_pPr()
        properties.style = _style(clause)
        if self._right_to_left:
            properties.append(OxmlElement("w:bidi"))
        if end_revision:
            tracked = OxmlElement(end_revision)
            self._sign(tracked)
            run_properties = OxmlElement("w:rPr")
            run_properties.append(tracked)
            properties.append(run_properties)
        for operation, text in redline:
            if text:
                paragraph.append(self._run(text, _REVISIONS.get(operation, equal)))
        return paragraph

    def _run(self, text: str, revision: str | None) -> BaseOxmlElement:
        run = OxmlElement("w:r")
        if self._right_to_left:
            run_properties = OxmlElement("w:rPr")
            run_properties.append(OxmlElement("w:rtl"))
            run.append(run_properties)
        content = OxmlElement("w:delText" if revision == "w:del" else "w:t")
        content.text = text
        content.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(content)
        if revision is None:
            return run
        tracked = OxmlElement(revision)
        self._sign(tracked)
        tracked.append(run)
        return tracked

    def _sign(self, element: BaseOxmlElement) -> str:
        number = str(next(self._ids))
        element.set(qn("w:id"), number)
        element.set(qn("w:author"), _AUTHOR)
        element.set(qn("w:date"), self._date)
        return number


def _style(clause: Clause) -> str:
    """Returns the id of the paragraph style for a clause. The template of python-docx defines the style."""
    if clause.kind == "heading":
        return f"Heading{min(len(clause.heading_path) + 2, 6)}"
    if clause.kind == "list_item":
        return "ListParagraph" if clause.label else "ListBullet"
    return "Normal"


def _label(clause: Clause) -> str:
    return f"{printable(clause.label)} " if clause.label else ""


def _labels(old: Clause | None, new: Clause | None) -> Redline:
    old_label, new_label = (_label(clause) if clause else "" for clause in (old, new))
    return (("equal", old_label),) if old_label == new_label else (("delete", old_label), ("insert", new_label))


def _pieces(row: MergedRow) -> list[Redline]:
    """Returns the redline of each paragraph of a row, with the clauses' labels.

    For a split, the row's redline is cut into one piece for each new clause. For a merge, the redline is cut into one
    piece for each old clause.
    """
    clauses = row.new if len(row.new) > 1 else row.old
    if len(clauses) < 2:
        old, new = (side[0] if side else None for side in (row.old, row.new))
        return [(*_labels(old, new), *row.redline)]
    is_split = len(row.new) > 1
    # At a cut, one side has two paragraphs. The other side has one paragraph, which has a space at the cut.
    space: _Part = ("delete", " ") if is_split else ("insert", " ")
    other: RedlineOperation = "delete" if is_split else "insert"
    cut_pieces = cut_redline(row.redline, other, [printable(clause.text) for clause in clauses])
    last = len(cut_pieces) - 1
    result: list[Redline] = []
    for index, piece in enumerate(cut_pieces):
        if index == 0:
            labels = _labels(row.old[0], row.new[0])
        else:
            labels = _labels(None, clauses[index]) if is_split else _labels(clauses[index], None)
        result.append((*labels, *piece, *((space,) if index < last else ())))
    return result
