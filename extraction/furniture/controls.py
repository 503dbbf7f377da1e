"""Recognises controls: short buttons, tabs and links that open a part of the page, and the part that each opens."""

import re
from collections.abc import Iterable, Iterator

from extraction.blocks import Block, Box
from extraction.furniture import names
from extraction.words.stated_dates import states_date

LONGEST_TITLE = 16  # in words
# What sites call the elements around titles.
_TITLE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:title|heading|headline|header|head|toggle|trigger|opener|question)(?=$|[\s_\d-])"
)


def is_control(block: Block) -> bool:
    """Returns whether a block may be the title of a panel.

    It is short, and is a button, a tab, an element that opens another one, or a link that leads to no other page.
    """
    if block.words > LONGEST_TITLE:
        return False
    is_link = block.link_share > 0.9 and not block.links
    # Most blocks are no control, so what rules out nearly all of them comes first.
    if not (is_link or block.opens or block.on_button or _is_only_text(block)):
        return False
    opens = opened_id(block)
    if not (opens or is_link or is_button(block)):
        return False
    left_out_by = block.left_out_by or (block.box.left_out_by if block.box is not None else "")
    if left_out_by.startswith("consent") or (left_out_by == "page_frame" and not opens):
        return False  # the last is an entry of a menu
    text = block.text.strip(names.ORNAMENTS)
    return not names.PAGE_WORDS.fullmatch(text) and not names.is_consent_control(text)


def is_caption(block: Block, following: Block) -> bool:
    """Returns whether a short text may be the title of the element below it, although nothing says that it opens it.

    The element below is hidden, so that something must open it; or the text is all that stands in an element that is
    called a title. A heading may be such a text. Callers look for several alike.

    following: the block below.
    """
    if block.words > LONGEST_TITLE or block.link_share > 0.5 or block.on_button or block.box is following.box:
        return False
    has_name = (
        not block.level
        and _is_only_text(block)
        and any(box.names and _TITLE_NAMES.search(box.names) for box in _only_around(block))
    )
    around = following.box
    while not has_name and around is not None and not around.hidden:
        around = around.parent
    if around is None:
        return False
    panel = panel_below(block, following)
    return panel is not None and (has_name or panel.hidden) and not states_date(block.text)


def opened_id(block: Block) -> str:
    """Returns the id of the element that a block, or an element with no other text, opens; '' if it names none."""
    return block.opens or next((box.opens for box in _only_around(block) if box.opens), "")


def is_button(block: Block) -> bool:
    """Returns whether a block is on a button, or is the only text of an element with the role of a button.

    Unlike the text of `<button>`, the text of such an element is kept if it isn't the title of a panel: a script may
    make a button of any text.
    """
    return block.on_button or any(box.role == "button" for box in _only_around(block))


def _is_only_text(block: Block) -> bool:
    """Returns whether an element has no other text than the block."""
    return block.box is not None and block.box.words == block.words


def _only_around(block: Block) -> Iterator[Box]:
    """Yields the elements that have no other text than the block, the innermost first."""
    box = block.box
    while box is not None and box.words == block.words:
        yield box
        box = box.parent


def boxes_by_id(boxes: Iterable[Box]) -> dict[str, Box]:
    """Returns the elements by their ids. As in a browser, the first element with an id counts."""
    by_id: dict[str, Box] = {}
    for box in boxes:
        if box.id:
            by_id.setdefault(box.id, box)
    return by_id


def panel_below(control: Block, following: Block) -> Box | None:
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


def stands_in(box: Box | None, outer: Box) -> bool:
    """Returns whether an element is `outer` or stands inside it."""
    while box is not None and box.depth >= outer.depth:
        if box is outer:
            return True
        box = box.parent
    return False
