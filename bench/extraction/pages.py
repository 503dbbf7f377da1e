"""Measures the accuracy of extraction on 60 pages that were written for this benchmark.

For each page, a separate file lists the expected clauses of the policy, one clause on each line.
"""

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

# A line that begins with `# ` is a heading. `- ` marks a list item, and `| ` marks a table row (`| a | b |`). A line
# for a paragraph has no mark. If the clause has a label, the label follows in braces: `{2.1} `.
_LINE = re.compile(r"^(?:(?P<kind>[#|-]) )?(?:\{(?P<label>[^}]*)\} )?(?P<text>.*)$")
_KINDS: dict[str | None, ClauseKind] = {"#": "heading", "-": "list_item", "|": "table_row", None: "paragraph"}


class ExpectedClause(NamedTuple):
    """An expected clause.

    label: the clause's label; '' if the clause has no label.
    """

    kind: ClauseKind
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the corpus.

    file: the path of the page's file in the corpus.
    url, media_type, payload: the page's address, Content-Type and bytes.
    language: the ISO 639-1 code of the policy's language.
    effective_date: the date that the policy states, in ISO 8601; None if the policy states no date.
    clauses: the expected clauses.
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
    """The results on all pages.

    score: the words that were extracted correctly.
    pages: the number of pages.
    clauses: the number of expected clauses.
    texts: the number of clauses whose text was extracted correctly.
    kinds: the number of clauses counted in `texts` whose kind is also correct.
    labels: the number of clauses counted in `texts` whose label is also correct.
    languages: the number of pages whose language is correct.
    dates: the number of pages whose date is correct.
    notes: a line for each error.
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
    """Reads all pages and compares the extracted clauses with the expected clauses."""
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
        figures.kinds += sum(expected_clause.kind == clause.kind for expected_clause, clause in pairs)
        figures.labels += sum(
            expected_clause.label == (clause.label or "").strip("().: ") for expected_clause, clause in pairs
        )
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
        f"{figures.texts} of {figures.clauses} clauses have the right text; of these, {figures.kinds} the right kind "
        f"and {figures.labels} the right label"
    )
    yield f"languages right {figures.languages}, dates right {figures.dates}"
