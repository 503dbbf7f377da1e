"""The HTML reader: parses a page, applies the selectors, and makes blocks of the remaining elements."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.readers.html_tree import parse_page, xml_as_html
from extraction.readers.html_walk import Walker
from extraction.readers.links import base_of, link_target
from extraction.words.normalization import normalize

# An end tag in the text of a page. The author's software escaped the markup by mistake, so visitors see the tag.
_ESCAPED_TAG = re.compile(r"</(?:p|li|ul|ol|div|span|h[1-6]|strong|em|b|i|u|a)\s*>", re.IGNORECASE)

# Finding the matches of a list of selectors takes a time that grows with the square of the list.
_LONGEST_SELECTOR = 1_000


@dataclass(slots=True)
class Page:
    """An HTML page as blocks in reading order.

    title: the text of `<title>`; None if the page has no title.
    lang: the language code that the page declares; '' if the page declares no language.
    blocks: the blocks of the page, without elements that selectors removed.
    tree: the parsed page.
    frames: the frames that show another address, whose text isn't read: for each, the number of blocks in front of it,
        and the address.
    kept: the blocks that are left after the page's furniture was removed. The furniture package sets this field.
    """

    title: str | None
    lang: str
    blocks: list[Block]
    tree: LexborHTMLParser
    frames: list[tuple[int, str]] = field(default_factory=list)
    kept: list[Block] = field(default_factory=list)


def read_html(
    source: bytes,
    *,
    url: str | None = None,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    markdown: bool = False,
    xml: bool = False,
) -> Page:
    """Returns a page with its blocks.

    source: the page in UTF-8.
    url: the page's address, from which relative links are resolved; None if the address is not known.
    select: CSS selectors. If `select` isn't empty, only the matching elements are read.
    remove: CSS selectors. The matching elements aren't read.
    markdown: whether the page was made from Markdown. If True, the typography of the blocks contains each mark of
        emphasis and each space, because the author typed them.
    xml: whether the server calls the page XML. A browser then parses it by the rules of XML.

    ExtractionError, with the selector in the message, if a selector isn't valid CSS or removes the whole page.
    """
    tree = parse_page(xml_as_html(source) if xml else source)
    # The body of a page of frames is its `<frameset>` (HTML standard, section 3.1.4).
    body = tree.body if tree.body is not None else tree.css_first("frameset")
    title_node = tree.css_first("title")
    title = normalize(title_node.text()) if title_node is not None else ""
    html = tree.css_first("html")
    lang = (html.attributes.get("lang") or html.attributes.get("xml:lang") or "") if html is not None else ""
    base_node = tree.head.css_first("base[href]") if tree.head is not None else None
    base = base_of(url)
    if base_node is not None:
        base = base_of(link_target(base_node.attributes.get("href") or "", base) or url)
    for selector in remove:
        for node in matches(tree, selector):
            if node.tag == "html":
                raise ExtractionError(f"{selector!r} removes the whole page; correct it in the declaration")
            node.decompose()
    roots: list[LexborNode] = [body] if body is not None else []
    if select:
        roots = _outermost([node for selector in select for node in matches(tree, selector)])
    walker = Walker(base, url, markdown=markdown)
    for root in roots:
        walker.walk(root)
    blocks = _with_escaped_markup_read(walker.blocks, base, url)
    return Page(title or None, lang, blocks, tree, walker.frames)


def _with_escaped_markup_read(blocks: list[Block], base: str | None, url: str | None) -> list[Block]:
    """Returns the blocks. A block whose text contains HTML tags is replaced by the blocks of the text, parsed as HTML.

    Such tags, for example `<p>`, are visible on the page because the author's software escaped them by mistake.
    """
    if not any("</" in block.text for block in blocks):
        return blocks
    result = []
    for block in blocks:
        if "</" in block.text and _ESCAPED_TAG.search(block.text):
            body = parse_page(block.text.encode("utf-8", "replace")).body
            if body is not None:
                walker = Walker(base, url, block.box)
                walker.walk(body)
                if len(walker.blocks) == 1:  # a link or an emphasis within the clause
                    inner = walker.blocks[0]
                    block.text, block.typography = inner.text, inner.typography
                    block.links += inner.links
                    result.append(block)
                else:
                    result += walker.blocks
                continue
        result.append(block)
    return result


def matches(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    """Returns the elements that a selector matches. ExtractionError if it isn't valid CSS, or is too long."""
    if len(selector) > _LONGEST_SELECTOR:
        raise ExtractionError(f"a selector has more than {_LONGEST_SELECTOR:,} characters; divide it into several")
    try:
        return tree.css(selector)
    except (SelectolaxError, ValueError):
        raise ExtractionError(f"{selector!r} is not a CSS selector; correct it in the declaration") from None


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Returns the nodes that aren't inside another node of the list, in order and without duplicates."""
    node_ids = {node.mem_id for node in nodes}
    kept: dict[int, LexborNode] = {}
    for node in nodes:
        above = node.parent
        while above is not None and above.mem_id not in node_ids:
            above = above.parent
        if above is None:
            kept.setdefault(node.mem_id, node)
    return list(kept.values())
