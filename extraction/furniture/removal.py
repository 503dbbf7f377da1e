"""Removes the page furniture around a policy.

The same rules apply to every site; there are no selectors for particular sites. The removal has four steps:

1. Elements that are furniture are removed (`extraction.furniture.element_rules`).
2. The core is determined. The core is the smallest element that contains at least nine tenths of the running text that
   uses the policy vocabulary (see `extraction.furniture.measuring`).
3. The policy consists of the core, and of the title and date above the core. Scraps of the page, such as "Back to top",
   are removed inside and around the core.
4. The titles of panels are put above the panels, even if the titles are buttons, tabs or links
   (`extraction.furniture.panels`).

Each block remembers the name of the rule that left it out (`Block.left_out_by`). The name of a rule is the name of its
function. To add a rule about elements, see `extraction.furniture.element_rules`. To add a rule about blocks, write the
function in this module, and add it to one of the lists at the end of the module, at the position where it should be
applied.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from extraction.blocks import Block, Box
from extraction.furniture import names
from extraction.furniture.controls import stands_in
from extraction.furniture.element_rules import CONTAINER_TAGS, MeasuredPage
from extraction.furniture.elements import is_laid_over, mark_furniture
from extraction.furniture.measuring import boxes_around, is_hardly_any, is_prose, measure
from extraction.furniture.panels import with_panel_titles
from extraction.furniture.sections import PolicySections, is_statement, talks_of_data
from extraction.words.normalization import word_set
from extraction.words.stated_dates import states_date
from extraction.words.vocabulary import uses_policy_word

# Elements that contain a single text, list or table. The core is never one of these elements: an outer element is
# chosen instead.
_TEXT_TAGS = word_set(
    "p ul ol dl table blockquote pre details address li dt dd h1 h2 h3 h4 h5 h6 summary figure tbody tr"
)
# The core contains at least this share of the policy's running text.
_CORE_SHARE = 0.9
_NUMBER = re.compile(r"\d{2}")


@dataclass(slots=True)
class Selection:
    """The blocks of a page that no rule has left out so far.

    blocks: these blocks, in order.
    page: the measured page.
    core: the core of the page; None before the rule `outside_core` sets it.
    """

    blocks: list[Block]
    page: MeasuredPage
    core: Box | None = None
    _sections: PolicySections | None = None
    _kinds: Counter[tuple[int, str, str]] | None = None

    @property
    def sections(self) -> PolicySections:
        """Says which elements are sections of the policy. Few pages need to know, so it is made on demand."""
        self._sections = self._sections or PolicySections(self.page)
        return self._sections

    def is_one_of_several(self, box: Box) -> bool:
        """Returns whether an element has a sibling of the same kind that isn't furniture.

        box: an element that isn't furniture.
        """
        if self._kinds is None:
            self._kinds = Counter(box.kind for box in self.page.boxes if not box.left_out_by)
        return self._kinds[box.kind] > 1

    def apply(self, rules: Iterable[Callable[["Selection"], list[Block]]]) -> None:
        """Applies rules in order. Each rule is applied to the blocks that the rules before it have kept."""
        for rule in rules:
            left_out = rule(self)
            if left_out:
                for block in left_out:
                    block.left_out_by = rule.__name__
                self.blocks = [block for block in self.blocks if not block.left_out_by]


def policy_blocks(blocks: list[Block], title: str = "") -> list[Block]:
    """Returns the blocks that are the policy's own text, in order. Sets `left_out_by` on the other blocks.

    Returns an empty list if the page consists only of furniture.

    blocks: all blocks of the page.
    title: the page's title.
    """
    if not blocks:
        return []
    boxes = boxes_around(blocks)
    page = MeasuredPage(blocks, boxes, *measure(blocks, boxes))
    mark_furniture(page)
    for block in blocks:
        if block.box is not None:
            block.left_out_by = block.box.left_out_by
    selection = Selection([block for block in blocks if not block.left_out_by], page)
    selection.apply(BUTTON_RULES)
    if any(block.likely_policy_words for block in selection.blocks):
        selection.apply(CORE_RULES)
        for block in _title_and_date(blocks, selection.blocks, title):
            block.left_out_by = ""
        selection.blocks = [block for block in blocks if not block.left_out_by]
    selection.apply(SCRAP_RULES)
    return with_panel_titles(selection.blocks, blocks, boxes)


def button(selection: Selection) -> list[Block]:
    """Leaves out the text of buttons.

    A heading on a button opens a part of the policy, and so does the term of a definition (`<dt>`).
    """
    return [
        block
        for block in selection.blocks
        if block.on_button and not block.level and not (block.box is not None and _stands_in_term(block.box))
    ]


def _stands_in_term(box: Box) -> bool:
    return box.tag == "dt" or (box.tag == "button" and box.parent is not None and box.parent.tag == "dt")


def menu_around_text(selection: Selection) -> list[Block]:
    """Leaves out menus above and below the policy's running text."""
    blocks = selection.blocks
    likely = [index for index, block in enumerate(blocks) if block.likely_policy_words]
    first, last = likely[0], likely[-1]
    return [
        block
        for block in [*blocks[:first], *blocks[last + 1 :]]
        if (menu := _menu_around(block.box)) is not None and not selection.sections.has(menu)
    ]


