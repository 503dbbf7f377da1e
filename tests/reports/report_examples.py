"""Hand-made changes and reports of a fictional policy, for the tests of report formats."""

import io
from datetime import UTC, date, datetime
from operator import attrgetter
from pathlib import Path

import docx

from core.changes import Change, ChangeKind, Comparison, Redline, Significance
from core.clauses import Clause, ClauseKind, Document
from core.history import Observation, Period
from reports import REPORT_FORMATS, FileSide, Report, VersionSide
from reports.report import Interval

LAST_OLD = Observation(
    3, datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "http://old.example/p", "wayback", "a" * 64, "aaaa"
)
FIRST_NEW = Observation(
    4, datetime(2021, 6, 7, 8, 9, 10, tzinfo=UTC), "https://new.example/p", "live", "b" * 64, "bbbb"
)


def clause(
    position: int,
    text: str,
    *,
    path: tuple[str, ...] = ("Privacy",),
    label: str | None = None,
    kind: ClauseKind = "paragraph",
    links: tuple[str, ...] = (),
) -> Clause:
    return Clause(position, kind, label, path, text, links)


def change(
    kind: ChangeKind,
    old: tuple[Clause, ...],
    new: tuple[Clause, ...],
    redline: Redline = (),
    significance: Significance = "substantive",
    confidence: float = 1.0,
) -> Change:
    return Change(kind, significance, confidence, old, new, redline)


def added(position: int, text: str) -> Change:
    return change("added", (), (clause(position, text),))


def removed(position: int, text: str) -> Change:
    return change("removed", (clause(position, text),), ())


def document(*clauses: Clause) -> Document:
    return Document("Privacy policy", "en", date(2021, 6, 1), clauses)


def file_report(*changes: Change, unchanged: tuple[Clause, ...] = ()) -> Report:
    """Returns a report on two files. Each file has the clauses of the changes, and the unchanged clauses."""
    sides = [
        sorted(
            [*(clause for change in changes for clause in side_of(change)), *unchanged],
            key=lambda clause: clause.position,
        )
        for side_of in (attrgetter("old"), attrgetter("new"))
    ]
    old, new = document(*sides[0]), document(*sides[1])
    return Report(
        old=FileSide(Path("old.html"), "c" * 64, old),
        new=FileSide(Path("new.html"), "d" * 64, new),
        interval=None,
        between=(),
        comparison=Comparison(old, new, changes, tuple((clause.position, clause.position) for clause in unchanged)),
    )


def version_report(*changes: Change, vendor_name: str = "Marmot Mail") -> Report:
    """Returns a report on two versions of a policy, with an interval."""
    files = file_report(*changes)
    sides = [
        VersionSide("marmot", vendor_name, "privacy", number, Period(capture.version_id, (capture,)), side.document)
        for number, (capture, side) in enumerate(((LAST_OLD, files.old), (FIRST_NEW, files.new)), start=1)
    ]
    return Report(sides[0], sides[1], Interval(LAST_OLD, FIRST_NEW), (), files.comparison)


def word_text(data: bytes) -> str:
    """Returns the text of a Word report: the paragraphs, and then the cells of the tables."""
    opened = docx.Document(io.BytesIO(data))
    # python-docx lists a cell over several columns once for each of them.
    cells = {cell._tc: cell.text for table in opened.tables for row in table.rows for cell in row.cells}
    return "\n".join([*(paragraph.text for paragraph in opened.paragraphs), *cells.values()])


# At least one change of every kind, and at least one of every significance. Some changes have notes in the report.
EVERY_KIND = (
    change("removed", (clause(0, "Cookies", kind="heading"),), ()),
    change("added", (), (clause(0, "We now sell your data.", kind="list_item"),)),
    change(
        "modified",
        (clause(1, "We keep logs for ten days."),),
        (clause(1, "We keep logs for ten years."),),
        (("equal", "We keep logs for ten "), ("delete", "days"), ("insert", "years"), ("equal", ".")),
        confidence=0.45,
    ),
    change("moved", (clause(2, "Children under 16."),), (clause(9, "Children under 16."),), significance="editorial"),
    change(
        "moved_modified",
        (clause(3, "Write to us."),),
        (clause(10, "Write to our officer.", path=("Privacy", "Contact")),),
        (("equal", "Write to "), ("delete", "us"), ("insert", "our officer"), ("equal", ".")),
    ),
    change(
        "renumbered",
        (clause(4, "Your rights.", label="3"),),
        (clause(2, "Your rights.", label="4"),),
        significance="editorial",
    ),
    change(
        "split",
        (clause(5, "One. Two."),),
        (clause(3, "One."), clause(4, "Two.")),
        (("equal", "One. Two."),),
    ),
    change(
        "merged",
        (clause(6, "Three."), clause(7, "Four.")),
        (clause(5, "Three. Four."),),
        (("equal", "Three. Four."),),
    ),
    change(
        "cosmetic",
        (clause(8, "See our terms.", links=("http://a.example/",)),),
        (clause(6, "See our terms.", links=("http://b.example/",)),),
        significance="editorial",
    ),
    change(
        "factual",
        (clause(9, "Last updated 2020."),),
        (clause(7, "Last updated 2021."),),
        (("equal", "Last updated "), ("delete", "2020"), ("insert", "2021"), ("equal", ".")),
        significance="factual",
    ),
    change(
        "modified",
        (clause(10, "Read by 12 people."),),
        (clause(8, "Read by 13 people."),),
        (("equal", "Read by "), ("delete", "12"), ("insert", "13"), ("equal", " people.")),
        significance="volatile",
    ),
)


#: The names of the formats that are text; the renderers of the other formats return bytes.
TEXT_FORMATS = tuple(name for name, render in REPORT_FORMATS.items() if isinstance(render(file_report()), str))
