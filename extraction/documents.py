"""Turns bytes into a document: chooses the reader for the format, and determines clauses, language and stated date."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from core.clauses import Clause, Document
from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.clause_builder import build_clauses
from extraction.furniture.measuring import count_words
from extraction.furniture.removal import policy_blocks
from extraction.ignored_text import without_ignored_text
from extraction.readers.character_encodings import as_utf8, decode
from extraction.readers.html_page import Page, read_html
from extraction.readers.pdf_file import read_pdf
from extraction.readers.plain_text import is_hard_wrapped, read_text
from extraction.words.languages import language_of
from extraction.words.stated_dates import stated_date

#: The version of the extractor. If the version changes, all readings are made again.
EXTRACTOR = "5"

_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|div|p|table|h[1-6]|script)\b", re.IGNORECASE)
_MARKDOWN_SIGN = re.compile(rb"^#{1,6} \S|^[=-]{3,}\s*$|\*\*\S|\]\(|^[-*] \S", re.MULTILINE)
# Control characters that don't occur in text. The list leaves out the escape character, which ISO-2022 encodings use.
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
    ignore: Sequence[str] = (),
) -> Document:
    """Returns the policy in the bytes of a page, as a document.

    data: the body of the page, after the HTTP content coding has been decoded.
    media_type: the Content-Type of the page, with or without parameters. It is ignored if the bytes are clearly in
        another format.
    url: the page's address, from which relative links are resolved; None if the address is not known.
    select: CSS selectors of the policy's text, for HTML and Markdown. If `select` is empty, the policy's text in HTML
        is found by removing page furniture.
    remove: CSS selectors of elements that aren't part of the policy, for HTML and Markdown.
    ignore: regular expressions (RE2) of text that isn't part of the policy. What they match is removed from each
        clause; a clause without any letter or digit left is dropped.

    ExtractionError if the bytes contain no readable text (an encrypted or damaged file, an image), if a selector isn't
    valid CSS, or if RE2 can't read a pattern.
    """
    return parse(data, media_type, url=url, select=select, remove=remove, ignore=ignore)[0]


def parse(
    data: bytes,
    media_type: str,
    *,
    url: str | None = None,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> tuple[Document, Page | None]:
    """Returns the document that `extract` returns, and the parsed page; the page is None if the bytes aren't HTML.

    The arguments and the ExtractionError are the same as for `extract`.
    """
    file_format = _format_of(data, media_type, url)
    if file_format == "pdf":
        title, blocks = read_pdf(data)
        return _document(title, "", without_ignored_text(blocks, ignore)), None
    if file_format == "text":
        blocks = read_text(decode(data, media_type))
        return _document(None, "", without_ignored_text(blocks, ignore)), None
    if file_format == "markdown":
        # Imported here because few policies are Markdown, and the Markdown parser takes a while to load.
        from extraction.readers.markdown_text import read_markdown

        page = read_markdown(decode(data, media_type), url=url, select=select, remove=remove)
        return _document(page.title, "", without_ignored_text(page.blocks, ignore)), None
    is_xml = "xml" in media_type.lower()
    page = read_html(as_utf8(data, media_type), url=url, select=select, remove=remove, xml=is_xml)
    if select:
        blocks = page.blocks
        count_words(blocks)
    else:
        blocks = policy_blocks(page.blocks, page.title or "")
    page.kept = blocks
    # On some pages that were converted from PDF, each line is a separate element. Such lines are joined as in a text.
    if is_hard_wrapped([block.text for block in blocks if block.kind == "paragraph"]):
        blocks = read_text("\n".join(block.text for block in blocks))
    times = page.tree.css("time[datetime]") if b"datetime" in data else []
    machine_dates = [node.attributes.get("datetime") or "" for node in times]
    return _document(page.title, page.lang, without_ignored_text(blocks, ignore), machine_dates), page


def join_documents(documents: Sequence[Document]) -> Document:
    """Returns the documents of a policy's pages, joined into one document.

    The title is the title of the first page. A clause keeps its heading path, which has only headings of its own page.

    documents: the documents of the pages, in order; at least one.
    """
    clauses = [clause for document in documents for clause in document.clauses]
    declared = next((document.language for document in documents if document.language), None)
    numbered = tuple(replace(clause, position=position) for position, clause in enumerate(clauses))
    return _with_date(documents[0].title, declared or "", numbered)


def _document(title: str | None, lang: str, blocks: list[Block], machine_dates: Sequence[str] = ()) -> Document:
    return _with_date(title, lang, build_clauses(blocks), machine_dates)


def _with_date(
    title: str | None, lang: str, clauses: tuple[Clause, ...], machine_dates: Sequence[str] = ()
) -> Document:
    """Returns a document with its language and its date.

    lang: the language that the page declares; '' if it declares none.
    machine_dates: the values of the page's attributes `datetime`
        (https://html.spec.whatwg.org/multipage/text-level-semantics.html#the-time-element). Such a value decides what
        an ambiguous date is.
    """
    language = language_of(" ".join(clause.text for clause in clauses), lang)
    stated = stated_date(clauses, language, machine_dates)
    return Document(
        title=title,
        language=language,
        effective_date=date.fromisoformat(stated) if stated and len(stated) == len("2024-03-04") else None,
        clauses=clauses,
        stated_date=stated,
    )


def _format_of(data: bytes, media_type: str, url: str | None) -> Literal["pdf", "html", "markdown", "text"]:
    """Returns the format of the bytes. The media type is used only if the bytes don't show the format clearly.

    ExtractionError if the bytes aren't text, or if the media type is PDF and the bytes are neither a PDF nor HTML.
    """
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
    """Returns whether plain text is Markdown.

    Servers of source code send Markdown with the media type of plain text. A text counts as Markdown if its address
    ends in `.md` or `.markdown`, and the text has at least three marks of Markdown.
    """
    has_markdown_address = urlsplit(url or "").path.lower().endswith((".md", ".markdown"))
    return has_markdown_address and len(_MARKDOWN_SIGN.findall(data[:20_000])) >= 3


def _is_binary(data: bytes) -> bool:
    sample = data[:8192]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or not sample:
        return False
    nuls = sample.count(0)
    if nuls > 0.1 * len(sample):
        # In UTF-16, every second byte of Latin text is NUL. Bytes with many NULs at other positions aren't text.
        return max(sample[::2].count(0), sample[1::2].count(0)) < 0.7 * nuls
    return len(sample) - len(sample.translate(None, _CONTROL)) > 0.05 * len(sample)
