"""The walk over an HTML page, which makes blocks of the page's elements and text, in reading order.

The walk visits each node once, without recursion. Extraction spends much of its time in the walk, so some code is
written inline instead of in smaller functions.
"""

from selectolax.lexbor import LexborNode

from core.clauses import ClauseKind
from extraction.blocks import LOOKS_LEVEL, Block, Box
from extraction.readers.html_elements import (
    BLOCK_TAGS,
    BOLD,
    BOLD_TAGS,
    CELL_ROLES,
    FORM_FIELD_TAGS,
    FRAME_TAGS,
    HEADING_LEVELS,
    HIDDEN,
    LINES_KEPT,
    LIST_TAGS,
    PLAIN_INLINE_TAGS,
    REPLACED_TAGS,
    REPLACED_TAGS_ANYWHERE,
    SKIPPED_TAGS,
    SOMETIMES_SHOWN_TAGS,
    SPECIAL_BLOCK_TAGS,
    SPECIAL_ROLES,
    STRUCK,
    TABLE_ROLES,
    UNBOXED_TAGS,
    UNSEEN,
    are_unseen_names,
    box_of,
    check_mark,
    effects_of,
    frame_source,
    is_form_field,
    is_short,
    is_unstruck,
    may_open,
    name_of,
    opened_element,
    shows_inside,
)
from extraction.readers.html_lines import BULLET, BULLET_CHARACTERS, TextLine, begins_clause, sum_up
from extraction.readers.html_lists import ListNumbering
from extraction.readers.html_notes import is_linked_mark, is_mark, superscript
from extraction.readers.html_sentences import (
    drawn_text,
    is_for_screen_readers,
    is_hidden_within_sentence,
    is_read_twice,
    is_word_of_sentence,
    shown_option,
    text_beside,
)
from extraction.readers.html_tables import Cell, Table, TableRows, cell_of, says_something
from extraction.readers.html_tree import parse_page
from extraction.readers.links import decode_cloudflare, link_target
from extraction.readers.plain_text import lines_of_clauses
from extraction.words.normalization import (
    has_letter_or_digit,
    normalize,
    normalize_with_typography,
    typography_without_prefix,
)

_EMPHASIS_MARKS = {"em": "*", "strong": "**", "code": "`"}
_SAME_PAGE = "#"

# Entering an element changes the state of the walk. Each flag stands for one kind of change, which `_leave` undoes.
# _DONE is not a flag; it means that the walk skips the element's content.
_DONE = -1
_BLOCK, _BOXED, _BOLD, _LINK, _PRE, _BUTTON, _HEADING, _LIST, _ROW, _CELL, _PARAGRAPH, _MARKED, _ITEM, _TABLE = (
    1 << n for n in range(14)
)
_SIMPLE_BLOCKS = frozenset([_BLOCK, _BLOCK | _BOXED, _BLOCK | _PARAGRAPH, _BLOCK | _HEADING, _BLOCK | _BOXED | _ITEM])