def outside_core(selection: Selection) -> list[Block]:
    """Leaves out the blocks above and below the core, except for running text near the core and a date below it."""
    blocks = selection.blocks
    core = selection.core = _core(blocks, selection.page.boxes)
    first = next(index for index, block in enumerate(blocks) if stands_in(block.box, core))
    last = next(index for index in reversed(range(len(blocks))) if stands_in(blocks[index].box, core))
    first, last = _extended(blocks, first, last)
    return [*blocks[:first], *blocks[last + 1 :]]


def _menu_around(box: Box | None) -> Box | None:
    """Returns the innermost menu around an element, or the element itself; None if the element isn't in a menu."""
    while box is not None and not _is_menu(box):
        box = box.parent
    return box


def _is_menu(box: Box) -> bool:
    """Returns whether an element is a menu. A menu is recognised by the links, class names and id of the element.

    The function is called only for elements around blocks that are above or below the policy's running text.
    """
    if box.policy_words:
        return False
    if box.link_blocks >= 3 and box.link_words > 0.6 * box.words:
        return True
    if not (box.link_blocks or box.form_fields or box.buttons):
        return False  # an element with only text, such as a "section-header"
    return box.tag in CONTAINER_TAGS and bool(box.names) and bool(names.kinds_by_names(box.names) & names.EDGE)


def _core(blocks: list[Block], boxes: list[Box]) -> Box:
    """Returns the smallest element that contains nearly all of the policy's running text."""
    words_in: dict[int, int] = {}
    total = 0
    for block in blocks:
        if block.likely_policy_words and block.box is not None:
            total += block.likely_policy_words
            words_in[id(block.box)] = words_in.get(id(block.box), 0) + block.likely_policy_words
    core = boxes[0]
    for box in reversed(boxes):
        words = words_in.get(id(box), 0)
        if words >= _CORE_SHARE * total:
            core = box
            break
        if words and box.parent is not None:
            words_in[id(box.parent)] = words_in.get(id(box.parent), 0) + words
    # A single paragraph, or one of several sections, may contain nearly all the words. The siblings of this paragraph
    # or section also belong to the policy. So the core has to be an outer element that contains all the siblings.
    while core.parent is not None and (
        core.tag in _TEXT_TAGS
        or sum([block.box is core for block in blocks]) == 1
        or (_is_section(core) and _is_one_of_several(core, boxes))
    ):
        core = core.parent
    return core


def _is_one_of_several(box: Box, boxes: list[Box]) -> bool:
    """Returns whether the element has a sibling of the same tag and class that isn't furniture."""
    return any(
        sibling.parent is box.parent and sibling is not box and sibling.kind == box.kind and not sibling.left_out_by
        for sibling in boxes
    )


def _is_section(box: Box) -> bool:
    return bool(box.names) or box.tag in ("section", "article")


def _extended(blocks: list[Block], first: int, last: int) -> tuple[int, int]:
    """Extends the core's range of blocks to running text near the core, and to a stated date shortly below the core.

    Returns the extended indexes.

    first, last: the indexes of the core's first and last block.
    """
    for index in range(first - 1, max(-1, first - 13), -1):
        if blocks[index].likely_policy_words:
            first = index
    for index in range(last + 1, min(len(blocks), last + 7)):
        if blocks[index].policy_words or states_date(blocks[index].text):
            last = index
    return first, last


