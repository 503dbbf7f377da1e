"""Finds the titles of panels: the buttons, tabs and links that open parts of a policy.

What a panel says holds for what its title names ("For residents of Brazil"), so the title belongs to the policy. In an
accordion, each title stands above its panel. In a set of tabs, all titles stand above all panels.

A title refers to its panel by an id (`Block.opens`), as WAI-ARIA and Bootstrap do, or stands directly before the panel.
`<details>` and `<fieldset>` are panels with a title of their own, `<summary>` and `<legend>`.
"""

import re
from collections import Counter
from collections.abc import Sequence

from extraction.blocks import LOOKS_LEVEL, Block, Box
from extraction.furniture.controls import (
    LONGEST_TITLE,
    boxes_by_id,
    is_button,
    is_caption,
    is_control,
    opened_id,
    panel_below,
    stands_in,
)
from extraction.furniture.sections import is_statement
from extraction.words.vocabulary import uses_policy_word

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
# The elements whose first child is their title (HTML standard, sections 4.10.16 and 4.11.2).
_OWN_TITLES = {"summary": "details", "legend": "fieldset"}


def with_panel_titles(kept: list[Block], blocks: Sequence[Block], boxes: Sequence[Box]) -> list[Block]:
    """Returns the kept blocks, with the title of each panel as a heading directly above the panel.

    kept: the blocks that the rules kept.
    blocks, boxes: all blocks and elements of the page.

    Sets `left_out_by`, `kind` and `level` of each title, and `panels` of all blocks.
    """
    controls = [
        index
        for index, block in enumerate(blocks)
        if is_control(block) or (index + 1 < len(blocks) and not block.level and is_caption(block, blocks[index + 1]))
    ]
    own = [box for box in boxes if box.tag in _OWN_TITLES and box.parent is not None]
    if not controls and not own:
        return kept
    first_kept = _first_blocks(kept)
    titles = _titles(controls, blocks, boxes, first_kept) if controls else {}
    panels = {id(panel) for titles_above in titles.values() for _, panel in titles_above if panel is not None}
    in_place: set[int] = set()
    for title, own_panel in _own_titles(own, blocks, kept, first_kept, boxes[0].policy_words) if own else ():
        panels.add(id(own_panel))
        if title.left_out_by:
            titles.setdefault(id(first_kept[id(own_panel)]), []).append((title, own_panel))
        else:
            in_place.add(id(title))
            _make_heading(title)
    around: dict[int, int] = {}  # how many panels are around an element's content
    for box in boxes:
        around[id(box)] = around.get(id(box.parent), 0) + (id(box) in panels)
    moved = {id(title) for titles_above in titles.values() for title, _ in titles_above} - in_place
    result: list[Block] = []
    for block in kept:
        block.panels = around.get(id(block.box), 0) - (id(block) in in_place)
        for title, panel in sorted(titles.get(id(block), ()), key=_outermost_first):
            if id(title) not in in_place:
                title.left_out_by = ""
                _make_heading(title)
                title.panels = block.panels if panel is None else around[id(panel)] - 1
                result.append(title)
        if id(block) not in moved:
            result.append(block)
    return result


def _make_heading(title: Block) -> None:
    if not title.level:
        title.kind, title.level = "heading", LOOKS_LEVEL


def _outermost_first(title: tuple[Block, Box | None]) -> float:
    return title[1].depth if title[1] is not None else float("inf")


