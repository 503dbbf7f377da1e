"""Bytes to a document: the reader its kind needs, then clauses, language and stated date."""

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from core.clauses import Document
from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.clauses import clauses_of
from extraction.furniture.removal import count_words, policy_blocks
from extraction.readers.encodings import as_utf8, decode
from extraction.readers.html_page import Page, read_html
from extraction.readers.pdf_file import read_pdf
from extraction.readers.plain_text import is_hard_wrapped, read_text
from extraction.words.languages import language_of
from extraction.words.stated_dates import stated_date

#: Names this extractor's version; a reading made by another is made again.
EXTRACTOR = "2"

_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|div|p|table|h[1-6]|script)\b", re.IGNORECASE)
_MARKDOWN_SIGN = re.compile(rb"^#{1,6} \S|^[=-]{3,}\s*$|\*\*\S|\]\(|^[-*] \S", re.MULTILINE)
# Control characters that no text has; escape is left out, since ISO-2022 encodings use it.
_CONTROL = bytes([*range(1, 9), *range(14, 27), *range(28, 32)])
_BINARY = (
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\xd0\xcf\x11\xe0",
    b"\x7fELF",
    b"Rar!",
    b"7z\xbc\xaf",
    b"RIFF",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
)


def extract(
    data: bytes,
    media_type: str,
    *,
    url: str | None = None,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> Document:
    """The document a page's bytes hold.

    data: the body, content coding undone. media_type: its Content-Type; parameters may follow, and what the bytes
    themselves show goes before it. url: where it came from, against which links are made absolute.
    select, remove: CSS selectors of the policy's text and of what is not, for HTML and Markdown; without `select`
    the policy's own text is found.

    ExtractionError when the bytes hold no text that can be read (encrypted, damaged, an image), or a selector is none.
    """
    return parse(data, media_type, url=url, select=select, remove=remove)[0]


def parse(
    data: bytes,
    media_type: str,
    *,
    url: str | None = None,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> tuple[Document, Page | None]:
    """What `extract` gives, and the page it was taken from where that is HTML; ExtractionError as there."""
    kind = _kind(data, media_type, url)
    if kind == "pdf":
        title, blocks = read_pdf(data)
        return _document(title, "", blocks), None
    if kind == "text":
        return _document(None, "", read_text(decode(data, media_type))), None
    if kind == "markdown":
        from extraction.readers.markdown_text import (
            read_markdown,  # hardly a policy is, and what parses it takes a while to load
        )

        page = read_markdown(decode(data, media_type), url=url, select=select, remove=remove)
        return _document(page.title, "", page.blocks), None
    page = read_html(as_utf8(data, media_type), url=url, select=select, remove=remove)
    if select:
        blocks = page.blocks
        count_words(blocks)
    else:
        blocks = policy_blocks(page.blocks, page.title or "")
    if is_hard_wrapped([block.text for block in blocks if block.kind == "paragraph"]):  # a PDF converted line by line
        blocks = read_text("\n".join(block.text for block in blocks))
    return _document(page.title, page.lang, blocks), page


def joined(documents: Sequence[Document]) -> Document:
    """Several pages as one document: their clauses one after the other, each under the headings of its own page."""
    clauses = [clause for document in documents for clause in document.clauses]
    declared = next((document.language for document in documents if document.language), None)
    return Document(
        title=documents[0].title,
        language=language_of(" ".join(clause.text for clause in clauses), declared or ""),
        effective_date=stated_date([clause.text for clause in clauses]),
        clauses=tuple(replace(clause, position=position) for position, clause in enumerate(clauses)),
    )


def _document(title: str | None, lang: str, blocks: list[Block]) -> Document:
    clauses = clauses_of(blocks)
    return Document(
        title=title,
        language=language_of(" ".join(clause.text for clause in clauses), lang),
        effective_date=stated_date([clause.text for clause in clauses]),
        clauses=clauses,
    )


def _kind(data: bytes, media_type: str, url: str | None) -> str:
    """What to read the bytes as: what they are where they show it, what they are said to be otherwise."""
    start = data[:1024].lstrip()
    if b"%PDF-" in start:
        return "pdf"
    if start.startswith(_BINARY) or _is_binary(data):
        raise ExtractionError("these bytes are no text (an image, an archive or a program); declare the policy's page")
    said = media_type.partition(";")[0].strip().lower()
    if said == "application/pdf":
        if not _MARKUP.search(data[:4096]):
            raise ExtractionError("this is called a PDF and is none; the file is damaged or cut off at its beginning")
        return "html"
    if said in ("text/markdown", "text/x-markdown"):
        return "markdown"
    if said == "text/plain" and _is_markdown(data, url):
        return "markdown"
    if said == "text/plain":
        return "html" if re.match(rb"(?:\xef\xbb\xbf)?<(?:!doctype\s+html|html)\b", start, re.IGNORECASE) else "text"
    if "html" in said or "xml" in said:
        return "html"
    return "html" if _MARKUP.search(data[:4096]) else "text"


def _is_markdown(data: bytes, url: str | None) -> bool:
    """Whether plain text is Markdown, as servers of source code give it: by its address, and by how it is written."""
    named = urlsplit(url or "").path.lower().endswith((".md", ".markdown"))
    return named and len(_MARKDOWN_SIGN.findall(data[:20_000])) >= 3


def _is_binary(data: bytes) -> bool:
    sample = data[:8192]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or not sample:
        return False
    nuls = sample.count(0)
    if nuls > 0.1 * len(sample):
        # Every other byte a NUL is UTF-16; many NULs of another pattern are no text.
        return max(sample[::2].count(0), sample[1::2].count(0)) < 0.7 * nuls
    return len(sample) - len(sample.translate(None, _CONTROL)) > 0.05 * len(sample)
