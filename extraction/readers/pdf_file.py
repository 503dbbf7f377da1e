"""PDF to blocks: lines in reading order, joined to paragraphs, without what recurs on every page."""

import json
import re
import statistics
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.readers.pdf_lines import MEMORY, SECONDS, Line
from extraction.words.labels import split_label
from extraction.words.tidying import has_words, tidy

_BULLET = re.compile(r"[•·●◦▪▫■□‣⁃∙➢➤►✓✔\uf0b7\uf0a7\uf0d8]\s*|[–—-]\s+(?=\S)|o\s+(?=\S)")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|página|pagina)?\s*[-–]?\s*\d{1,3}\s*[-–]?(?:\s*(?:/|of|sur|von|de|di)\s*\d{1,3})?",
    re.IGNORECASE,
)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", "…")


# In seconds by the clock: of a machine that has much else to do.
_PATIENCE = 6 * SECONDS


def read_pdf(data: bytes) -> tuple[str | None, list[Block]]:
    """The title the file states, and its blocks.

    ExtractionError when it is encrypted or damaged, or asks for more memory or time than a policy does.
    """
    try:
        done = subprocess.run(  # noqa: S603  (our own module)
            # -P: our modules beside it have names of Python's own.
            [sys.executable, "-P", str(Path(__file__).with_name("pdf_lines.py"))],
            input=data,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        found = json.loads(done.stdout) if done.returncode == 0 else {}
    except subprocess.TimeoutExpired:
        found = {}
    if not found:
        raise ExtractionError(
            f"this PDF takes more than {SECONDS} s or {MEMORY >> 20} MiB to read, or breaks its reader; get the "
            "policy's text in another form"
        )
    if "error" in found:
        raise ExtractionError(found["error"])
    lines = [Line(tidy(text), *place) for text, *place in found["lines"]]
    return tidy(found["title"]) or None, _blocks(_without_running_lines([line for line in lines if line.text]))


def _without_running_lines(lines: list[Line]) -> list[Line]:
    """Without page numbers, and the headers and footers that recur at the edge of most pages, in the same place."""
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    seen: Counter[tuple[str, int]] = Counter()
    for page_lines in by_page.values():
        edge = {id(line): line for line in page_lines[:2] + page_lines[-2:]}.values()
        seen.update({_run(line) for line in edge})
    running = {run for run, count in seen.items() if count > 1 and count > 0.5 * len(by_page)}
    kept = []
    for page_lines in by_page.values():
        for place, line in enumerate(page_lines):
            at_edge = place < 2 or place >= len(page_lines) - 2
            if at_edge and (_run(line) in running or _PAGE_NUMBER.fullmatch(line.text)):
                continue
            kept.append(line)
    return kept


def _run(line: Line) -> tuple[str, int]:
    """The same for lines that run through the pages: their words but for numbers, and their height on the page."""
    return re.sub(r"\d+", "#", line.text), round(line.base / 4)


def _blocks(lines: list[Line]) -> list[Block]:
    if not lines:
        return []
    body = statistics.median(line.size for line in lines)
    steps = [above.base - below.base for above, below in pairwise(lines) if above.page == below.page]
    # Most lines stand within a paragraph; where a file has one-line paragraphs only, their own sizes decide.
    step = statistics.median([step for step in steps if step > 1] or [body * 1.2])
    step = min(step, body * 1.8) if body > 1 else step
    right = statistics.quantiles([line.right for line in lines], n=10)[-1] if len(lines) > 1 else lines[0].right
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _goes_on(groups[-1][-1], line, step, right):
            groups[-1].append(line)
        else:
            groups.append([line])
    blocks = []
    for group in groups:
        block = _block(group, body)
        if block is not None:
            blocks.append(block)
    return blocks


def _goes_on(above: Line, line: Line, step: float, right: float) -> bool:
    """Whether a line goes on with the paragraph of the one above."""
    if _BULLET.match(line.text) or split_label(line.text)[0]:
        return False
    open_end = not above.text.endswith(_SENTENCE_END) and line.text[:1].islower()
    if above.page != line.page:
        return open_end
    if abs(above.size - line.size) > 0.5 or not 0 <= above.base - line.base <= step * 1.3:
        return False
    # Where the next line's first word had room, the paragraph was over.
    room = right - above.right
    needed = (len(line.text.split()[0]) + 1) * line.size * 0.55
    if room > needed + 0.03 * right:
        return open_end
    return above.bold == line.bold or open_end


def _block(group: list[Line], body: float) -> Block | None:
    text = ""
    for line in group:
        if text.endswith("-") and len(text) > 1 and text[-2].isalpha() and line.text[:1].islower():
            text = text[:-1] + line.text
        else:
            text = f"{text} {line.text}" if text else line.text
    text = tidy(text.replace("\ufffe", "").replace("\u0002", ""))
    bullet = _BULLET.match(text)
    if bullet:
        text = text[bullet.end() :]
    if not has_words(text):
        return None
    if bullet:
        return Block("list_item", text)
    larger = group[0].size > body * 1.12
    short = len(text) <= 120 and len(text.split()) <= 16 and not text.endswith((".", ";", ","))
    if short and larger:
        return Block("heading", text, 1 if group[0].size > body * 1.6 else 2)
    return Block("paragraph", text, bold=all(line.bold for line in group))