def _own_titles(
    own: Sequence[Box],
    blocks: Sequence[Block],
    kept: Sequence[Block],
    first_kept: dict[int, Block],
    policy_words: int,
) -> list[tuple[Block, Box]]:
    """Returns the titles that `<details>` and `<fieldset>` have of their own, and these panels.

    The panels are those that the rules kept. A `<legend>` may also be the question of a form: it is the title of a
    panel if the `<fieldset>`, or another of its kind, says something. If a `<fieldset>` has most of the policy, its
    title is the policy's only if it uses a word of policies.

    own: the elements `<summary>` and `<legend>`.
    first_kept: the first kept block in each element, by the Python id of the element.
    policy_words: the number of the page's words in running text that uses the policy vocabulary.
    """
    first = _first_blocks(blocks)
    talking: set[int] = set()  # elements with a statement, an item of a list or a row of a table
    for block in kept:
        box = block.box if block.kind in ("list_item", "table_row") or is_statement(block) else None
        while box is not None and id(box) not in talking and box.tag not in _OWN_TITLES:
            talking.add(id(box))
            box = box.parent
    kinds = {box.parent.kind for box in own if box.parent is not None and id(box.parent) in talking}
    result = []
    for box in own:
        title, panel = first[id(box)], box.parent
        if panel is None or panel.tag != _OWN_TITLES[box.tag] or title.words > LONGEST_TITLE:
            continue
        if box.tag == "summary":
            is_title = not title.left_out_by
        else:
            is_title = not panel.left_out_by and panel.kind in kinds and id(panel) in first_kept
            is_title = is_title and (panel.policy_words * 2 <= policy_words or uses_policy_word(title.text))
        if is_title:
            result.append((title, panel))
    return result


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
) -> dict[int, list[tuple[Block, Box | None]]]:
    """Returns the titles and their panels, by the Python id of the first kept block in the panel.

    Several panels have the same first block if a panel begins with a panel.

    The panel is None if it isn't an element of its own, but only a block.

    controls: the indexes of the blocks that may be titles.
    """
    by_id = boxes_by_id(boxes)
    panels_of_tabs = _panels_of_tabs(controls, blocks, boxes)
    words = boxes[0].words
    titles: dict[int, tuple[Block, Block, Box | None]] = {}  # by the Python id of the panel
    beside: list[tuple[Block, Block, Box | None]] = []  # titles that stand directly before a panel, and name none
    for index in controls:
        control = blocks[index]
        opens = opened_id(control)
        panel = by_id.get(opens) if opens else panels_of_tabs.get(id(control))
        if panel is not None:
            first = first_kept.get(id(panel))
            if first is not None and _is_title_of(control, panel, first, words):
                titles.setdefault(id(panel), (control, first, panel))
        elif index + 1 < len(blocks) and not is_control(blocks[index + 1]):
            panel = panel_below(control, blocks[index + 1])
            first = first_kept.get(id(panel)) if panel is not None else blocks[index + 1]
            if first is not None and (not opens or (panel is not None and panel.hidden)):
                beside.append((control, first, panel))
    similar = Counter(_pattern(control, panel) for control, _, panel in beside)
    found: set[tuple[str, int, str, int]] = set()  # what the titles found have in common
    rest: list[tuple[Block, Block, Box | None]] = []
    for control, first, panel in beside:
        pattern = _pattern(control, panel)
        is_accordion = similar[pattern] > 1
        if panel is None:
            is_title = is_accordion and is_button(control) and is_statement(first) and not first.left_out_by
        else:
            is_accordion = is_accordion or (is_control(control) and (panel.hidden or _is_opener(control.box)))
            is_title = is_accordion and panel.words * 2 <= words and _is_title_of(control, panel, first, words)
        if is_title:
            found.add(pattern)
            titles.setdefault(id(first if panel is None else panel), (control, first, panel))
        elif is_accordion and not (first.left_out_by or first.level or is_statement(control)):
            rest.append((control, first, panel))
    for control, first, panel in rest:  # a panel may also say something in a few words: "Ten years"
        if _pattern(control, panel) in found and not _says_the_same(control, first):
            titles.setdefault(id(first if panel is None else panel), (control, first, panel))
    # The same caption on most buttons is no title: "Read more".
    captions = Counter(title.text for title, _, _ in titles.values())
    result: dict[int, list[tuple[Block, Box | None]]] = {}
    for title, first, panel in titles.values():
        if captions[title.text] == 1 or captions[title.text] * 2 <= len(titles):
            result.setdefault(id(first), []).append((title, panel))
    return result


def _panels_of_tabs(controls: Sequence[int], blocks: Sequence[Block], boxes: Sequence[Box]) -> dict[int, Box]:
    """Returns the panels of tabs that don't name their panels, by the Python id of the tab's block.

    The first tab opens the first panel, if there are as many panels as tabs. Tabs and panels are recognised by their
    ARIA roles. Without roles, tabs are controls one after the other, and panels are elements of one kind below them.
    """
    unnamed = [index for index in controls if not opened_id(blocks[index]) and blocks[index].box is not None]
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
        panel = panel_below(run[-1], blocks[below]) if len(run) > 1 and below < len(blocks) else None
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
    if first is control or is_statement(control) or stands_in(control.box, panel) or panel.words > 0.9 * page_words:
        return False
    if panel.link_words * 2 > panel.words:
        return False  # a menu
    if panel.role in ("dialog", "alertdialog") or _DIALOG_NAMES.search(panel.names):
        return False
    is_short = first.words <= LONGEST_TITLE and not is_statement(first)
    begins_with_title = is_short and first.kind in ("heading", "paragraph")
    opens_panel = is_button(control) or panel.hidden or panel.role == "tabpanel" or _names_no_place(control)
    is_only_title = panel.words == first.words and (first.level > 0 or not (opens_panel or _is_opener(control.box)))
    if (begins_with_title and is_only_title) or (is_short and _says_the_same(control, first)):
        return False
    if opens_panel or _is_opener(control.box) or _PANEL_NAMES.search(panel.names):
        return True
    # A link to a section that begins with its own title is an entry of a table of contents.
    return not begins_with_title and panel.words <= 0.5 * page_words


def _names_no_place(control: Block) -> bool:
    """Returns whether a control that names its panel isn't a link: a link may only lead to the panel's place."""
    return control.link_share < 0.5 and bool(opened_id(control))


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
