"""HTML to blocks: the page parsed, what selectors name in it, and the walk over that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from core.exceptions import ExtractionError
from extraction.blocks import Block
from extraction.readers.html_walk import Walker
from extraction.readers.links import link_target
from extraction.words.tidying import tidy

# A tag that a reader sees as text: the page's markup was escaped once too often.
_SHOWN_TAG = re.compile(r"</(?:p|li|ul|ol|div|span|h[1-6]|strong|em|b|i|u|a)\s*>", re.IGNORECASE)
# Deeper than any page made for people; browsers flatten below 512 too. The parser's time grows with the square.
_MAX_DEPTH = 512
# An ordinary page has hundreds of tags that are never closed: breaks, images, comments.
_MANY_OPEN = 2_000
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_NEST = frozenset(
    (
        b"div span b i u em strong font center section article table td tr ul ol dl blockquote a small big "
        b"sub sup  form main header footer nav aside details fieldset figure button code tt s strike label "
        b"abbr cite q"
    ).split()
)


@dataclass(slots=True)
class Page:
    """An HTML page as blocks in reading order. title: of `<title>`; lang: as the page declares it, '' if not."""

    title: str | None
    lang: str
    blocks: list[Block]
    tree: LexborHTMLParser


def read_html(
    source: bytes,
    *,
    url: str | None = None,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    markdown: bool = False,
) -> Page:
    """The blocks of a page, or of what `select` names in it, without what `remove` names.

    source: the page in UTF-8. markdown: it was made from Markdown, whose emphasis and spaces are the vendor's, not a
        layout's.

    ExtractionError names a selector that is none.
    """
    tree = LexborHTMLParser(_flattened(source))
    body = tree.body
    title_node = tree.css_first("title")
    title = tidy(title_node.text()) if title_node is not None else ""
    html = tree.css_first("html")
    lang = (html.attributes.get("lang") or html.attributes.get("xml:lang") or "") if html is not None else ""
    base_node = tree.head.css_first("base[href]") if tree.head is not None else None
    base = url
    if base_node is not None:
        base = link_target(base_node.attributes.get("href") or "", url) or url
    for selector in remove:
        for node in _chosen(tree, selector):
            node.decompose()
    roots: list[LexborNode] = [body] if body is not None else []
    if select:
        roots = _outermost([node for selector in select for node in _chosen(tree, selector)])
    walker = Walker(base, url, markdown=markdown)
    for root in roots:
        walker.walk(root)
    return Page(title or None, lang, _with_shown_markup_read(walker.blocks, base, url), tree)


def _with_shown_markup_read(blocks: list[Block], base: str | None, url: str | None) -> list[Block]:
    """The blocks, those read as markup whose text is markup that a page shows by mistake (escaped once too often)."""
    result = []
    for block in blocks:
        if "</" in block.text and _SHOWN_TAG.search(block.text):
            body = LexborHTMLParser(_flattened(block.text.encode("utf-8", "replace"))).body
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


def _chosen(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return tree.css(selector)
    except (SelectolaxError, ValueError) as error:
        raise ExtractionError(f"{selector!r} is no CSS selector: {error}; correct it in the declaration") from None


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """The nodes that stand in none of the others, each once, in the order they were named."""
    chosen = {node.mem_id for node in nodes}
    kept: dict[int, LexborNode] = {}
    for node in nodes:
        above = node.parent
        while above is not None and above.mem_id not in chosen:
            above = above.parent
        if above is None:
            kept.setdefault(node.mem_id, node)
    return list(kept.values())


def _flattened(source: bytes) -> bytes:
    """The page without start tags nested deeper than _MAX_DEPTH, where it may have any."""
    tags = source.count(b"<")
    if tags < _MANY_OPEN or tags - 2 * source.count(b"</") < _MANY_OPEN:
        return source
    depth = 0

    def keep(match: re.Match[bytes]) -> bytes:
        nonlocal depth
        if match[2].lower() not in _NEST:
            return match[0]
        if match[1]:
            depth = max(0, depth - 1)
            return match[0]
        depth += 1
        return match[0] if depth <= _MAX_DEPTH else b" "

    return _TAG.sub(keep, source)
