"""Recognises sections of the policy that have the names, tags or roles of page furniture.

Vendors call sections of a policy `cookie-settings`, `newsletter` or `comments`, put them into `<aside>` or `<footer>`,
and put a form or a button into them. So a name, tag or role alone decides nothing inside the policy: an element that
makes a statement is a section if it stands in the middle of the policy, or is one of several sections of the same kind,
or a panel that the visitor opens.
"""

import re

from extraction.blocks import Block, Box
from extraction.furniture import names
from extraction.furniture.controls import boxes_by_id, is_caption, is_control, opened_id, panel_below, stands_in
from extraction.furniture.element_rules import MeasuredPage
from extraction.furniture.measuring import hardly_any_likely_policy_words, hardly_any_policy_words
from extraction.words.vocabulary import uses_policy_word, uses_shared_words

# A statement begins with a sentence of at least three words. A question is no statement: "Was this helpful?". Neither
# is a text that only waits: "Loading the list...".
_SENTENCE = re.compile(r"\S+\s\S+\s[^.!?…]*[\w)][.!](?=[\s)”\"»'’]|$)")
# Scripts without spaces, or with full stops of their own.
_OTHER_SENTENCE = re.compile(r"[^?？]{6,}?[。．！।۔]")
# A `<form>` with at least this share of the policy is the form around a whole page, which some servers write.
_PAGE_FORM_SHARE = 0.15
_LONGEST_TITLE = 10
_RIGHTS_RESERVED = re.compile(r"©|copyright|rights reserved", re.IGNORECASE)
_FRAME_TAGS = frozenset(["nav", "search", "footer"])
# The core has at least this share of the policy words that no rule leaves out.
_CORE_SHARE = 0.9


