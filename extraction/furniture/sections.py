"""Recognises sections of the policy that have the names, tags or roles of page furniture.

Vendors call sections of a policy `cookie-settings`, `newsletter` or `comments`, put them into `<aside>` or `<footer>`,
and put a form or a button into them. So a name, tag or role alone decides nothing inside the policy: an element that
makes a statement is a section if it stands in the middle of the policy, or is one of several sections of the same kind.
"""

from extraction.blocks import Block, Box
from extraction.furniture import names
from extraction.furniture.element_rules import MeasuredPage
from extraction.furniture.measuring import hardly_any_likely_policy_words, hardly_any_policy_words
from extraction.words.vocabulary import uses_policy_word, uses_shared_words

# A statement has at least so many words, and the end of a sentence. In a script without spaces, a statement has at
# least so many characters. A question is no statement: "Was this helpful?".
_FEWEST_WORDS = 3
_FEWEST_CHARACTERS = 8
_SENTENCE_END = (".", "!", "。", "．", "！", "।", "۔", ".”", '."', ".)", ".»")
# A `<form>` with at least this share of the policy is the form around a whole page, which some servers write.
_PAGE_FORM_SHARE = 0.15
_LONGEST_TITLE = 10
# The core has at least this share of the policy words that no rule leaves out.
_CORE_SHARE = 0.9


class PolicySections:
    """Says which elements of a page are sections of the policy, although a furniture rule would leave them out.

    page: the measured page, after the rules have set `left_out_by` on its elements. The constructor counts the page's
        statements once, so it takes time in proportion to the page's size, and `has` takes hardly any.
    """

    def __init__(self, page: MeasuredPage) -> None:
        self._page = page
        self._first: dict[int, int] = {}  # maps the id of an element to the index of its first block
        self._last: dict[int, int] = {}
        self._policy_words = [0]  # policy words before each index, without elements that a rule leaves out
        self._statements = [0]  # statements in the blocks before each index
        self._talking = [0]  # statements before each index that use words of policies
        for index, block in enumerate(page.blocks):
            box = block.box
            while box is not None and id(box) not in self._first:
                self._first[id(box)] = index
                box = box.parent
            states = is_statement(block) and not self._is_in_form(block.box)
            talks = states and talks_of_data(block.text)
            is_kept = block.box is None or not block.box.left_out_by
            self._policy_words.append(self._policy_words[-1] + is_kept * block.policy_words)
            self._statements.append(self._statements[-1] + states)
            self._talking.append(self._talking[-1] + talks)
        for index in reversed(range(len(page.blocks))):
            box = page.blocks[index].box
            while box is not None and id(box) not in self._last:
                self._last[id(box)] = index
                box = box.parent
        # Sections of the same kind have the same parent, tag and class. The values are the number of these sections
        # with policy words.
        self._kinds: dict[tuple[int, str, str], int] = {}
        self._core: Box | None = None  # the innermost element with nearly all of the policy
        for box in page.boxes:
            words = self._count(self._policy_words, box)
            if words >= _CORE_SHARE * self._policy_words[-1]:
                self._core = box
            if words:
                kind = box.kind
                self._kinds[kind] = self._kinds.get(kind, 0) + 1

    def has(self, box: Box) -> bool:
        """Returns whether an element is a section of the policy.

        box: an element that a furniture rule would leave out, of which no outer element is left out.
        """
        if box.tag == "noscript" or not self._count(self._statements, box) or box.link_words * 2 > box.words:
            return False
        talks = bool(self._count(self._talking, box))
        if box.tag == "form" and (not box.prose_words or hardly_any_likely_policy_words(box)):
            return False
        if self._invites(box) or self._is_dismissed(box):
            return False
        core, child = self._core, self._child_around(box)
        if core is None or child is None:
            return False
        is_over_page = box.hidden or box.role in ("dialog", "alertdialog")
        if self._is_surrounded(child) and not (core.tag == "body" and is_over_page):
            return not box.prose_words or not box.is_interactive or not hardly_any_likely_policy_words(box)
        # At the beginning and the end of the policy there is furniture of every kind.
        if self._kinds.get(box.kind):
            return talks or not box.is_interactive
        is_in_flow = box.parent is core and core.tag != "body"
        return is_in_flow and not box.form_fields and (talks if box.is_interactive or is_over_page else True)

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

    def _invites(self, box: Box) -> bool:
        """Returns whether an element begins with the title of an aside, and offers what the title says."""
        if not box.is_interactive:
            return False
        first = self._page.blocks[self._first[id(box)]]
        if first.words > _LONGEST_TITLE or not hardly_any_policy_words(box):
            return False
        title = first.text.strip(names.ORNAMENTS)
        return names.is_aside_title(title) or (bool(box.form_fields) and names.is_shared_title(title))

    def _is_dismissed(self, box: Box) -> bool:
        """Returns whether an element is a banner: a text without a heading, with a button that closes the banner."""
        blocks = self._page.blocks[self._first[id(box)] : self._last[id(box)] + 1]
        return not any(block.level for block in blocks) and any(
            block.on_button and (names.PAGE_WORDS.fullmatch(block.text) or names.is_consent_control(block.text))
            for block in blocks
        )


def is_statement(block: Block) -> bool:
    """Returns whether a block is a sentence that isn't a heading, a link, a button or a question."""
    if block.level or block.on_button or block.link_share > 0.5:
        return False
    text = block.text
    if not text.endswith(_SENTENCE_END) or text.endswith("..."):
        return False
    return text.count(" ") + 1 >= _FEWEST_WORDS or (not text.isascii() and len(text) >= _FEWEST_CHARACTERS)


def talks_of_data(text: str) -> bool:
    """Returns whether a text uses the policy vocabulary, or two words that policies share with other pages."""
    return uses_policy_word(text) or uses_shared_words(text)