def _title_and_date(page: list[Block], body: list[Block], title: str) -> list[Block]:
    """Returns the blocks above the body that belong to the policy: title, date, and text between title and body.

    page: all blocks of the page, including furniture, because title and date may be in the page's header.
    body: the blocks that CORE_RULES kept.
    title: the page's title.
    """
    if not body:
        return []
    start = next(index for index, block in enumerate(page) if block is body[0])
    above = [block for block in page[:start] if block.left_out_by == outside_core.__name__]
    titles = [
        index
        for index, block in enumerate(page[:start])
        if _is_title(block, title) and (block.level == 1 or index >= start - 4 or _is_named_in(title, block))
    ]
    if titles and not any(
        _is_title(block, title) and (block.level == 1 or _is_named_in(title, block)) for block in body[:5]
    ):
        first = titles[-1]
        text_ids = {id(block) for block in above if block.link_share < 0.5}
        dates_above = [block for block in page[max(0, first - 3) : first] if _is_date(block)]
        return dates_above + [
            block
            for index, block in enumerate(page[first:start])
            if not index or id(block) in text_ids or _is_date(block)
        ]
    near_headings = [block for block in above[-3:] if block.level in (1, 2)]
    chosen_ids = {id(block) for block in near_headings} | {
        id(block) for block in page[max(0, start - 12) : start] if _is_date(block)
    }
    return [block for block in page[:start] if id(block) in chosen_ids]


def _is_date(block: Block) -> bool:
    """Returns whether a block states the date on which the policy takes effect or was last updated."""
    return (
        block.link_share < 0.5
        and not block.on_button
        and states_date(block.text)
        and not names.BYLINE.search(block.text)
    )


def _is_title(block: Block, title: str) -> bool:
    """Returns whether a block is the policy's title.

    The policy's title is a short text with a word of the policy vocabulary. The text is a heading, or is contained in
    the page's title.
    """
    if block.words > 14 or block.on_button or block.kind == "list_item":
        return False
    if (block.link_share > 0.5 and block.level != 1) or is_laid_over(block.box):
        return False
    if not uses_policy_word(block.text):
        return False
    return block.level > 0 or _is_named_in(title, block)


def _is_named_in(title: str, block: Block) -> bool:
    return len(block.text) > 5 and block.text.casefold() in title.casefold()


def titled_aside(selection: Selection) -> list[Block]:
    """Leaves out asides that begin with a title and aren't enclosed in a separate element.

    An aside ends at the next heading that has the same level as the aside's title, or a higher level.
    """
    blocks = selection.blocks
    left_out: list[Block] = []
    aside_level = 0
    last_likely = max((index for index, block in enumerate(blocks) if block.likely_policy_words), default=-1)
    for index, block in enumerate(blocks):
        if aside_level and block.level and block.level <= aside_level:
            aside_level = 0
        title = block.text.strip(names.ORNAMENTS) if block.level and not aside_level else ""
        if title and (names.is_aside_title(title) or names.is_shared_title(title)):
            below = range(index + 1, len(blocks))
            end = next((later for later in below if 0 < blocks[later].level <= block.level), len(blocks))
            section = blocks[index + 1 : end]
            if is_hardly_any(
                sum([later.policy_words for later in section]),
                sum([later.words for later in section if is_prose(later)]),
            ) and not _is_policy_section(selection, block, section, goes_on=last_likely >= end):
                aside_level = block.level
        if aside_level:
            left_out.append(block)
    return left_out


def _is_policy_section(selection: Selection, title: Block, section: list[Block], *, goes_on: bool) -> bool:
    """Returns whether a section with the title of an aside makes a statement, and stands in the middle of the policy.

    section: the blocks below the title.
    goes_on: whether running text of the policy stands below the section.
    """
    if not any(map(is_statement, section)):
        return False
    has_links = any(block.link_share > 0.5 for block in section)
    if goes_on:
        return not (has_links and names.is_aside_title(title.text.strip(names.ORNAMENTS)))
    return title.box is not None and selection.sections.has(title.box)