class PolicySections:
    """Says which elements of a page are sections of the policy, although a furniture rule would leave them out.

    page: the measured page, after the rules have set `left_out_by` on its elements.
    """

    def __init__(self, page: MeasuredPage) -> None:
        self._page = page
        # The policy words of an element that rules leave out, by the Python id of the element.
        self._left_out: dict[int, int] = {}
        kept_words = page.policy_words
        for box in page.boxes:
            if box.left_out_by and box.policy_words and not (box.parent is not None and box.parent.left_out_by):
                kept_words -= box.policy_words
                around: Box | None = box
                while around is not None:
                    self._left_out[id(around)] = self._left_out.get(id(around), 0) + box.policy_words
                    around = around.parent
        self._core: Box | None = None  # the innermost element with nearly all of the policy
        for box in page.boxes:
            if box.policy_words and self._kept_words(box) >= _CORE_SHARE * kept_words:
                self._core = box
        # Most pages have no furniture inside the core. Only if there is some, the blocks are counted.
        self._first: dict[int, int] = {}  # maps the id of an element to the index of its first block
        self._last: dict[int, int] = {}
        self._policy_words = [0]  # policy words before each index, without elements that a rule leaves out
        self._statements = [0]  # statements in the blocks before each index
        self._talking = [0]  # statements before each index that use words of policies
        # Sections of the same kind have the same parent, tag and class. These kinds have policy words.
        self._kinds: set[tuple[int, str, str]] = set()
        self._panels: set[int] = set()  # the ids of the panels of the policy, and of the elements around them

    def _kept_words(self, box: Box) -> int:
        return box.policy_words - self._left_out.get(id(box), 0)

    def _count_blocks(self) -> None:
        """Counts the statements and the policy words of the page's blocks."""
        blocks = self._page.blocks
        for index, block in enumerate(blocks):
            box = block.box
            while box is not None and id(box) not in self._first:
                self._first[id(box)] = index
                box = box.parent
            leads_list = block.text.endswith(":") and index + 1 < len(blocks) and _is_item(blocks[index + 1])
            states = (leads_list or is_statement(block)) and not self._is_in_form(block.box)
            talks = states and talks_of_data(block.text)
            is_kept = block.box is None or not block.box.left_out_by
            self._policy_words.append(self._policy_words[-1] + is_kept * block.policy_words)
            self._statements.append(self._statements[-1] + states)
            self._talking.append(self._talking[-1] + talks)
        for index in reversed(range(len(blocks))):
            box = blocks[index].box
            while box is not None and id(box) not in self._last:
                self._last[id(box)] = index
                box = box.parent
        self._kinds = {box.kind for box in self._page.boxes if box.policy_words and self._kept_words(box)}
        self._panels = self._panels_of_policy()

    def _panels_of_policy(self) -> set[int]:
        """Returns the Python ids of the panels that are sections of the policy, and of the elements around the panels.

        These are panels of an accordion: elements in the core, of the same tag, class and depth, that buttons or links
        open, or that have a title above them. One of them makes a statement, and the policy begins above them. A panel
        that is the only one of its kind makes a statement itself, and its button or link names it.
        """
        core, blocks = self._core, self._page.blocks
        by_id = boxes_by_id(self._page.boxes)
        alike: dict[tuple[str, str, int], list[Box]] = {}
        named: set[int] = set()
        for index, block in enumerate(blocks):
            following = blocks[index + 1] if index + 1 < len(blocks) else None
            is_opener = is_control(block)
            if core is None or not (is_opener or (following is not None and is_caption(block, following))):
                continue
            panel = by_id.get(opened_id(block)) if is_opener else None
            if panel is not None:
                named.add(id(panel))
            elif following is not None and not is_control(following) and not is_statement(block):
                panel = panel_below(block, following)
            if (
                panel is not None
                and panel is not core
                and stands_in(panel, core)
                and not stands_in(block.box, panel)
                and not (panel.form_fields or panel.role in ("dialog", "alertdialog") or panel.tag == "dialog")
                and panel.link_words * 2 <= panel.words
            ):
                alike.setdefault((*panel.kind[1:], panel.depth), []).append(panel)
        panels: set[int] = set()
        for accordion in alike.values():
            is_single = len(accordion) == 1 and id(accordion[0]) not in named
            is_below_text = self._talking[self._first[id(accordion[0])]] > 0
            if not is_below_text or is_single or not any(self._count(self._statements, panel) for panel in accordion):
                continue
            for panel in accordion:
                box: Box | None = panel
                while box is not None and box is not core and id(box) not in panels:
                    panels.add(id(box))
                    box = box.parent
        return panels

    def _around_talking(self) -> Box | None:
        """Returns the innermost element around all statements that use words of policies; None if there are none."""
        core: Box | None = None
        for block in self._page.blocks:
            if block.box is not None and is_statement(block) and talks_of_data(block.text):
                core = core or block.box
                while core is not None and not stands_in(block.box, core):
                    core = core.parent
        return core

    def has(self, box: Box) -> bool:
        """Returns whether an element is a section of the policy.

        box: an element that a furniture rule would leave out, of which no outer element is left out.
        """
        if self._core is None and not self._first:  # no text is long enough to count as running text
            self._core = self._around_talking()
        core, child = self._core, self._child_around(box)
        if core is None or child is None or box.tag == "noscript" or box.link_words * 2 > box.words:
            return False
        if not self._first:
            self._count_blocks()
        is_panel = id(box) in self._panels
        if not is_panel and not self._count(self._statements, box):
            return False
        talks = bool(self._count(self._talking, box))
        if box.tag == "form" and (not box.prose_words or hardly_any_likely_policy_words(box)):
            return False
        if (
            self._is_dismissed(box)
            or self._offers_something(box)
            or (self._is_over_page(box) and not is_panel and not self._is_opened_in_text(box))
        ):
            return False
        if is_panel:
            return True
        if self._is_surrounded(child):
            return not (core.tag == "body" and self._is_over_page(box))
        if box.is_interactive and (box.tag in _FRAME_TAGS or box.role in names.FRAME_ROLES):
            return talks and not self._has_copyright(box)
        # At the beginning and the end of the policy there is furniture of every kind.
        if box.kind in self._kinds:
            has_title = self._page.blocks[self._first[id(box)]].level > 0
            return talks or (not (box.form_fields or box.link_blocks) and (has_title or not box.buttons))
        is_in_flow = box.parent is core and core.tag != "body" and not self._is_over_page(box)
        return is_in_flow and not box.form_fields and (talks or not box.is_interactive)

    def _is_surrounded(self, child: Box) -> bool:
        """Returns whether there is text of the policy above and below a child element of the core."""
        first, last = self._first[id(self._core)], self._last[id(self._core)]
        words = self._policy_words
        above, below = self._first[id(child)], self._last[id(child)] + 1
        return words[above] > words[first] and words[last + 1] > words[below]

    def _child_around(self, box: Box) -> Box | None:
        """Returns the core's child element around `box` (or `box` itself); None if `box` isn't inside the core."""
        child = box
        while child.parent is not None and child.parent is not self._core:
            child = child.parent
        return child if child.parent is not None else None

    def _count(self, counts: list[int], box: Box) -> int:
        return counts[self._last[id(box)] + 1] - counts[self._first[id(box)]]

    def _is_in_form(self, box: Box | None) -> bool:
        while box is not None:
            if box.tag == "form" and box.form_fields:
                return box.policy_words < _PAGE_FORM_SHARE * self._page.policy_words
            box = box.parent
        return False

    def _offers_something(self, box: Box) -> bool:
        """Returns whether an element has a title of asides, and the links or form fields that the title offers."""
        first = self._page.blocks[self._first[id(box)]]
        if not box.is_interactive or first.words > _LONGEST_TITLE:
            return False
        title = first.text.strip(names.ORNAMENTS)
        if names.is_aside_title(title) and (box.form_fields or hardly_any_policy_words(box)):
            return True
        return box.form_fields > 0 and hardly_any_policy_words(box) and names.is_invitation(title)

    def _is_over_page(self, box: Box) -> bool:
        return box.hidden or box.role in ("dialog", "alertdialog") or box.tag == "dialog"

    def _is_opened_in_text(self, box: Box) -> bool:
        """Returns whether a hidden element or dialog is opened by the text around it, like a list of partners.

        Such an element has a title, stands below the title or button that opens it, or is one of several panels.
        Dialogs with form fields are something else, such as a login.
        """
        if box.form_fields:
            return False
        first = self._first[id(box)]
        if self._page.blocks[first].level:
            return True
        if box.role in ("dialog", "alertdialog") or box.tag == "dialog":
            return False
        above = self._page.blocks[first - 1] if first else None
        is_below_opener = above is not None and (above.level > 0 or above.on_button or above.to_same_page)
        return is_below_opener or box.kind in self._kinds or bool(self._count(self._talking, box))

    def _has_copyright(self, box: Box) -> bool:
        blocks = self._page.blocks[self._first[id(box)] : self._last[id(box)] + 1]
        return any(_RIGHTS_RESERVED.search(block.text) for block in blocks)

    def _is_dismissed(self, box: Box) -> bool:
        """Returns whether an element is a banner: a text without a heading, with a button that closes the banner."""
        blocks = self._page.blocks[self._first[id(box)] : self._last[id(box)] + 1]
        return not any(block.level for block in blocks) and any(
            block.on_button and (names.PAGE_WORDS.fullmatch(block.text) or names.is_consent_control(block.text))
            for block in blocks
        )


def _is_item(block: Block) -> bool:
    return block.kind == "list_item" and block.link_share < 0.5


def is_statement(block: Block) -> bool:
    """Returns whether a block is a sentence that isn't a heading, a link, a button or a question."""
    if block.level or block.on_button or block.link_share > 0.5:
        return False
    return bool(_SENTENCE.match(block.text) or (not block.text.isascii() and _OTHER_SENTENCE.match(block.text, 0, 400)))


def talks_of_data(text: str) -> bool:
    """Returns whether a text uses the policy vocabulary, or two words that policies share with other pages."""
    return uses_policy_word(text) or uses_shared_words(text)
