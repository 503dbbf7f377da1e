"""60 pages written for this bench, each with its policy as a reader would note it down, one clause a line."""

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.extraction.captures import CORPORA
from bench.extraction.words import Score, score, words
from core.clauses import ClauseKind
from extraction import extract

# `# ` heading, `- ` list item, `| a | b |` table row, nothing for a paragraph; then `{2.1} ` for a label.
_LINE = re.compile(r"^(?:(?P<kind>[#|-]) )?(?:\{(?P<label>[^}]*)\} )?(?P<text>.*)$")
_KINDS: dict[str | None, ClauseKind] = {"#": "heading", "-": "list_item", "|": "table_row", None: "paragraph"}


class ExpectedClause(NamedTuple):
    """A clause as a reader notes it down; label is '' if the clause has none."""

    kind: ClauseKind
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the corpus.

    language: ISO 639-1 code. effective_date: in ISO 8601; None if the page states none.
    """

    file: str
    url: str
    media_type: str
    payload: bytes
    language: str
    effective_date: str | None
    clauses: list[ExpectedClause]


@dataclass(slots=True)
class Figures:
    """How many clauses the pages have, and of how many the text, also the kind, also the label, was read right.

    languages, dates: pages whose language or date was read right. notes: what was read wrong, line by line.
    """

    score: Score = field(default_factory=Score)
    pages: int = 0
    clauses: int = 0
    texts: int = 0
    kinds: int = 0
    labels: int = 0
    languages: int = 0
    dates: int = 0
    notes: list[str] = field(default_factory=list)


def corpus() -> Iterator[Page]:
    """Yields the pages of tests/corpora/pages."""
    for line in (CORPORA / "pages" / "pages.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        path = CORPORA / "pages" / row["file"]
        expected = path.with_suffix("").with_suffix(".expected.txt").read_text("utf-8").splitlines()
        yield Page(
            row["file"],
            row["url"],
            row["media_type"],
            path.read_bytes(),
            row["language"],
            row["effective_date"],
            [_expected_clause(line) for line in expected if line],
        )


def _expected_clause(line: str) -> ExpectedClause:
    match = _LINE.match(line)
    if match is None:
        raise ValueError(f"{line!r} is not the line of a clause")
    text = match["text"].removesuffix(" |") if match["kind"] == "|" else match["text"]
    return ExpectedClause(_KINDS[match["kind"]], match["label"] or "", text)


def measure() -> Figures:
    """Reads all pages and compares what is extracted with what a reader noted down."""
    figures = Figures()
    for page in corpus():
        document = extract(page.payload, page.media_type, url=page.url)
        page_score = score(
            (word for clause in page.clauses for word in words(f"{clause.label} {clause.text}")), document.clauses
        )
        figures.score.add(page_score)
        expected = [clause.text for clause in page.clauses]
        extracted = [clause.text for clause in document.clauses]
        matcher = difflib.SequenceMatcher(None, expected, extracted, autojunk=False)
        pairs = [
            (page.clauses[block.a + step], document.clauses[block.b + step])
            for block in matcher.get_matching_blocks()
            for step in range(block.size)
        ]
        figures.pages += 1
        figures.clauses += len(page.clauses)
        figures.texts += len(pairs)
        figures.kinds += sum(wanted.kind == clause.kind for wanted, clause in pairs)
        figures.labels += sum(wanted.label == (clause.label or "").strip("().: ") for wanted, clause in pairs)
        figures.languages += document.language == page.language
        date = document.effective_date.isoformat() if document.effective_date else None
        figures.dates += date == page.effective_date
        if page_score.lost or page_score.let_in or len(pairs) < max(len(expected), len(extracted)):
            figures.notes.append(f"{page.file}: {page_score}")
            figures.notes += [
                f"    {change[:160]}"
                for change in difflib.unified_diff(expected, extracted, lineterm="", n=0)
                if not change.startswith(("---", "+++", "@@"))
            ]
        if document.language != page.language:
            figures.notes.append(f"{page.file}: language {document.language}, not {page.language}")
        if date != page.effective_date:
            figures.notes.append(f"{page.file}: date {date}, not {page.effective_date}")
    return figures


def report(details: bool) -> Iterator[str]:
    """Yields the figures as lines to print."""
    figures = measure()
    if details:
        yield from figures.notes
    yield f"{figures.pages} pages: {figures.score}"
    yield (
        f"{figures.texts} of {figures.clauses} clauses word for word; of these {figures.kinds} of the right kind, "
        f"{figures.labels} with their label"
    )
    yield f"languages right {figures.languages}, dates right {figures.dates}"