def empty_section(selection: Selection) -> list[Block]:
    """Leaves out the empty sections at the beginning and end of the core.

    A section is a child element of the core. A section counts as empty if it is above the first section with running
    text, or below the last section with likely policy words (`likely_policy_words`, see `extraction.blocks.Box`). An
    empty section isn't removed if the section contains an e-mail address, a number, a table row, or a heading of level
    1 or 2. Neither is a section without links, form fields and buttons, if it states something about data, or has a
    title and a text and is one of several sections of the same kind.
    """
    blocks, core = selection.blocks, selection.core
    sections = [_section_of(block, core) if core is not None else None for block in blocks]
    if not any(section is not None and section.likely_policy_words for section in sections):
        return []  # the policy's text is directly in the core, so nothing is known about its sections
    likely = [index for index, block in enumerate(blocks) if (sections[index] or block).likely_policy_words]
    # At the beginning, a section whose running text has no policy words may be an introduction. At the end, a section
    # without policy words isn't a part of the policy.
    first = next(
        index
        for index, (block, section) in enumerate(zip(blocks, sections, strict=True))
        if (section.prose_words if section is not None else is_prose(block))
    )
    if first and blocks[first - 1].level:
        first -= 1  # the title of the first section
    outside = [*range(first), *range(likely[-1] + 1, len(blocks))]
    informative = {id(sections[index]) for index in outside if _is_informative(blocks[index], sections[index])}
    texts = Counter(map(id, sections))
    return [
        blocks[index]
        for index in outside
        if (section := sections[index]) is not None
        and section is not blocks[index].box
        and section.tag not in _TEXT_TAGS
        and id(section) not in informative
        and not selection.sections.has(section)
        and not (
            (section.prose_words or (texts[id(section)] > 1 and not section.is_interactive))
            and selection.is_one_of_several(section)
        )
    ]


def _is_informative(block: Block, section: Box | None) -> bool:
    """Returns whether a block shows that its section isn't empty, although the section has no likely policy words.

    section: the child element of the core that contains the block; None if the block is directly in the core.
    """
    text = block.text
    if block.level in (1, 2) or "@" in text or (block.kind == "table_row" and block.link_share < 0.5):
        return True
    if _NUMBER.search(text) and not names.COPYRIGHT.fullmatch(text):
        return True
    return section is not None and not section.is_interactive and is_statement(block) and talks_of_data(text)


def _section_of(block: Block, core: Box) -> Box | None:
    """Returns the core's child element that contains the block.

    Returns None if the block is directly in the core, or outside the core.
    """
    box, child = block.box, None
    while box is not None and box is not core:
        box, child = box.parent, box
    return child if box is core else None


def below_copyright(selection: Selection) -> list[Block]:
    """Leaves out a copyright line near the end and the blocks below it, unless running text follows the line.

    These blocks are the page's footer.
    """
    blocks = selection.blocks
    for index in range(max(0, len(blocks) - 12), len(blocks)):
        if index and names.COPYRIGHT.fullmatch(blocks[index].text) and not blocks[index].level:
            if not any(is_prose(block) for block in blocks[index + 1 :]):
                return blocks[index:]
            break
    return []


def scrap_at_edge(selection: Selection) -> list[Block]:
    """Leaves out scraps of the page, such as "Back to top", at the beginning and the end."""
    blocks = selection.blocks
    first, last = 0, len(blocks)
    while last - first > 1 and _is_scrap(blocks[last - 1]):
        last -= 1
    while last - first > 1 and _is_scrap(blocks[first]):
        first += 1
    return [*blocks[:first], *blocks[last:]]


def contents_title(selection: Selection) -> list[Block]:
    """Leaves out titles of tables of contents."""
    return [block for block in selection.blocks if block.words < 6 and names.CONTENTS_TITLE.fullmatch(block.text)]


def scrap_link(selection: Selection) -> list[Block]:
    """Leaves out scraps of the page that are links."""
    return [block for block in selection.blocks if block.link_share > 0.9 and _is_scrap(block)]


def _is_scrap(block: Block) -> bool:
    text = block.text.strip(names.ORNAMENTS)
    if block.level in (1, 2):
        return False
    if names.PAGE_WORDS.fullmatch(text) or names.COPYRIGHT.fullmatch(text):
        return True
    if block.link_share > 0.9 and block.words <= 6 and not block.links:
        return True
    if block.kind == "table_row" and block.link_share < 0.5:
        return False  # the cells of a row are separated like the entries of a menu
    entries = names.MENU_SEPARATOR.split(text)
    return len(entries) > (2 if block.link_share > 0.3 else 3) and max(len(entry.split()) for entry in entries) <= 4


#: The rules for every page.
BUTTON_RULES: tuple[Callable[[Selection], list[Block]], ...] = (button,)
#: The rules for pages with running text that uses the policy vocabulary or shared words, in the order in which they are
#: applied. Afterwards, the policy's title and date are put back if they are above the core.
CORE_RULES: tuple[Callable[[Selection], list[Block]], ...] = (
    menu_around_text,
    outside_core,
    titled_aside,
    empty_section,
)
#: The rules that are applied last, to every page.
SCRAP_RULES: tuple[Callable[[Selection], list[Block]], ...] = (
    below_copyright,
    scrap_at_edge,
    contents_title,
    scrap_link,
)
