"""The Word report: the tracked changes contain both texts, and the markup is valid for Word and LibreOffice."""

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from hypothesis import given, settings

from core.changes import Change, Comparison
from core.clauses import Clause, Document
from reports import FileSide, Report
from reports.vendor_text import printable
from reports.word_report import as_docx
from tests.reports.report_examples import EVERY_KIND, added, change, clause, file_report, removed, version_report
from tests.reports.test_report_whole_text import comparisons

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ACCEPT = {"drop": ("del", "moveFrom"), "keep": ("ins", "moveTo")}
REJECT = {"drop": ("ins", "moveTo"), "keep": ("del", "moveFrom")}


def local_name(node: BaseOxmlElement) -> str:
    return str(node.tag).rpartition("}")[2]


def text_of(node: BaseOxmlElement) -> str:
    """Returns the text in a node, including deleted text."""
    return "".join(text.text or "" for text in node.iter(f"{W}t", f"{W}delText"))


def body_of(data: bytes) -> BaseOxmlElement:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        body: BaseOxmlElement
        (body,) = parse_xml(archive.read("word/document.xml")).iterfind(f"{W}body")
        return body


def policy_paragraphs(body: BaseOxmlElement) -> list[BaseOxmlElement]:
    """Returns the paragraphs of the policy's text, which the document has between two headings."""
    texts = ["".join(node.itertext(f"{W}t")) for node in body]
    begin, end = texts.index("The text with its changes") + 1, texts.index("List of the changes")
    return [node for node in body[begin:end] if node.tag == f"{W}p"]


