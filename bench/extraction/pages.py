"""60 pages written for this, with their text as a reader would take it down, a clause a line."""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

from bench.extraction.captures import CORPORA
from bench.extraction.words import Score, score, words
from extraction import extract

# `# ` heading, `- ` list item, `| a | b |` table row, or nothing for a paragraph; then `{2.1} ` for a label.
_LINE = re.compile(r"^(?:(?P<kind>[#|-]) )?(?:\{(?P<label>[^}]*)\} )?(?P<text>.*)$")
_KINDS = {"#": "heading", "-": "list_item", "|": "table_row", None: "paragraph"}


def pages() -> Iterator[tuple[dict[str, Any], bytes, list[tuple[str, str, str]]]]:
    """What is known of each page, its bytes, and its clauses as kind, label, text."""
    for line in (CORPORA / "pages" / "pages.jsonl").read_text("utf-8").splitlines():
        known = json.loads(line)
        path = CORPORA / "pages" / known["file"]
        lines = path.with_suffix("").with_suffix(".expected.txt").read_text("utf-8").splitlines()
        clauses = []
        for expected in filter(None, lines):
            for match in _LINE.finditer(expected):
                text = match["text"].removesuffix(" |") if match["kind"] == "|" else match["text"]
                clauses.append((_KINDS[match["kind"]], match["label"] or "", text))
        yield known, path.read_bytes(), clauses


def measure(*, details: bool) -> None:
    """Words kept and let in; clauses as a reader takes them; languages and dates."""
    total = Score()
    clauses = right = kinds = labels = languages = dates = count = 0
    for known, data, expected in pages():
        document = extract(data, known["media_type"], url=known["url"])
        one = score((word for _, label, text in expected for word in words(f"{label} {text}")), document.clauses)
        total.add(one)
        wanted = [text for _, _, text in expected]
        given = [clause.text for clause in document.clauses]
        matcher = difflib.SequenceMatcher(None, wanted, given, autojunk=False)
        pairs = [
            (expected[block.a + step], document.clauses[block.b + step])
            for block in matcher.get_matching_blocks()
            for step in range(block.size)
        ]
        count += 1
        clauses += len(expected)
        right += len(pairs)
        kinds += sum(kind == clause.kind for (kind, _, _), clause in pairs)
        labels += sum(label == (clause.label or "").strip("().: ") for (_, label, _), clause in pairs)
        languages += document.language == known["language"]
        stated = document.effective_date.isoformat() if document.effective_date else None
        dates += stated == known["effective_date"]
        if details and (one.lost or one.let_in or len(pairs) < max(len(wanted), len(given))):
            print(f"{known['file']}: {one}")
            for change in difflib.unified_diff(wanted, given, lineterm="", n=0):
                if not change.startswith(("---", "+++", "@@")):
                    print(f"    {change[:160]}")
        if details and document.language != known["language"]:
            print(f"{known['file']}: language {document.language}, not {known['language']}")
        if details and stated != known["effective_date"]:
            print(f"{known['file']}: date {stated}, not {known['effective_date']}")
    print(f"{count} pages: {total}")
    print(f"{right} of {clauses} clauses word for word; of these {kinds} of the right kind, {labels} with their label")
    print(f"languages right {languages}, dates right {dates}")