class Walker:
    """Makes the blocks of a page or of an element.

    The walker collects the text of a block in lines. When the block ends, it makes one or more blocks of the lines.

    base: the address from which relative links are resolved; None if the address is not known.
    page: the page's own address; None if the address is not known. A link to this address with a fragment leads to a
        place on the same page.
    box: the element in which the walk begins; None for a whole page.
    markdown: whether the page was made from Markdown. If True, the typography of the blocks contains each mark of
        emphasis and each space, because the author typed them.
    """

    _rows: TableRows
    _row_lines: list[TextLine]  # the lines in front of the open data row; no text stands in it outside its cells

    def __init__(self, base: str | None, page: str | None, box: Box | None = None, *, markdown: bool = False) -> None:
        self.blocks: list[Block] = []
        self.frames: list[tuple[int, str]] = []  # see extraction.readers.html_page.Page
        self._base = base
        self._page = page.partition("#")[0] if page else None
        self._markdown = markdown
        self._lines = [TextLine(markdown)]
        self._pending = False  # whether the lines contain text or a line break
        self._box = box
        self._bold = 0  # number of open bold elements; _pre, _paragraph and _button count open elements, too
        self._pre = 0
        self._paragraph = 0
        self._button = 0
        self._opens = ""  # id of the element that the open button or tab opens
        self._link_targets: list[str | None] = []  # targets of the open links, `#` and an id within the same page
        self._heading = 0  # level of the open heading; 0 if no heading is open
        self._item: list[str | None] = []  # label of the open list item; empty after the item's first block
        self._lists = ListNumbering()
        self._tables = [Table()]  # the open tables, below a table for rows outside any `<table>`
        self._cells: list[Cell] = []  # cells of the open data row
        self._in_row = 0  # 0 outside a data row, 1 in a data row, 2 in a cell of the row
        self._replaced_tags = REPLACED_TAGS if markdown else REPLACED_TAGS_ANYWHERE
        self._names: list[str] = []  # names of icons and texts for screen readers, which an empty cell is read by

    def walk(self, root: LexborNode) -> None:
        """Adds the blocks of an element and of all its descendants to `blocks`."""
        self._rows = TableRows(root)
        # For each open element: the next node after the element, the element's tag, and the flags of changes to undo.
        stack: list[tuple[LexborNode | None, str, int]] = []
        node: LexborNode | None = root
        while node is not None or stack:
            if node is None:
                node, tag, undo = stack.pop()
                if undo in _SIMPLE_BLOCKS and not self._in_row:  # most elements
                    if self._pending:
                        self._flush()
                    if undo & _BOXED and self._box is not None:
                        self._box = self._box.parent
                    if undo & _PARAGRAPH:
                        self._paragraph -= 1
                    elif undo & _HEADING:
                        self._heading = 0
                    elif undo & _ITEM:
                        self._item = []
                elif undo == _LINK:
                    self._link_targets.pop()
                elif undo:
                    self._leave(tag, undo)
                continue
            after = None if node is root else node.next
            tag = node.tag or "-"
            if tag == "-text":
                text = node.text_content
                # Half of all text nodes are line breaks between elements.
                if text and (not text.isspace() or self._lines[-1].parts or self._pre):
                    self._text(text)
                node = after
                continue
            if tag in BLOCK_TAGS:
                undo = self._enter_block(node, tag, node.attributes)
            elif tag in PLAIN_INLINE_TAGS and not self._markdown and not self._in_row:
                undo = 0
            elif tag == "br":
                self._lines.append(TextLine(self._markdown))
                self._pending = True
                undo = _DONE
            elif tag in SKIPPED_TAGS or tag[0] == "-":
                undo = self._enter_sometimes_shown(node, tag) if tag in SOMETIMES_SHOWN_TAGS else _DONE
                if undo == _DONE and tag in (REPLACED_TAGS if self._in_row else self._replaced_tags):
                    shown = self._replaced(node, tag)
                    if shown is not None:
                        undo = self._enter_block(node, "pre" if tag == "textarea" else "div", {})
                        node = shown
            else:
                undo = self._enter_inline(node, tag)
            if undo == _DONE:
                node = after
                continue
            if undo or after is not None:
                stack.append((after, tag, undo))
            node = node.first_child
        self._flush()
        self._tables[0].settle()

    def _enter_sometimes_shown(self, node: LexborNode, tag: str) -> int:
        """Enters an element of SOMETIMES_SHOWN_TAGS if a browser shows its text as a part of the text around it."""
        if tag == "math":
            return _DONE if is_read_twice(node) else 0
        if tag == "select":
            option, attributes = shown_option(node), node.attributes
            if is_word_of_sentence(node, attributes, option, self._text_in_front(), in_paragraph=self._paragraph > 0):
                self._text(option)
            return _DONE
        if tag == "svg":
            text = drawn_text(node) if self._lines[-1].parts and not self._link_targets else ""
            if text:
                self._text(text)
            return _DONE
        return 0 if is_unstruck(node.attributes) else _DONE

    def _text_in_front(self) -> str:
        """Returns the text in front of the current node in its block, or the end of this text."""
        return "".join([part for line in self._lines[-2:] for part in line.parts[-8:]])

    def _replaced(self, node: LexborNode, tag: str) -> LexborNode | None:
        """Reads an element in whose place a browser shows something else: an image, a frame, a form field.

        Returns the element whose content a browser shows there; None if it shows no text, or only a name or a mark,
        which the method has read.
        """
        attributes = node.attributes
        if tag == "iframe":
            document = attributes.get("srcdoc")
            body = parse_page(document.encode("utf-8", "replace")).body if document else None
            if body is not None:
                return body
        if tag in FRAME_TAGS:
            self._add_frame(frame_source(attributes))
        if tag == "textarea" and ("readonly" in attributes or "disabled" in attributes):
            return node
        mark = check_mark(attributes) if tag == "input" else ""
        if self._in_row:
            self._names.append(mark or name_of(node, attributes))
        elif mark:
            self._text(f" {mark} ")
        elif self._markdown and tag == "img":
            self._text(attributes.get("alt") or "")
        if tag in FORM_FIELD_TAGS and self._box is not None and is_form_field(node):
            self._box.add_form_field()
        return None

    def _add_frame(self, source: str) -> None:
        """Notes the address of a frame. A frame in `<noscript>` isn't shown."""
        address = link_target(source, self._base)
        box = self._box
        while address and box is not None:
            if box.tag == "noscript" or box.hidden:
                return
            box = box.parent
        if address:
            self.frames.append((len(self.blocks), address))

    def _enter_inline(self, node: LexborNode, tag: str) -> int:
        marked = _MARKED if self._markdown and tag in _EMPHASIS_MARKS else 0
        if marked:
            self._lines[-1].marked_parts.append(_EMPHASIS_MARKS[tag])
        if tag == "sup":
            return self._enter_superscript(node)
        if tag in PLAIN_INLINE_TAGS:  # only in Markdown and in tables: otherwise `walk` doesn't call this method
            if self._in_row:
                self._names.append(name_of(node, node.attributes))
            return marked
        if tag in BOLD_TAGS:
            self._bold += 1
            return _BOLD | marked
        attributes = node.attributes
        if "-" in tag and self._may_be_block():
            return self._enter_block(node, tag, attributes)
        if not attributes:
            return 0
        style, names = attributes.get("style"), attributes.get("class")
        effects = effects_of(style) if style else 0
        if (effects & UNSEEN or (names and self._is_for_screen_readers(node, names))) and is_short(node):
            self._names.append(node.text())
            return _DONE
        if "hidden" in attributes and self._lines[-1].parts and is_hidden_within_sentence(node, attributes):
            return _DONE
        if effects & STRUCK or (effects & HIDDEN and tag != "a" and not shows_inside(node, style or "")):
            return _DONE
        if self._in_row:
            self._names.append(name_of(node, attributes))
        undo = 0
        code = attributes.get("data-cfemail")
        address = decode_cloudflare(code) if code else None
        if tag == "a" and attributes.get("href") is not None:
            target = self._target(attributes["href"] or "", attributes)
            if target is not None and target[0] == _SAME_PAGE and self._lines[-1].parts:
                in_front = self._lines[-1].parts[-1]
                if is_linked_mark(
                    node.text(), in_front, attributes.get("role"), lambda: text_beside(node, behind=True)
                ):
                    return _DONE
            self._link_targets.append(target)
            undo = _LINK
        if address:
            self._text(address)
            if undo:
                self._link_targets.pop()
            return _DONE
        if not undo and not self._lines[-1].parts and may_open(attributes):
            self._lines[-1].opens = opened_element(attributes)
        return undo | self._begin_style(effects) if effects else undo

    def _is_for_screen_readers(self, node: LexborNode, names: str) -> bool:
        """Returns whether the names of an inline element, and its place, say that only screen readers get its text."""
        return are_unseen_names(names) and is_for_screen_readers(
            node,
            in_front=any(line.parts for line in self._lines[-2:]),
            in_link=bool(self._link_targets or self._button),
            in_heading=bool(self._heading),
        )

    def _begin_style(self, effects: int) -> int:
        """Begins bold type and kept line breaks. Returns the flags that `_leave` undoes."""
        undo = 0
        if effects & BOLD:
            self._bold += 1
            undo = _BOLD
        if effects & LINES_KEPT:
            self._pre += 1
            undo |= _PRE
        return undo

    def _enter_superscript(self, node: LexborNode) -> int:
        """Leaves out the mark of a note; writes a power in superscript digits, so that 10⁶ isn't read as 106."""
        raw = node.text()
        text = raw.strip()
        in_front = self._lines[-1].parts[-1] if self._lines[-1].parts else ""
        link = None if self._link_targets else node.css_first("a[href]")
        if link is not None:
            target = self._target(link.attributes.get("href") or "", link.attributes)
        else:
            target = self._link_targets[-1] if self._link_targets else None
        is_link = target is not None and target[0] == _SAME_PAGE and target != _SAME_PAGE
        if is_mark(raw, in_front, text_beside(node, behind=True), is_link=is_link):
            if raw != text:
                self._text(" ")
            return _DONE
        power = superscript(text, in_front)
        if power:
            self._text(power)
            return _DONE
        return 0

    def _may_be_block(self) -> bool:
        """Returns whether a custom element (`<x-section>`) is read as a block at the current point of the walk."""
        return not (self._paragraph or self._heading or self._link_targets or self._in_row or self._lines[-1].parts)

    def _target(self, href: str, attributes: dict[str, str | None]) -> str | None:
        """Returns the target of a link; None if there is no page (`javascript:…`).

        If the target is a place on the same page, `#` and the id of this place are returned.
        """
        if href.startswith("#"):
            return _SAME_PAGE + (href[1:] or opened_element(attributes))
        target = link_target(href, self._base)
        if not target:
            opened = opened_element(attributes)
            return _SAME_PAGE + opened if opened else None
        if "#" in target and self._page and target.partition("#")[0] == self._page:
            return _SAME_PAGE + target.partition("#")[2]
        return target

    def _enter_block(self, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> int:
        if tag == "button":
            in_front, in_paragraph = self._text_in_front(), self._paragraph > 0
            if is_word_of_sentence(node, attributes, node.text(), in_front, in_paragraph=in_paragraph):
                return 0
        undo = _BLOCK
        in_row = self._in_row
        if in_row:
            if self._lines[-1].parts:
                self._lines.append(TextLine(self._markdown))
        elif self._pending:
            self._flush()
        custom_tag = ""
        if "-" in tag:
            tag, custom_tag = "div", tag
        role = ""
        effects = 0
        if attributes:
            style, names, role = attributes.get("style"), attributes.get("class"), attributes.get("role") or ""
            if style:
                effects = effects_of(style)
            if (effects & UNSEEN or (names and are_unseen_names(names))) and is_short(node):
                self._names.append(node.text())
                return _DONE
            if effects:
                if effects & STRUCK:
                    return _DONE
                undo |= self._begin_style(effects)
            if role:
                role = role.lower()
        if in_row:
            if in_row == 1 and (tag in ("td", "th") or role in CELL_ROLES):
                self._in_row = 2
                self._names = []
                self._lines = [TextLine(self._markdown)]
                self._cells.append(cell_of(attributes))
                if attributes:
                    self._names.append(attributes.get("aria-label") or attributes.get("title") or "")
                return undo | _CELL
            if attributes:
                self._names.append(name_of(node, attributes))
            role = ""  # elements inside a row get no Box, so their ARIA roles are ignored
        elif tag not in UNBOXED_TAGS:
            undo |= _BOXED
            self._box = box_of(tag, custom_tag, attributes, effects, role, self._box)
        if tag == "p":
            self._paragraph += 1
            undo |= _PARAGRAPH
        if tag not in SPECIAL_BLOCK_TAGS and role not in SPECIAL_ROLES:  # most blocks
            return undo
        level = HEADING_LEVELS.get(tag, 0)
        if role == "heading" and not level:
            stated = attributes.get("aria-level") or "2"
            level = min(6, int(stated)) if stated in ("1", "2", "3", "4", "5", "6") else 2
        if tag == "pre":
            if not undo & _PRE:
                self._pre += 1
                undo |= _PRE
        elif tag in LIST_TAGS:
            self._lists.open(node, tag, attributes)
            undo |= _LIST
        elif tag == "table" or role in TABLE_ROLES:
            self._tables.append(Table())
            undo |= _TABLE
        elif tag == "button" or role == "tab":
            self._button += 1
            self._opens = opened_element(attributes)
            undo |= _BUTTON
        if in_row:
            return undo
        if level and not self._heading:
            self._heading = level
            undo |= _HEADING
        elif tag == "li":
            # A browser doesn't count an item that it doesn't show (CSS Lists, section 4.5).
            self._item = [None if effects & HIDDEN else self._lists.next_label(attributes)]
            undo |= _ITEM
        elif tag in ("dt", "dd"):
            self._item = [None]
        elif tag == "tr" or role == "row":
            table = self._tables[-1]
            if self._rows.is_data_row(node, table.begin_row(node)):
                self._in_row = 1
                self._cells = []
                self._row_lines = self._lines
                undo |= _ROW
            else:
                table.add_row(None, [])
        return undo

    def _leave(self, tag: str, undo: int) -> None:
        if undo & _CELL:
            self._leave_cell()
        elif undo & _BLOCK:
            if self._in_row:
                if self._lines[-1].parts:
                    self._lines.append(TextLine(self._markdown))
            elif self._pending:
                self._flush()
            if undo & _BOXED and self._box is not None:
                self._box = self._box.parent
            if undo & _PARAGRAPH:
                self._paragraph -= 1
            if undo & _HEADING:
                self._heading = 0
            if undo & _LIST:
                self._lists.close()
            elif undo & _ROW:
                self._in_row = 0
                self._add_row()
            elif undo & _TABLE:
                self._tables.pop().settle()
            if undo & _ITEM:
                self._item = []
            if undo & _BUTTON:
                self._button -= 1
        elif undo & _LINK:
            self._link_targets.pop()
        elif undo & _MARKED:
            self._lines[-1].marked_parts.append(_EMPHASIS_MARKS[tag])
        if undo & _BOLD:
            self._bold -= 1
        if undo & _PRE:
            self._pre -= 1

    def _leave_cell(self) -> None:
        """Ends a cell. A cell without a text is read by the names of its icons, and by its text for screen readers."""
        cell = self._cells[-1]
        lines = self._lines
        cell.lines = lines if len(lines) == 1 else [line for line in lines if line.parts]
        if cell.lines:
            cell.text, cell.typography = self._joined(cell.lines)
        if not cell.text and self._names:
            # A name in words says what the sign beside it shows.
            spelled = [name for name in self._names if has_letter_or_digit(name)]
            cell.text = normalize(" ".join(spelled or self._names))
        cell.says = says_something(cell.text)
        self._lines = self._row_lines
        self._in_row = 1

    def _text(self, text: str) -> None:
        """Adds text to the last line. In `<pre>`, each line break begins a new line."""
        if self._pre and "\n" in text:
            text, *further_lines = text.split("\n")
        else:
            further_lines = []
        line = self._lines[-1]
        if line.parts or (text and not text.isspace()):
            line.parts.append(text)
            self._pending = True
            if self._markdown:
                line.marked_parts.append(text)
            length = len(text.strip())
            line.length += length
            if self._bold:
                line.bold += length
            if self._link_targets:
                line.linked += length
                target = self._link_targets[-1]
                if target and target[0] == _SAME_PAGE:
                    line.same_page += length
                    line.opens = target[1:]
                elif target and target not in line.links[-1:]:
                    line.links.append(target)
        for further_line in further_lines:
            self._pending = True
            self._lines.append(TextLine(self._markdown))
            self._text(further_line)

    def _flush(self) -> None:
        """Ends the open block. The lines become one block, or several blocks if `<br>` separates clauses."""
        lines, self._lines = self._lines, [TextLine(self._markdown)]
        self._pending = False
        if len(lines) == 1:
            if lines[0].parts:
                self._add_block(lines)
            return
        if self._heading:
            self._add_block([line for line in lines if line.parts])
            return
        if self._pre:
            self._add_lines(lines)
            return
        group: list[TextLine] = []
        for line in lines:
            line.text = normalize("".join(line.parts))
            if not line.text:
                self._add_block(group)
                group = []
                continue
            if group and begins_clause(line, group[-1]):
                self._add_block(group)
                group = []
            group.append(line)
        self._add_block(group)

    def _add_lines(self, lines: list[TextLine]) -> None:
        """Makes blocks of lines that the page shows as its author broke them, as in a plain text."""
        for numbers, plain in lines_of_clauses([normalize("".join(line.parts)) for line in lines]):
            count = len(self.blocks)
            self._add_block([lines[number] for number in numbers])
            if plain.level and len(self.blocks) > count and self.blocks[-1].kind == "paragraph":
                self.blocks[-1].kind, self.blocks[-1].level = "heading", LOOKS_LEVEL

    def _add_block(self, lines: list[TextLine]) -> None:
        """Makes a block of the lines if the lines have a letter or digit."""
        if not lines:
            return
        text, typography = self._joined(lines)
        if not text[:1].isalnum() and not has_letter_or_digit(text):
            return
        box = self._box
        kind: ClauseKind = "paragraph"
        label = None
        level = self._heading
        if level:
            kind = "heading"
            if self._item:  # a browser shows the item's number in front of the heading
                label, self._item = self._item[0], [None]
        elif self._item:
            kind = "list_item"
            label = self._item.pop()
        elif box is not None and box.tag in ("li", "dt", "dd") and not self._paragraph:
            kind = "list_item"
        bullet = BULLET.match(text) if text[0] in BULLET_CHARACTERS and not level else None
        if bullet:
            kind = "list_item"
            typography = typography_without_prefix(typography, text[: bullet.end()]) or ""
            text = text[bullet.end() :]
            if not has_letter_or_digit(text):
                return
        elif not level and box is not None and box.tag == "summary":
            kind, level = "heading", LOOKS_LEVEL
        length, bold, linked, same_page, links = sum_up(lines)
        self.blocks.append(
            Block(
                kind,
                text,
                level,
                label,
                links,
                typography,
                bold >= length - 1,
                min(1.0, linked / length) if linked else 0.0,
                box,
                self._button > 0,
                2 * same_page > length,
                (self._opens if self._button else "")
                or (lines[0].opens if 2 * same_page > length or not linked else ""),
            )
        )

    def _joined(self, lines: list[TextLine]) -> tuple[str, str]:
        """Returns the normalised text of the lines, and the text's typography.

        The typography is '' if the page spells the text like the normalised text (see `core.clauses.Clause`).
        """
        if len(lines) == 1:
            line = lines[0]
            raw = line.parts[0] if len(line.parts) == 1 else "".join(line.parts)
        else:
            raw = " ".join(["".join(line.parts) for line in lines])
        if not self._markdown:
            return normalize_with_typography(raw)
        text = normalize(raw)
        marked = " ".join(["".join(line.marked_parts) for line in lines])
        return normalize_with_typography(marked, text, every_space=True)

    def _add_row(self) -> None:
        """Makes one block of all cells of the open data row. The table writes the block's text when the table ends."""
        cells, self._cells = self._cells, []
        block = None
        if any(cell.says for cell in cells):
            length, bold, linked, _, links = sum_up([line for cell in cells for line in cell.lines])
            block = Block(
                "table_row",
                "",
                typography="",
                links=links,
                bold=bold >= length - 1,
                link_share=min(1.0, linked / length),
                box=self._box,
                on_button=self._button > 0,
            )
            self.blocks.append(block)
        self._tables[-1].add_row(block, cells)
