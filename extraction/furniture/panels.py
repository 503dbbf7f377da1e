"""Finds the titles of panels: the buttons, tabs and links that open parts of a policy.

What a panel says holds for what its title names ("For residents of Brazil"), so the title belongs to the policy. In an
accordion, each title stands above its panel. In a set of tabs, all titles stand above all panels.

A title refers to its panel by an id (`Block.opens`), as WAI-ARIA and Bootstrap do, or stands directly before the panel.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

from extraction.blocks import LOOKS_LEVEL, Block, Box
from extraction.furniture import names
from extraction.furniture.sections import is_statement

_LONGEST_TITLE = 16  # in words
# Names of panels, and of the elements around their titles, in common libraries: Bootstrap, jQuery UI, Foundation,
# UIkit, Elementor, Semantic UI, Materialize.
_OPENER_NAMES = re.compile(
    r"(?:^|[\s_-])(?:tabs?|tablist|pills?|accordions?|collaps\w*|expand\w*|toggles?|disclosure|faqs?)(?=$|[\s_\d-])"
)
_PANEL_NAMES = re.compile(
    r"(?:^|[\s_-])(?:tabs?|tabpanels?|panels?|pane|accordions?|collaps\w*|disclosure)(?=$|[\s_\d-])"
)
_DIALOG_NAMES = re.compile(r"(?:^|[\s_-])(?:modal|dialog|popup|lightbox)(?=$|[\s_-])")
_WORD = re.compile(r"\w+")


def with_panel_titles(kept: list[Block], blocks: Sequence[Block], boxes: Sequence[Box]) -> list[Block]:
    """Returns the kept blocks, with the title of each panel as a heading directly above the panel.

    kept: the blocks that the rules kept.
    blocks, boxes: all blocks and elements of the page.

    Sets `left_out_by`, `kind` and `level` of each title.
    """
    controls = [index for index, block in enumerate(blocks) if _is_control(block)]
    if not controls:
        return kept
    first_kept = _first_blocks(kept)
    titles = _titles(controls, blocks, boxes, first_kept)
    if not titles:
        return kept
    title_ids = {id(title) for title, _ in titles.values()}
    result: list[Block] = []
    for index, block in enumerate(kept):
        if id(block) in titles:
            title, panel = titles[id(block)]
            title.left_out_by = ""
            if not title.level:
                title.kind, title.level = "heading", _level_above(panel, islice(kept, index, None))
            result.append(title)
        if id(block) not in title_ids:
            result.append(block)
    return result


def _is_control(block: Block) -> bool:
    """Returns whether a block may be the title of a panel: a short button, tab, or link that leads to no other page."""
    if not (block.opens or block.on_button or (block.link_share > 0.9 and not block.links)):
        return False
    if block.left_out_by == "page_frame" and not block.opens:
        return False  # an entry of a menu
    text = block.text.strip(names.ORNAMENTS)
    is_caption = block.words <= _LONGEST_TITLE and not names.PAGE_WORDS.fullmatch(text)
    return is_caption and not block.left_out_by.startswith("consent") and not names.is_consent_control(text)


def _first_blocks(kept: Sequence[Block]) -> dict[int, Block]:
    """Returns the first kept block in each element, by the Python id of the element."""
    first: dict[int, Block] = {}
    for block in kept:
        box = block.box
        while box is not None and id(box) not in first:
            first[id(box)] = block
            box = box.parent
    return first


def _titles(
    controls: Sequence[int], blocks: Sequence[Block], boxes: Sequence[Box], first_kept: dict[int, Block]
) -> dict[int, tuple[Block, Box | None]]:
    """Returns the titles and their panels, by the Python id of the first kept block in the panel.

    The panel is None if it isn't an element of its own, but only a block.

    controls: the indexes of the blocks that may be titles.
    """
    by_id: dict[str, Box] = {}
    for box in boxes:
        if box.id:
            by_id.setdefault(box.id, box)
    panels_of_tabs = _panels_of_tabs(controls, blocks, boxes)
    words = boxes[0].words
    titles: dict[int, tuple[Block, Box | None]] = {}
    beside: list[tuple[Block, Block, Box | None]] = []  # titles that stand directly before a panel, and name none
    for index in controls:
        control = blocks[index]
        panel = by_id.get(control.opens) if control.opens else panels_of_tabs.get(id(control))
        if panel is not None:
            first = first_kept.get(id(panel))
            if first is not None and _is_title_of(control, panel, first, words):
                titles.setdefault(id(first), (control, panel))
        elif not control.opens and index + 1 < len(blocks) and not _is_control(blocks[index + 1]):
            panel = _panel_below(control, blocks[index + 1])
            first = first_kept.get(id(panel)) if panel is not None else blocks[index + 1]
            if first is not None:
                beside.append((control, first, panel))
    similar = Counter(_pattern(control, panel) for control, _, panel in beside)
    for control, first, panel in beside:
        is_accordion = similar[_pattern(control, panel)] > 1
        if panel is None:
            is_title = is_accordion and control.on_button and is_statement(first) and not first.left_out_by
        else:
            is_accordion = is_accordion or panel.hidden or _is_opener(control.box)
            is_title = is_accordion and panel.words * 2 <= words and _is_title_of(control, panel, first, words)
        if is_title:
            titles.setdefault(id(first), (control, panel))
    # The same caption on most buttons is no title: "Read more".
    captions = Counter(title.text for title, _ in titles.values())
    return {
        block_id: (title, panel)
        for block_id, (title, panel) in titles.items()
        if captions[title.text] == 1 or captions[title.text] * 2 <= len(titles)
    }


def _panels_of_tabs(controls: Sequence[int], blocks: Sequence[Block], boxes: Sequence[Box]) -> dict[int, Box]:
    """Returns the panels of tabs that don't name their panels, by the Python id of the tab's block.

    The first tab opens the first panel, if there are as many panels as tabs. Tabs and panels are recognised by their
    ARIA roles. Without roles, tabs are controls one after the other, and panels are elements of one kind below them.
    """
    unnamed = [index for index in controls if not blocks[index].opens and blocks[index].box is not None]
    tabs = [blocks[index] for index in unnamed if _role(blocks[index]) == "tab"]
    panels = [box for box in boxes if box.role == "tabpanel"]
    captions = list(dict.fromkeys(tab.text for tab in tabs))
    if tabs and len(captions) == len(panels):
        return {id(tab): panels[captions.index(tab.text)] for tab in tabs}
    by_kind: dict[tuple[int, str, str], list[Box]] = {}
    result: dict[int, Box] = {}
    start = 0
    for end in range(1, len(unnamed) + 1):
        if end < len(unnamed) and unnamed[end] == unnamed[end - 1] + 1:
            continue
        run, below = [blocks[index] for index in unnamed[start:end]], unnamed[end - 1] + 1
        start = end
        panel = _panel_below(run[-1], blocks[below]) if len(run) > 1 and below < len(blocks) else None
        if panel is not None:
            if not by_kind:
                for box in boxes:
                    by_kind.setdefault(box.kind, []).append(box)
            panels = by_kind[panel.kind]
            if len(panels) == len(run):
                result.update(zip(map(id, run), panels, strict=True))
    return result


def _role(block: Block) -> str:
    return block.box.role if block.box is not None else ""


def _panel_below(control: Block, following: Block) -> Box | None:
    """Returns the element that begins directly below a button or link; None if only text follows.

    following: the block below the button or link.
    """
    around = set()
    box: Box | None = control.box
    while box is not None:
        around.add(id(box))
        box = box.parent
    panel, box = None, following.box
    while box is not None and id(box) not in around:
        panel, box = box, box.parent
    return panel


def _pattern(control: Block, panel: Box | None) -> tuple[str, int, str, int]:
    """Returns what the titles of an accordion have in common: tag and depth of the title and of the panel."""
    box = control.box
    title_tag, title_depth = (box.tag, box.depth) if box is not None else ("", 0)
    return (title_tag, title_depth, panel.tag, panel.depth) if panel is not None else (title_tag, title_depth, "", 0)


def _is_title_of(control: Block, panel: Box, first: Block, page_words: int) -> bool:
    """Returns whether a control is the title of a panel.

    first: the first block of the panel that the rules kept.
    page_words: the number of words on the page. A link to nearly all of the page is a skip link.
    """
    if first is control or _stands_in(control.box, panel) or panel.words > 0.9 * page_words:
        return False
    if panel.link_words * 2 > panel.words:
        return False  # a menu
    if panel.role in ("dialog", "alertdialog") or _DIALOG_NAMES.search(panel.names):
        return False
    begins_with_title = first.words <= _LONGEST_TITLE and not is_statement(first)
    if begins_with_title and (panel.words == first.words or _says_the_same(control, first)):
        return False
    opens_panel = control.on_button or panel.hidden or panel.role == "tabpanel"
    if opens_panel or _is_opener(control.box) or _PANEL_NAMES.search(panel.names):
        return True
    # A link to a section that begins with its own title is an entry of a table of contents.
    return not begins_with_title and panel.words <= 0.5 * page_words


def _says_the_same(control: Block, title: Block) -> bool:
    """Returns whether a title has all words of a control, such as the button "Writers" and the title "For writers"."""
    words = [word for word in _WORD.findall(control.text.casefold()) if not word.isdigit()]
    return set(_WORD.findall(title.text.casefold())).issuperset(words)


def _is_opener(box: Box | None) -> bool:
    """Returns whether the element or the element around it has a name or role that openers of panels have."""
    for around in (box, box.parent if box is not None else None):
        if around is not None and (around.role in ("tab", "tablist") or _OPENER_NAMES.search(around.names)):
            return True
    return False


def _stands_in(box: Box | None, outer: Box) -> bool:
    while box is not None and box.depth >= outer.depth:
        if box is outer:
            return True
        box = box.parent
    return False


def _level_above(panel: Box | None, blocks: Iterable[Block]) -> int:
    """Returns a heading level for the title of a panel that is above the levels inside the panel.

    blocks: the kept blocks from the first block of the panel on.
    """
    if panel is None:
        return LOOKS_LEVEL
    inside = takewhile(lambda block: _stands_in(block.box, panel), blocks)
    return max(1, min((block.level for block in inside if block.level), default=LOOKS_LEVEL + 1) - 1)
