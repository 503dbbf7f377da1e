"""HTML to blocks: one walk over the page, without recursion."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from core.exceptions import ExtractionError
from extraction.blocks import Block, BlockKind, Box
from extraction.labels import split_label
from extraction.links import decode_cloudflare, link_target
from extraction.wording import has_words, tidy, without_front, word_set

_SKIPPED = word_set(
    "script style template svg math iframe object embed canvas audio video map head link meta select datalist "
    "option input textarea img picture noframes applet title base progress meter"
)
_BLOCK = word_set(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav noscript ol "
    "optgroup p pre search section summary table tbody td tfoot th thead tr ul caption button"
)
_MARKS = {"em": "*", "strong": "**", "code": "`"}
# A space that is only wrapped into lines; no-break spaces are none.
_LAYOUT_SPACE = re.compile(r"[ \t\n\r\f]+")
_LINE_BREAK = re.compile(r"[ \t]*[\n\r\f][ \t\n\r\f]*")
_BOLD = frozenset(["b", "strong"])
# Inline elements of which nothing matters but their text.
_PLAIN = word_set(
    "i em u sup sub small big abbr ins mark time code cite q tt bdi s wbr kbd var samp acronym dfn nobr rt ruby"
)
# Elements that tell nothing of what stands in them where they have no attributes.
_UNBOXED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "tbody", "thead"])
_PLACE = "#"
_SHOWN_TAG = re.compile(r"</(?:p|li|ul|ol|div|span|h[1-6]|strong|a)\s*>", re.IGNORECASE)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_BULLET = re.compile(r"[•·●◦▪▫■□‣⁃∙➢➤►✓✔*–—-]\s+(?=\S)|[•●◦▪■‣➢➤►]")
_COPYRIGHT = re.compile(r"©|copyright (?=[\d©])", re.IGNORECASE)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", '."', "。")
# Deeper than any page made for people; browsers flatten below 512 too. The parser's time grows with the square.
_MAX_DEPTH = 512
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_NEST = word_set(
    "div span b i u em strong font center section article table td tr ul ol dl blockquote a small big sub sup "
    "form main header footer nav aside details fieldset figure button code tt s strike label abbr cite q"
)


@dataclass(slots=True)
class Page:
    """An HTML page as blocks in reading order. title: of `<title>`; lang: as the page declares it, '' if not."""

    title: str | None
    lang: str
    blocks: list[Block]
    tree: LexborHTMLParser


@dataclass(slots=True)
class _Line:
    parts: list[str] = field(default_factory=list)
    typeset: list[str] = field(default_factory=list)  # the same as it is set
    links: list[str] = field(default_factory=list)
    length: int = 0
    bold: int = 0
    linked: int = 0
    placed: int = 0


def read_html(
    text: str,
    *,
    url: str | None = None,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    markdown: bool = False,
) -> Page:
    """The blocks of a page, or of what `select` names in it, without what `remove` names.

    markdown: it was made from Markdown, whose emphasis and spaces are the vendor's, not a layout's.

    ExtractionError names a selector that is none.
    """
    tree = LexborHTMLParser(_flattened(text))
    body = tree.body
    title_node = tree.css_first("title")
    title = tidy(title_node.text()) if title_node is not None else ""
    html = tree.css_first("html")
    lang = (html.attributes.get("lang") or html.attributes.get("xml:lang") or "") if html is not None else ""
    base_node = tree.css_first("base[href]")
    base = url
    if base_node is not None:
        base = link_target(base_node.attributes.get("href") or "", url) or url
    for selector in remove:
        for node in _chosen(tree, selector):
            node.decompose()
    roots: list[LexborNode] = [body] if body is not None else []
    if select:
        roots = _outermost([node for selector in select for node in _chosen(tree, selector)])
    walker = _Walker(base, url, markdown=markdown)
    for root in roots:
        walker.walk(root)
    return Page(title or None, lang, _with_shown_markup_read(walker.blocks, base, url), tree)


def _with_shown_markup_read(blocks: list[Block], base: str | None, url: str | None) -> list[Block]:
    """The blocks, those read as markup whose text is markup that a page shows by mistake (escaped once too often)."""
    result = []
    for block in blocks:
        if block.text.count("</") >= 5 and len(_SHOWN_TAG.findall(block.text)) >= 5:
            body = LexborHTMLParser(_flattened(block.text)).body
            if body is not None:
                walker = _Walker(base, url, block.box)
                walker.walk(body)
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


def _flattened(text: str) -> str:
    """The page without start tags nested deeper than _MAX_DEPTH, where it may have any."""
    if text.count("<") - 2 * text.count("</") < _MAX_DEPTH:
        return text
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2].lower() not in _NEST:
            return match[0]
        if match[1]:
            depth = max(0, depth - 1)
            return match[0]
        depth += 1
        return match[0] if depth <= _MAX_DEPTH else " "

    return _TAG.sub(keep, text)


class _Walker:
    """Gathers inline text into lines until something ends the block, then makes blocks of the lines."""

    def __init__(self, base: str | None, page: str | None, box: Box | None = None, *, markdown: bool = False) -> None:
        self.blocks: list[Block] = []
        self._base = base
        self._page = page.partition("#")[0] if page else None
        self._lines = [_Line()]
        self._box = box
        self._bold = 0
        self._href: list[str | None] = []
        self._pre = 0
        self._paragraph = 0
        self._control = 0
        self._heading = 0  # level of the heading we are in, 0 outside
        self._item: list[str | None] = []  # labels of the list items begun whose first block is still to come
        self._counters: list[list[int | str]] = []  # per open list: next number, type; [] type '' for bullets
        self._rows: list[list[_Line]] = []  # cells of the open data row
        self._in_row = 0
        self._markdown = markdown

    def walk(self, root: LexborNode) -> None:
        """Gathers the blocks of an element and all below it."""
        stack: list[tuple[LexborNode | None, str, int]] = []
        node: LexborNode | None = root
        after: LexborNode | None
        while node is not None or stack:
            if node is None:
                node, tag, undo = stack.pop()
                if undo:
                    self._leave(tag, undo)
                continue
            after = node.next if stack else None
            tag = node.tag or "-"
            if tag == "-text":
                self._text(node.text_content or "")
                node = after
            elif tag == "br":
                self._lines.append(_Line())
                node = after
            elif tag in _SKIPPED or tag[0] == "-":
                node = after
            else:
                undo = self._enter(node, tag)
                if undo == self._DONE:
                    node = after
                else:
                    stack.append((after, tag, undo))
                    node = node.first_child
        self._flush()

    # What _enter did, for _leave to undo; _DONE: all is said, the element's inside is passed over.
    _DONE = -1
    _BLOCK_ON, _BOXED, _BOLD_ON, _LINK, _PRE, _CONTROL, _HEADING, _LIST, _ROW, _CELL, _PARAGRAPH, _MARKED = (
        1 << n for n in range(12)
    )

    def _enter(self, node: LexborNode, tag: str) -> int:
        marked = self._MARKED if self._markdown and tag in _MARKS else 0
        if marked:
            self._lines[-1].typeset.append(_MARKS[tag])
        if tag in _PLAIN:
            return marked
        if tag in _BOLD:
            self._bold += 1
            return self._BOLD_ON | marked
        attributes = node.attributes
        undo = 0
        style = attributes.get("style") or ""
        if tag in _BLOCK:
            undo = self._enter_block(node, tag, attributes, style)
        else:
            code = attributes.get("data-cfemail")
            address = decode_cloudflare(code) if code else None
            if tag == "a" and attributes.get("href") is not None:
                target = self._target(attributes["href"] or "")
                self._href.append(target)
                undo = self._LINK
            if address:
                self._text(address)
                if undo:
                    self._href.pop()
                return self._DONE
            if style and tag != "a" and _HIDDEN_STYLE.search(style):
                return self._DONE
        if style and _BOLD_STYLE.search(style):
            self._bold += 1
            undo |= self._BOLD_ON
        return undo

    def _target(self, href: str) -> str | None:
        """Where a link leads; `#` for a place of this page, None for nowhere."""
        if href.startswith("#"):
            return _PLACE
        target = link_target(href, self._base)
        if target and self._page and target.partition("#")[0] == self._page and "#" in target:
            return _PLACE
        return target

    def _enter_block(self, node: LexborNode, tag: str, attributes: dict[str, str | None], style: str) -> int:
        undo = self._BLOCK_ON
        row = self._in_row
        if row:
            if self._lines[-1].parts:
                self._lines.append(_Line())
        elif self._lines[0].parts or len(self._lines) > 1:
            self._flush()
        role = ""
        if attributes or tag not in _UNBOXED:
            undo |= self._BOXED
            name, classes = attributes.get("id"), attributes.get("class")
            role = (attributes.get("role") or "").lower()
            self._box = Box(
                tag,
                f"{name or ''} {classes or ''}".strip().lower() if name or classes else "",
                role,
                self._box,
                self._box.depth + 1 if self._box is not None else 0,
                "hidden" in attributes
                or attributes.get("aria-hidden") == "true"
                or bool(style and _HIDDEN_STYLE.search(style)),
            )
        if tag == "p":
            self._paragraph += 1
            undo |= self._PARAGRAPH
        level = _HEADINGS.get(tag, 0)
        if role == "heading" and not level:
            stated = attributes.get("aria-level") or "2"
            level = min(6, int(stated)) if stated in ("1", "2", "3", "4", "5", "6") else 2
        if tag == "pre":
            self._pre += 1
            undo |= self._PRE
        elif tag in ("ul", "ol", "menu", "dir"):
            self._open_list(tag, attributes, style)
            undo |= self._LIST
        elif tag == "button":
            self._control += 1
            undo |= self._CONTROL
        if row:
            if row == 1 and tag in ("td", "th"):
                self._in_row = 2
                self._lines = [_Line()]
                undo |= self._CELL
        elif level and not self._heading:
            self._heading = level
            undo |= self._HEADING
        elif tag == "li":
            self._item = [self._next_label(attributes)]
        elif tag in ("dt", "dd"):
            self._item = [None]
        elif tag == "tr" and _is_data_row(node):
            self._in_row = 1
            self._rows = []
            undo |= self._ROW
        return undo

    def _leave(self, tag: str, undo: int) -> None:
        if undo & self._BLOCK_ON:
            if self._in_row:
                if self._lines[-1].parts:
                    self._lines.append(_Line())
            elif self._lines[0].parts or len(self._lines) > 1:
                self._flush()
            if undo > self._BOLD_ON:
                self._leave_special(undo)
            if undo & self._BOXED and self._box is not None:
                self._box = self._box.parent
            if tag == "li":
                self._item = []
        elif undo & self._LINK:
            self._href.pop()
        elif undo & self._MARKED:
            self._lines[-1].typeset.append(_MARKS[tag])
        if undo & self._BOLD_ON:
            self._bold -= 1

    def _leave_special(self, undo: int) -> None:
        if undo & self._CELL:
            self._rows.append(self._lines)
            self._lines = [_Line()]
            self._in_row = 1
        if undo & self._ROW:
            self._in_row = 0
            self._flush_row()
        if undo & self._PRE:
            self._pre -= 1
        if undo & self._CONTROL:
            self._control -= 1
        if undo & self._HEADING:
            self._heading = 0
        if undo & self._LIST:
            self._counters.pop()
        if undo & self._PARAGRAPH:
            self._paragraph -= 1

    def _text(self, text: str) -> None:
        if self._pre and "\n" in text:
            first, *others = text.split("\n")
            self._text_in_line(first)
            for other in others:
                self._lines.append(_Line())
                self._text_in_line(other)
        else:
            self._text_in_line(text)

    def _text_in_line(self, text: str) -> None:
        line = self._lines[-1]
        if not text or (not line.parts and text.isspace()):
            return
        length = len(text.strip())
        line.parts.append(text)
        line.typeset.append(text)
        line.length += length
        if self._bold:
            line.bold += length
        if self._href:
            line.linked += length
            target = self._href[-1]
            if target == _PLACE:
                line.placed += length
            elif target and target not in line.links[-1:]:
                line.links.append(target)

    def _open_list(self, tag: str, attributes: dict[str, str | None], style: str) -> None:
        kind = ""
        if tag == "ol":
            stated = attributes.get("type") or "1"
            kind = stated if stated in ("1", "a", "A", "i", "I") else "1"
            if "list-style" in style:
                kind = _kind_by_style(style, kind)
        start = attributes.get("start") or "1"
        self._counters.append([int(start) if start.lstrip("-").isdecimal() and len(start) < 6 else 1, kind])

    def _next_label(self, attributes: dict[str, str | None]) -> str | None:
        if not self._counters:
            return None
        counter = self._counters[-1]
        value = attributes.get("value") or ""
        if value.isdecimal() and len(value) < 6:
            counter[0] = int(value)
        number = int(counter[0])
        counter[0] = number + 1
        return _ordinal(number, str(counter[1]))

    def _flush(self) -> None:
        """Ends the block: what was gathered becomes one block, or several where `<br>` parts paragraphs."""
        lines, self._lines = self._lines, [_Line()]
        if len(lines) == 1:
            if lines[0].parts:
                self._add(lines)
            return
        if self._heading:
            self._add([line for line in lines if line.parts])
            return
        group: list[_Line] = []
        for line in lines:
            text = tidy("".join(line.parts))
            if not text:
                if group:
                    self._add(group)
                group = []
                continue
            if group and _stands_apart(group[-1], line, text):
                self._add(group)
                group = []
            line.parts = [text]
            group.append(line)
        if group:
            self._add(group)

    def _add(self, lines: list[_Line]) -> None:
        if not lines:
            return
        text = tidy(" ".join("".join(line.parts) for line in lines))
        if not has_words(text):
            return
        length = sum(line.length for line in lines) or 1
        kind: BlockKind = "paragraph"
        front = ""
        label = None
        level = self._heading
        if level:
            kind = "heading"
        elif self._item:
            kind = "list_item"
            label = self._item.pop()
        elif self._box is not None and self._box.tag in ("li", "dt", "dd") and not self._paragraph:
            kind = "list_item"
        bullet = _BULLET.match(text)
        if bullet and not level:
            kind = "list_item"
            front, text = text[: bullet.end()], text[bullet.end() :]
            if not has_words(text):
                return
        elif self._box is not None and self._box.tag == "summary" and not level:
            kind, level = "heading", 7
        self.blocks.append(
            Block(
                kind,
                text,
                level,
                label,
                _once(link for line in lines for link in line.links),
                without_front(self._typography(lines, front + text), front),
                bold=sum(line.bold for line in lines) >= length - 1,
                linked=min(1.0, sum(line.linked for line in lines) / length),
                box=self._box,
                in_control=self._control > 0,
                to_place=2 * sum(line.placed for line in lines) > length,
            )
        )

    def _typography(self, lines: list[_Line], text: str) -> str:
        """What is gathered as it is set; '' where that is its text."""
        raw = " ".join("".join(line.typeset) for line in lines)
        if raw == text:
            return ""
        set_text = (_LINE_BREAK if self._markdown else _LAYOUT_SPACE).sub(" ", raw).strip(" ")
        return "" if set_text == text else set_text

    def _flush_row(self) -> None:
        cells = [(tidy(" ".join("".join(line.parts) for line in cell)), cell) for cell in self._rows]
        self._rows = []
        cells = [(text, cell) for text, cell in cells if has_words(text)]
        if not cells:
            return
        lines = [line for _, cell in cells for line in cell]
        length = sum(line.length for line in lines) or 1
        self.blocks.append(
            Block(
                "table_row",
                " | ".join(text for text, _ in cells),
                typography=" | ".join(self._typography(cell, text) or text for text, cell in cells),
                links=_once(link for line in lines for link in line.links),
                bold=sum(line.bold for line in lines) >= length - 1,
                linked=min(1.0, sum(line.linked for line in lines) / length),
                box=self._box,
                in_control=self._control > 0,
            )
        )


def _once(links: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(links))


def _stands_apart(above: _Line, line: _Line, text: str) -> bool:
    """Whether a line after a single `<br>` begins a clause of its own."""
    if _BULLET.match(text) or _COPYRIGHT.match(text) or split_label(text)[0]:
        return True
    before = above.parts[0]
    if above.bold >= above.length - 1 and line.bold < line.length - 1:
        return True
    return len(before) >= 40 and before.endswith(_SENTENCE_END) and not text[0].islower()


def _kind_by_style(style: str, kind: str) -> str:
    for name, marker in (
        ("lower-alpha", "a"),
        ("lower-latin", "a"),
        ("upper-alpha", "A"),
        ("lower-roman", "i"),
        ("upper-roman", "I"),
        ("none", ""),
        ("disc", ""),
    ):
        if name in style:
            return marker
    return kind


def _ordinal(number: int, kind: str) -> str | None:
    """The label of a list item by its place: `3.`, `c.`, `iii.`; None for a bullet."""
    if not kind:
        return None
    if kind == "1" or number < 1:
        return f"{number}."
    if kind in "aA":
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord(kind) + rest) + letters
        return f"{letters}."
    roman = ""
    for value, digits in (
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ):
        count, number = divmod(number, value)
        roman += digits * count
    return f"{roman if kind == 'i' else roman.upper()}."


_PAGE_IN_ROW = "table, h1, h2, h3, form, fieldset, section, article, nav"


def _is_data_row(row: LexborNode) -> bool:
    """Whether a table's row is one of cells that belong together, not a piece of the page's layout."""
    cells = 0
    child = row.first_child
    while child is not None:
        cells += child.tag in ("td", "th")
        child = child.next
    return cells > 1 and row.css_first(_PAGE_IN_ROW) is None
