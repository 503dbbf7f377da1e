"""One walk over an HTML page, without recursion: elements and their text become blocks in reading order.

It is the hot path of extraction, which is why it gathers in place what could be computed from smaller pieces.
"""

import re
from collections.abc import Iterable, Sequence

from selectolax.lexbor import LexborNode

from extraction.blocks import Block, BlockKind, Box
from extraction.readers.links import decode_cloudflare, link_target
from extraction.words.labels import ordinal_label, split_label
from extraction.words.tidying import has_words, tidy, tidy_and_set, without_front, word_set

_SKIPPED = word_set(
    "script style template svg math iframe object embed canvas audio video map head link meta select datalist "
    "option input textarea img picture noframes applet title base progress meter"
)
_BLOCK = word_set(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav noscript ol "
    "optgroup p pre search section summary table tbody td tfoot th thead tr ul caption button"
)
_FIELDS = frozenset(["input", "textarea", "select"])
# Kinds of <input> that a reader does not fill in with words.
_NO_FIELDS = word_set("hidden submit button image reset checkbox radio")
_MARKS = {"em": "*", "strong": "**", "code": "`"}
_BOLD = frozenset(["b", "strong"])
# Inline elements of which nothing matters but their text.
_PLAIN = word_set(
    "i em u sup sub small big abbr ins mark time code cite q tt bdi s wbr kbd var samp acronym dfn nobr rt ruby"
)
# Elements that are a text of their own, or a part of a table: what stands in them stands in the element around them.
_UNBOXED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "tbody", "thead"])
# Blocks that are more than a stretch of text, or a box around some.
_TELLING = word_set("h1 h2 h3 h4 h5 h6 pre ul ol menu dir button li dt dd tr")
_PLACE = "#"
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_BULLETS = "•·●◦▪▫■□‣⁃∙➢➤►✓✔*–—-"
_BULLET = re.compile(rf"[{_BULLETS}]\s+(?=\S)|[•●◦▪■‣➢➤►]")
_COPYRIGHT = re.compile(r"©|copyright (?=[\d©])", re.IGNORECASE)
_SENTENCE_END = (".", "!", "?", ":", ";", ".”", '."', "。")
# A cell of more characters, and of more than this share of the page's, is a piece of the page's layout.
_LONG_CELL = 400
_LAYOUT_SHARE = 0.3
_PAGE_IN_ROW = "table, h1, h2, h3, form, fieldset, section, article, nav"


# What entering an element did, for leaving it to undo; _DONE: all is said, the element's inside is passed over.
_DONE = -1
_BLOCK_ON, _BOXED, _BOLD_ON, _LINK, _PRE, _CONTROL, _HEADING, _LIST, _ROW, _CELL, _PARAGRAPH, _MARKED, _ITEM = (
    1 << n for n in range(13)
)
_SIMPLE_BLOCK = frozenset([_BLOCK_ON, _BLOCK_ON | _BOXED, _BLOCK_ON | _PARAGRAPH, _BLOCK_ON | _BOXED | _ITEM])


class _Line:
    """A line as it is gathered.

    parts: its text as it stands in the source; typeset: the same with the marks of emphasis in it, of Markdown alone.
    text: tidied, once a block of several lines has ended.
    length, bold, linked, placed: how many characters there are, and how many of them in bold, in links, and in links
    to a place of the same page.
    """

    __slots__ = ("bold", "length", "linked", "links", "parts", "placed", "text", "typeset")

    text: str

    def __init__(self, marks: bool) -> None:
        self.parts: list[str] = []
        if marks:
            self.typeset: list[str] = []
        self.links: Sequence[str] = ()
        self.length = self.bold = self.linked = self.placed = 0


