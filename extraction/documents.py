"""Bytes to a document: picks the reader for the format, then adds clauses, language and stated date."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from core.clauses import Document
from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.clause_builder import build_clauses
from extraction.furniture.measuring import count_words
from extraction.furniture.removal import policy_blocks
from extraction.readers.encodings import as_utf8, decode
from extraction.readers.html_page import Page, read_html
from extraction.readers.pdf_file import read_pdf
from extraction.readers.plain_text import is_hard_wrapped, read_text
from extraction.words.languages import language_of
from extraction.words.stated_dates import stated_date

#: The version of this extractor. A reading that another version made is made again.
EXTRACTOR = "2"

_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|div|p|table|h[1-6]|script)\b", re.IGNORECASE)
_MARKDOWN_SIGN = re.compile(rb"^#{1,6} \S|^[=-]{3,}\s*$|\*\*\S|\]\(|^[-*] \S", re.MULTILINE)
# Control characters that no text has. Escape is not among them, since ISO-2022 encodings use it.
_CONTROL = bytes([*range(1, 9), *range(14, 27), *range(28, 32)])
# First bytes of images, archives, office documents and programs.
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
    """Returns the policy that the bytes of a page hold, as a document.

    data: the body, content coding undone. media_type: its Content-Type, with or without parameters; if the bytes are
    plainly of another format, they are read as that. url: the address they came from, which relative links are
    resolved against. select, remove: for HTML and Markdown, CSS selectors of the policy's text and of what isn't part
    of it; without `select`, page furniture is removed by its features.

    ExtractionError if the bytes hold no text that can be read (encrypted, damaged, an image), or a selector isn't
    valid CSS.
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
    """Returns what `extract` returns, and the page it was taken from; None instead of the page if it isn't HTML.

    ExtractionError as for `extract`.
    """
    file_format = _format_of(data, media_type, url)
    if file_format == "pdf":
        title, blocks = read_pdf(data)
        return _document(title, "", blocks), None
    if file_format == "text":
        return _document(None, "", read_text(decode(data, media_type))), None
    if file_format == "markdown":
        # Few policies are Markdown, and its parser takes a while to load.
        from extraction.readers.markdown_text import read_markdown

        page = read_markdown(decode(data, media_type), url=url, select=select, remove=remove)
        return _document(page.title, "", page.blocks), None
    page = read_html(as_utf8(data, media_type), url=url, select=select, remove=remove)
    if select:
        blocks = page.blocks
        count_words(blocks)
    else:
        blocks = policy_blocks(page.blocks, page.title or "")
    # Some pages are PDFs converted line by line: each line is an element of its own.
    if is_hard_wrapped([block.text for block in blocks if block.kind == "paragraph"]):
        blocks = read_text("\n".join(block.text for block in blocks))
    return _document(page.title, page.lang, blocks), page


def join_documents(documents: Sequence[Document]) -> Document:
    """Joins the pages of a policy, at least one, into one document.

    The clauses follow each other; each keeps the heading path it has on its own page. The title is the first page's.
    """
    clauses = [clause for document in documents for clause in document.clauses]
    declared = next((document.language for document in documents if document.language), None)
    return Document(
        title=documents[0].title,
        language=language_of(" ".join(clause.text for clause in clauses), declared or ""),
        effective_date=stated_date([clause.text for clause in clauses]),
        clauses=tuple(replace(clause, position=position) for position, clause in enumerate(clauses)),
    )


def _document(title: str | None, lang: str, blocks: list[Block]) -> Document:
    clauses = build_clauses(blocks)
    return Document(
        title=title,
        language=language_of(" ".join(clause.text for clause in clauses), lang),
        effective_date=stated_date([clause.text for clause in clauses]),
        clauses=clauses,
    )


def _format_of(data: bytes, media_type: str, url: str | None) -> Literal["pdf", "html", "markdown", "text"]:
    """Returns the format to read the bytes as: the one they show, otherwise the one the media type declares."""
    start = data[:1024].lstrip()
    if b"%PDF-" in start:
        return "pdf"
    if start.startswith(_BINARY) or _is_binary(data):
        raise ExtractionError("these bytes are no text (an image, an archive or a program); declare the policy's page")
    declared = media_type.partition(";")[0].strip().lower()
    if declared == "application/pdf":
        if not _MARKUP.search(data[:4096]):
            raise ExtractionError("this is called a PDF and is none; the file is damaged or cut off at its beginning")
        return "html"
    if declared in ("text/markdown", "text/x-markdown"):
        return "markdown"
    if declared == "text/plain" and _is_markdown(data, url):
        return "markdown"
    if declared == "text/plain":
        return "html" if re.match(rb"(?:\xef\xbb\xbf)?<(?:!doctype\s+html|html)\b", start, re.IGNORECASE) else "text"
    if "html" in declared or "xml" in declared:
        return "html"
    return "html" if _MARKUP.search(data[:4096]) else "text"


def _is_markdown(data: bytes, url: str | None) -> bool:
    """Returns whether plain text is Markdown, which servers of source code serve as plain text from a `.md` address."""
    has_markdown_address = urlsplit(url or "").path.lower().endswith((".md", ".markdown"))
    return has_markdown_address and len(_MARKDOWN_SIGN.findall(data[:20_000])) >= 3


def _is_binary(data: bytes) -> bool:
    sample = data[:8192]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or not sample:
        return False
    nuls = sample.count(0)
    if nuls > 0.1 * len(sample):
        # In UTF-16, every other byte of Latin text is NUL. Many NULs in another pattern are not text.
        return max(sample[::2].count(0), sample[1::2].count(0)) < 0.7 * nuls
    return len(sample) - len(sample.translate(None, _CONTROL)) > 0.05 * len(sample)