def resolved(data: bytes, how: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Accepts or rejects all tracked changes, like a word processor. Returns the resulting paragraphs."""
    result, open_text = [], ""
    for paragraph in policy_paragraphs(body_of(data)):
        mark = {local_name(node) for node in paragraph.iterfind(f"{W}pPr/{W}rPr/*")}
        for node in paragraph:
            name = local_name(node)
            if name in ("pPr", *how["drop"]):
                continue
            assert name in ("r", *how["keep"]), name
            open_text += text_of(node)
        if not mark & set(how["drop"]):
            result.append(" ".join(open_text.split()))
            open_text = ""
    assert not open_text
    return result


def expected_paragraphs(clauses: tuple[Clause, ...]) -> list[str]:
    return [" ".join(printable(f"{clause.label or ''} {clause.text}").split()) for clause in clauses]


def check(report: Report) -> None:
    """Checks that the new text remains if all changes are accepted, and the old text if all changes are rejected."""
    data = as_docx(report)
    assert resolved(data, ACCEPT) == expected_paragraphs(report.new.document.clauses)
    assert resolved(data, REJECT) == expected_paragraphs(report.old.document.clauses)


def test_accepting_all_gives_the_new_text_and_rejecting_all_the_old() -> None:
    check(file_report(*EVERY_KIND))
    check(version_report(*EVERY_KIND))


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (added(0, "A."), added(1, "B.")),
        (removed(0, "A."), removed(1, "B.")),
        (
            change(
                "split",
                (clause(0, "One. Two. Three.", label="1."),),
                (clause(0, "One.", label="1."), clause(1, "Twice.", label="2."), clause(2, "Three.")),
                (("equal", "One. "), ("delete", "Two."), ("insert", "Twice."), ("equal", " Three.")),
            ),
        ),
        (
            change(
                "merged",
                (clause(0, "One.", label="(a)"), clause(1, "Gone. Two.", label="(b)"), clause(2, "Three.")),
                (clause(0, "One. Two. Three more.", label="(c)"),),
                (
                    ("equal", "One. "), ("delete", "Gone. "), ("equal", "Two. Three"), ("insert", " more"),
                    ("equal", "."),
                ),
            ),
        ),
        (
            change("split", (clause(0, "X. Y."),), (clause(0, "X."), clause(2, "Y.")), (("equal", "X. Y."),)),
            added(1, "Between."),
        ),
        (change("renumbered", (clause(0, "A.", label="3"),), (clause(0, "A.", label="IV"),)),),
        (change("split", (clause(0, "个人信息。敏感信息。"),), (clause(0, "个人信息。"), clause(1, "敏感信息。")),
            (("equal", "个人信息。敏感信息。"),)),),
    ],
)  # fmt: skip
def test_both_texts_result_from_changes_of_every_shape(changes: tuple[Change, ...]) -> None:
    if changes and changes[0].old and changes[0].old[0].text.startswith("个"):
        data = as_docx(file_report(*changes))
        assert resolved(data, ACCEPT) == ["个人信息。", "敏感信息。"]
        assert "".join(resolved(data, REJECT)).replace(" ", "") == "个人信息。敏感信息。"
        return
    check(file_report(*changes))


@pytest.mark.slow
@given(comparisons())
@settings(max_examples=30, deadline=None)
def test_both_texts_result_from_any_comparison(case: tuple[Comparison, Document, Document]) -> None:
    comparison, old, new = case
    side = FileSide(Path("x"), "0" * 64, old)
    check(Report(side, FileSide(Path("x"), "0" * 64, new), None, (), comparison))


def test_a_moved_clause_is_a_tracked_move_with_one_name() -> None:
    body = body_of(as_docx(file_report(*EVERY_KIND)))
    begins = {which: body.findall(f"{W}move{which}RangeStart") for which in ("From", "To")}
    names = {which: [node.get(f"{W}name") for node in nodes] for which, nodes in begins.items()}
    assert sorted(names["From"]) == sorted(names["To"]) == ["move4", "move5"]
    for which, nodes in begins.items():
        ends = [node.get(f"{W}id") for node in body.findall(f"{W}move{which}RangeEnd")]
        assert [node.get(f"{W}id") for node in nodes] == ends
    (moved,) = (p for p in body.iter(f"{W}p") if "".join(p.itertext(f"{W}t")) == "Children under 16." and
                p.find(f"{W}moveTo") is not None)  # fmt: skip
    assert moved.find(f"{W}pPr/{W}rPr/{W}moveTo") is not None


def test_every_revision_has_an_author_a_date_and_an_id() -> None:
    body = body_of(as_docx(version_report(*EVERY_KIND)))
    revisions = [node for name in ("ins", "del", "moveFrom", "moveTo") for node in body.iter(f"{W}{name}")]
    assert revisions
    assert {node.get(f"{W}author") for node in revisions} == {"clausewatch"}
    assert {node.get(f"{W}date") for node in revisions} == {"2021-06-07T08:09:10Z"}
    numbers = [node.get(f"{W}id") for node in revisions]
    assert len(numbers) == len(set(numbers))


def test_the_markup_is_in_the_order_the_standard_requires() -> None:
    body = body_of(as_docx(file_report(*EVERY_KIND)))
    assert body[-1].tag == f"{W}sectPr"
    for deleted in body.iter(f"{W}del"):
        assert not list(deleted.iter(f"{W}t"))
    assert all(node.getparent().getparent().tag == f"{W}del" for node in body.iter(f"{W}delText"))
    for properties in body.iter(f"{W}pPr"):
        order = [local_name(node) for node in properties]
        assert order == [name for name in ("pStyle", "keepNext", "bidi", "rPr") if name in order]
        assert properties.getparent().index(properties) == 0


def test_the_document_has_the_evidence_and_a_list_of_changes() -> None:
    data = as_docx(version_report(*EVERY_KIND))
    opened = docx.Document(io.BytesIO(data))
    assert opened.paragraphs[0].text == "Marmot Mail privacy: version 1 → version 2"
    assert opened.paragraphs[1].text.startswith("6 substantive changes: ")
    evidence = "\n".join(cell.text for row in opened.tables[0].rows for cell in row.cells)
    for part in ("2020-01-02T03:04:05Z", "http://old.example/p", "a" * 64, "b" * 64):
        assert part in evidence
    listed = [[cell.text for cell in row.cells] for table in opened.tables[1:] for row in table.rows[1:]]
    assert sorted(int(row[0]) for row in listed if row[0].isdigit()) == list(range(1, 12))
    assert listed[:2] == [["Privacy", "Privacy", "Privacy"], ["1", "removed, heading", "“Cookies”"]]
    for table in opened.tables[1:]:
        assert [cell.text for cell in table.rows[0].cells] == ["No.", "Kind", "How it begins"]
    for table_element in body_of(data).findall(f"{W}tbl")[1:]:
        assert table_element.find(f"{W}tr/{W}trPr/{W}tblHeader") is not None
    assert opened.core_properties.author == "clausewatch"
    assert isinstance(opened.core_properties.created, datetime)


def test_the_list_links_to_changes_and_both_places_of_moves() -> None:
    body = body_of(as_docx(file_report(*EVERY_KIND)))
    names = [node.get(f"{W}name") for node in body.iter(f"{W}bookmarkStart")]
    assert len(names) == len(set(names))
    links = {node.get(f"{W}anchor"): text_of(node) for node in body.iter(f"{W}hyperlink")}
    assert set(links) == set(names)
    assert links["change7"] == "7"
    assert links["change5_old"] == "where it was"
    after = {node.get(f"{W}name"): node.getnext().getnext() for node in body.iter(f"{W}bookmarkStart")}
    assert after["change5"].tag == f"{W}moveToRangeStart"
    assert after["change5_old"].tag == f"{W}moveFromRangeStart"
    assert text_of(after["change2"]) == "We now sell your data."


def test_pages_are_numbered() -> None:
    (section,) = docx.Document(io.BytesIO(as_docx(version_report(*EVERY_KIND)))).sections
    footer = section.footer
    assert footer.paragraphs[0].text == "Marmot Mail privacy: version 1 → version 2 – page "
    assert [field.get(f"{W}instr") for field in footer.part.element.iter(f"{W}fldSimple")] == ["PAGE"]


def test_right_to_left_text_is_marked_as_such() -> None:
    files = file_report(added(0, "سياسة الخصوصية"))
    arabic = Document(None, "ar", None, files.new.document.clauses)
    assert isinstance(files.new, FileSide)
    body = body_of(
        as_docx(Report(files.old, FileSide(files.new.path, files.new.sha256, arabic), None, (), files.comparison))
    )
    (paragraph,) = policy_paragraphs(body)
    assert paragraph.find(f"{W}pPr/{W}bidi") is not None
    assert paragraph.find(f".//{qn('w:rtl')}") is not None


def test_hostile_text_does_not_break_the_file() -> None:
    hostile = "</w:t>\x00\x1b\ud800\ufffe\u202e&amp;<w:ins/>"
    report = file_report(change("cosmetic", (clause(0, hostile, path=(hostile,), label=hostile),),
                                (clause(0, hostile + "x", path=(hostile,)),)))  # fmt: skip
    check(report)