class Walker:
    """Gathers inline text into lines until something ends the block, then makes blocks of the lines.

    base: the address links are relative to. page: the page's own, so that links to its places can be told.
    box: the element the walk begins in. markdown: the page was made from Markdown, whose emphasis and spaces are the
    vendor's, not a layout's.
    """

    def __init__(self, base: str | None, page: str | None, box: Box | None = None, *, markdown: bool = False) -> None:
        self.blocks: list[Block] = []
        self._base = base
        self._page = page.partition("#")[0] if page else None
        self._markdown = markdown
        self._lines = [_Line(markdown)]
        self._pending = False  # whether anything is gathered in them
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
        self._root: LexborNode | None = None
        self._counted: int | None = None  # the characters in it
        self._table = (0, False)  # the table looked at last, and whether a page's parts stand in it

    def walk(self, root: LexborNode) -> None:
        """Gathers the blocks of an element and all below it."""
        self._root, self._counted = root, None
        stack: list[tuple[LexborNode | None, str, int]] = []
        node: LexborNode | None = root
        while node is not None or stack:
            if node is None:
                node, tag, undo = stack.pop()
                if undo in _SIMPLE_BLOCK and not self._in_row:  # what most are
                    if self._pending:
                        self._flush()
                    if undo & _BOXED and self._box is not None:
                        self._box = self._box.parent
                    if undo & _PARAGRAPH:
                        self._paragraph -= 1
                    elif undo & _ITEM:
                        self._item = []
                elif undo == _LINK:
                    self._href.pop()
                elif undo:
                    self._leave(tag, undo)
                continue
            after = None if node is root else node.next
            tag = node.tag or "-"
            if tag == "-text":
                text = node.text_content
                # Half of all text is the line breaks between elements.
                if text and (not text.isspace() or self._lines[-1].parts or self._pre):
                    self._text(text)
                node = after
                continue
            if tag in _BLOCK:
                undo = self._enter_block(node, tag, node.attributes)
            elif tag in _PLAIN and not self._markdown:
                undo = 0
            elif tag == "br":
                self._lines.append(_Line(self._markdown))
                self._pending = True
                undo = _DONE
            elif tag in _SKIPPED or tag[0] == "-":
                if tag in _FIELDS and self._box is not None and _is_field(node):
                    self._box.fields += 1
                undo = _DONE
            else:
                undo = self._enter_inline(node, tag)
            if undo == _DONE:
                node = after
                continue
            if undo or after is not None:
                stack.append((after, tag, undo))
            node = node.first_child
        self._flush()

    def _enter_inline(self, node: LexborNode, tag: str) -> int:
        marked = _MARKED if self._markdown and tag in _MARKS else 0
        if marked:
            self._lines[-1].typeset.append(_MARKS[tag])
        if tag in _PLAIN:  # of Markdown, which may be marked
            return marked
        if tag in _BOLD:
            self._bold += 1
            return _BOLD_ON | marked
        attributes = node.attributes
        if "-" in tag and self._stands_alone():
            return self._enter_block(node, tag, attributes)
        if not attributes:
            return 0
        undo = 0
        code = attributes.get("data-cfemail")
        address = decode_cloudflare(code) if code else None
        if tag == "a" and attributes.get("href") is not None:
            self._href.append(self._target(attributes["href"] or ""))
            undo = _LINK
        if address:
            self._text(address)
            if undo:
                self._href.pop()
            return _DONE
        style = attributes.get("style")
        if style:
            if tag != "a" and _HIDDEN_STYLE.search(style):
                return _DONE
            if _BOLD_STYLE.search(style):
                self._bold += 1
                undo |= _BOLD_ON
        return undo

    def _stands_alone(self) -> bool:
        """Whether an element of the page's own making (`<x-section>`), which may be anything, is a block here."""
        return not (self._paragraph or self._heading or self._href or self._in_row or self._lines[-1].parts)

    def _target(self, href: str) -> str | None:
        """Where a link leads; `#` for a place of this page, None for nowhere."""
        if href.startswith("#"):
            return _PLACE
        target = link_target(href, self._base)
        if target and "#" in target and self._page and target.partition("#")[0] == self._page:
            return _PLACE
        return target

    def _enter_block(self, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> int:
        undo = _BLOCK_ON
        row = self._in_row
        if row:
            if self._lines[-1].parts:
                self._lines.append(_Line(self._markdown))
        elif self._pending:
            self._flush()
        custom = ""
        if "-" in tag:
            tag, custom = "div", tag
        style = role = ""
        if attributes:
            style, role = attributes.get("style") or "", (attributes.get("role") or "").lower()
            if style and _BOLD_STYLE.search(style):
                self._bold += 1
                undo |= _BOLD_ON
        if row:
            role = ""  # the row's element stands for its cells
        elif tag not in _UNBOXED:
            undo |= _BOXED
            self._box = _box(tag, custom, attributes, style, role, self._box)
        if row == 1 and tag in ("td", "th"):
            self._in_row = 2
            self._lines = [_Line(self._markdown)]
            return undo | _CELL
        if tag == "p":
            self._paragraph += 1
            undo |= _PARAGRAPH
        if tag not in _TELLING and role not in ("heading", "tab"):  # what most blocks are
            return undo
        level = _HEADINGS.get(tag, 0)
        if role == "heading" and not level:
            stated = attributes.get("aria-level") or "2"
            level = min(6, int(stated)) if stated in ("1", "2", "3", "4", "5", "6") else 2
        if tag == "pre":
            self._pre += 1
            undo |= _PRE
        elif tag in ("ul", "ol", "menu", "dir"):
            self._open_list(tag, attributes, style)
            undo |= _LIST
        elif tag == "button" or role == "tab":
            self._control += 1
            undo |= _CONTROL
        if row:
            return undo
        if level and not self._heading:
            self._heading = level
            undo |= _HEADING
        elif tag == "li":
            self._item = [self._next_label(attributes)]
            undo |= _ITEM
        elif tag in ("dt", "dd"):
            self._item = [None]
        elif tag == "tr" and self._is_data_row(node):
            self._in_row = 1
            self._rows = []
            undo |= _ROW
        return undo

    def _is_data_row(self, row: LexborNode) -> bool:
        """Whether a table's row is one of cells that belong together, not a piece of the page's layout."""
        cells = []
        child = row.first_child
        while child is not None:
            if child.tag in ("td", "th"):
                cells.append(child)
            child = child.next
        if len(cells) < 2 or (self._holds_page(row.parent) and row.css_first(_PAGE_IN_ROW) is not None):
            return False
        if len(cells) > 3:
            return True
        longest = max(len(cell.text()) for cell in cells)
        return longest < _LONG_CELL or longest < _LAYOUT_SHARE * self._length()

    def _length(self) -> int:
        """How many characters there are in all; counted once, since rows ask in turn."""
        if self._counted is None:
            self._counted = len(self._root.text()) if self._root else 0
        return self._counted

    def _holds_page(self, table: LexborNode | None) -> bool:
        """Whether a table, or its body, has in any row what a page has; remembered, since its rows ask in turn."""
        if table is None:
            return True
        if self._table[0] != table.mem_id:
            self._table = (table.mem_id, table.css_first(_PAGE_IN_ROW) is not None)
        return self._table[1]

    def _leave(self, tag: str, undo: int) -> None:
        if undo & _BLOCK_ON:
            if self._in_row:
                if self._lines[-1].parts:
                    self._lines.append(_Line(self._markdown))
            elif self._pending:
                self._flush()
            if undo > _BOLD_ON:
                self._leave_special(undo)
            if undo & _BOXED and self._box is not None:
                self._box = self._box.parent
            if undo & _ITEM:
                self._item = []
        elif undo & _LINK:
            self._href.pop()
        elif undo & _MARKED:
            self._lines[-1].typeset.append(_MARKS[tag])
        if undo & _BOLD_ON:
            self._bold -= 1

    def _leave_special(self, undo: int) -> None:
        if undo & _PARAGRAPH:
            self._paragraph -= 1
        if undo & _CELL:
            self._rows.append(self._lines)
            self._lines = [_Line(self._markdown)]
            self._in_row = 1
        if undo & _ROW:
            self._in_row = 0
            self._flush_row()
        if undo & _PRE:
            self._pre -= 1
        if undo & _CONTROL:
            self._control -= 1
        if undo & _HEADING:
            self._heading = 0
        if undo & _LIST:
            self._counters.pop()

    def _text(self, text: str) -> None:
        if self._pre and "\n" in text:
            text, *others = text.split("\n")
        else:
            others = []
        line = self._lines[-1]
        if line.parts or (text and not text.isspace()):
            line.parts.append(text)
            self._pending = True
            if self._markdown:
                line.typeset.append(text)
            length = len(text.strip())
            line.length += length
            if self._bold:
                line.bold += length
            if self._href:
                line.linked += length
                target = self._href[-1]
                if target == _PLACE:
                    line.placed += length
                elif target and target not in line.links[-1:]:
                    line.links = (*line.links, target)
        for other in others:
            self._pending = True
            self._lines.append(_Line(self._markdown))
            self._text(other)

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
        return ordinal_label(number, str(counter[1]))

    def _flush(self) -> None:
        """Ends the block: what was gathered becomes one block, or several where `<br>` parts paragraphs."""
        lines, self._lines = self._lines, [_Line(self._markdown)]
        self._pending = False
        if len(lines) == 1:
            if lines[0].parts:
                self._add(lines)
            return
        if self._heading:
            self._add([line for line in lines if line.parts])
            return
        group: list[_Line] = []
        for line in lines:
            line.text = tidy("".join(line.parts))
            if not line.text:
                self._add(group)
                group = []
                continue
            if group and _stands_apart(group[-1], line):
                self._add(group)
                group = []
            group.append(line)
        self._add(group)

    def _add(self, lines: list[_Line]) -> None:
        """Makes a block of lines, unless they hold no word."""
        if not lines:
            return
        text, typography = self._tidied(lines)
        if not has_words(text):
            return
        box = self._box
        kind: BlockKind = "paragraph"
        label = None
        level = self._heading
        if level:
            kind = "heading"
        elif self._item:
            kind = "list_item"
            label = self._item.pop()
        elif box is not None and box.tag in ("li", "dt", "dd") and not self._paragraph:
            kind = "list_item"
        bullet = _BULLET.match(text) if text[0] in _BULLETS and not level else None
        if bullet:
            kind = "list_item"
            typography = without_front(typography, text[: bullet.end()]) or ""
            text = text[bullet.end() :]
            if not has_words(text):
                return
        elif not level and box is not None and box.tag == "summary":
            kind, level = "heading", 7
        length, bold, linked, placed, links = _summed(lines)
        self.blocks.append(
            Block(
                kind,
                text,
                level,
                label,
                links,
                typography,
                bold >= length - 1,
                min(1.0, linked / length),
                box,
                self._control > 0,
                2 * placed > length,
            )
        )

    def _tidied(self, lines: list[_Line]) -> tuple[str, str]:
        """What is gathered, tidied; and as it is set, '' where that does not differ."""
        if len(lines) == 1:
            line = lines[0]
            raw = line.parts[0] if len(line.parts) == 1 else "".join(line.parts)
        else:
            raw = " ".join(["".join(line.parts) for line in lines])
        if not self._markdown:
            return tidy_and_set(raw)
        text = tidy(raw)
        return text, tidy_and_set(" ".join(["".join(line.typeset) for line in lines]), text, every_space=True)[1]

    def _flush_row(self) -> None:
        cells = []
        for cell in self._rows:
            text, typography = self._tidied(cell)
            if has_words(text):
                cells.append((text, typography, cell))
        self._rows = []
        if not cells:
            return
        length, bold, linked, _, links = _summed([line for _, _, cell in cells for line in cell])
        set_text = any(typography for _, typography, _ in cells)
        self.blocks.append(
            Block(
                "table_row",
                " | ".join([text for text, _, _ in cells]),
                typography=" | ".join([typography or text for text, typography, _ in cells]) if set_text else "",
                links=links,
                bold=bold >= length - 1,
                linked=min(1.0, linked / length),
                box=self._box,
                in_control=self._control > 0,
            )
        )


def _box(tag: str, custom: str, attributes: dict[str, str | None], style: str, role: str, parent: Box | None) -> Box:
    """The element as what holds blocks. custom: what the page calls an element of its own making."""
    if not attributes:
        return Box(tag, custom.strip().lower(), "", parent, False)
    return Box(
        tag,
        f"{custom} {attributes.get('id') or ''} {attributes.get('class') or ''}".strip().lower(),
        role,
        parent,
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(style and _HIDDEN_STYLE.search(style)),
    )


def _summed(lines: Sequence[_Line]) -> tuple[int, int, int, int, tuple[str, ...]]:
    """Of all lines: length (at least 1), bold, linked, placed, and the links, each once."""
    if len(lines) == 1:
        line = lines[0]
        return line.length or 1, line.bold, line.linked, line.placed, _once(line.links) if line.links else ()
    return (
        sum([line.length for line in lines]) or 1,
        sum([line.bold for line in lines]),
        sum([line.linked for line in lines]),
        sum([line.placed for line in lines]),
        _once(link for line in lines for link in line.links),
    )


def _once(links: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(links))


def _stands_apart(above: _Line, line: _Line) -> bool:
    """Whether a line after a single `<br>` begins a clause of its own."""
    if _BULLET.match(line.text) or _COPYRIGHT.match(line.text) or split_label(line.text)[0]:
        return True
    if above.bold >= above.length - 1 and line.bold < line.length - 1:
        return True
    return len(above.text) >= 40 and above.text.endswith(_SENTENCE_END) and not line.text[0].islower()


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


def _is_field(node: LexborNode) -> bool:
    return node.tag != "input" or (node.attributes.get("type") or "").lower() not in _NO_FIELDS
