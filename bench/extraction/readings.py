"""Real pages against a person's reading of them, kept as places in the sequence of the page's words."""

import hashlib
import json
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from bench.extraction.captures import CORPORA, SHARED, labelled
from bench.extraction.words import Score, score
from extraction import extract
from extraction.readers.encodings import decode

_UNSEEN = ("script", "style", "template", "noscript", "svg", "iframe", "textarea", "select")


def _words(payload: bytes, media_type: str) -> list[str]:
    tree = LexborHTMLParser(decode(payload, media_type))
    for node in tree.css(", ".join(_UNSEEN)):
        node.decompose()
    return re.findall(r"\w+", " ".join(_texts(tree)).lower())


def _texts(tree: LexborHTMLParser) -> Iterator[str]:
    if tree.body is not None:
        for node in tree.body.traverse(include_text=True):
            if node.tag == "-text":
                yield node.text_content or ""


def measure(*, details: bool) -> None:
    """Words of the policy kept, and of furniture let in."""
    payloads = {
        hashlib.sha1(one.payload, usedforsecurity=False).hexdigest(): (
            one.payload,
            one.capture.media_type,
            one.capture.url,
        )
        for one in labelled()
    }
    for path in (SHARED / "captures").glob("*.html"):
        data = path.read_bytes()
        payloads.setdefault(hashlib.sha1(data, usedforsecurity=False).hexdigest(), (data, "text/html", ""))
    total = Score()
    readings = json.loads((CORPORA / "readings.json").read_text("utf-8"))
    for reading in readings:
        payload, media_type, url = payloads[reading["sha1"]]
        sequence = _words(payload, media_type)
        if len(sequence) != reading["words"]:
            print(f"{reading['sha1']}: {len(sequence)} words, {reading['words']} when it was read")
        wanted = [word for start, end in reading["policy"] for word in sequence[start:end]]
        document = extract(payload, media_type, url=url or None)
        one = score(wanted, document.clauses)
        total.add(one)
        if details:
            print(f"{reading['warc'] or reading['file']} {reading['date'] or ''}: {one}")
    print(f"{len(readings)} pages: {total}")
