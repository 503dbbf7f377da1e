"""Measures the accuracy of extraction on real captures in which a person has marked the policy.

`readings.json` lists the words of each policy as ranges of word numbers. So the file contains no text of the pages.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser

from bench.extraction.captures import CORPORA, SHARED, labelled_captures, sha1_hex
from bench.extraction.words import Score, score
from extraction import extract
from extraction.readers.character_encodings import decode

_INVISIBLE_TAGS = ("script", "style", "template", "noscript", "svg", "iframe", "textarea", "select")


@dataclass(slots=True)
class Figures:
    """The results on all pages.

    score: the words that were extracted correctly.
    pages: the number of pages.
    misfits: a line for each page whose number of words has changed since the policy was marked.
    notes: a line with the score of each page.
    """

    score: Score = field(default_factory=Score)
    pages: int = 0
    misfits: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _words_of_page(payload: bytes, media_type: str) -> list[str]:
    tree = LexborHTMLParser(decode(payload, media_type))
    for node in tree.css(", ".join(_INVISIBLE_TAGS)):
        node.decompose()
    return re.findall(r"\w+", " ".join(_texts(tree)).lower())


def _texts(tree: LexborHTMLParser) -> Iterator[str]:
    if tree.body is not None:
        for node in tree.body.traverse(include_text=True):
            if node.tag == "-text":
                yield node.text_content or ""


def _payloads() -> dict[str, tuple[bytes, str, str]]:
    """Returns payload, media type and address of every capture in ../shared, by the SHA-1 of the payload."""
    payloads = {
        sha1_hex(labelled.payload): (labelled.payload, labelled.capture.media_type, labelled.capture.url)
        for folder in ("warc", "warc-wide")
        for labelled in labelled_captures(folder)
    }
    for path in (SHARED / "captures").glob("*.html"):
        payload = path.read_bytes()
        payloads.setdefault(sha1_hex(payload), (payload, "text/html", ""))
    return payloads


def measure() -> Figures:
    """Reads all captures and compares the extracted words with the words that a person has marked."""
    figures = Figures()
    payloads = _payloads()
    for reading in json.loads((CORPORA / "readings.json").read_text("utf-8")):
        payload, media_type, url = payloads[reading["sha1"]]
        page_words = _words_of_page(payload, media_type)
        if len(page_words) != reading["words"]:
            figures.misfits.append(
                f"{reading['sha1']}: {len(page_words)} words, but {reading['words']} when the policy was marked"
            )
        policy = [word for start, end in reading["policy"] for word in page_words[start:end]]
        page_score = score(policy, extract(payload, media_type, url=url or None).clauses)
        figures.score.add(page_score)
        figures.pages += 1
        figures.notes.append(f"{reading['warc'] or reading['file']} {reading['date'] or ''}: {page_score}")
    return figures


def report(details: bool) -> Iterator[str]:
    """Yields the figures as lines to print."""
    figures = measure()
    yield from figures.misfits
    if details:
        yield from figures.notes
    yield f"{figures.pages} pages: {figures.score}"
