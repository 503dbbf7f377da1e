"""Block and Box: what a reader of a format makes of a page, before the blocks become clauses."""

from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list_item", "table_row"]

#: The level of a heading that is known only by its looks. It ranks below every level that HTML can declare.
LOOKS_LEVEL = 7


class Box:
    """An element of a page that holds blocks.

    names: its `id` and `class` in lower case, separated by spaces; role: its ARIA role; hidden: whether the page hides
        it at first. depth: how many boxes are around it.
    form_fields: how many fields to fill in it holds. The reader counts them.

    The furniture package counts the rest, once all blocks are known, over every block inside the box:

    words, link_words: all words; words in links.
    prose_words: words of running text.
    policy_words: words of the running text that uses a word of the policy vocabulary.
    likely_policy_words: the same, plus half the words of running text that uses only words which policies share with
        other pages.
    link_blocks: blocks that are mostly link; same_page_links: those that lead to a place of the same page;
        linked_headings: those that are headings.
    buttons: blocks that stand on a button.
    furniture: whether the box is page furniture or stands in some.
    """

    __slots__ = (
        "buttons",
        "depth",
        "form_fields",
        "furniture",
        "hidden",
        "likely_policy_words",
        "link_blocks",
        "link_words",
        "linked_headings",
        "names",
        "parent",
        "policy_words",
        "prose_words",
        "role",
        "same_page_links",
        "tag",
        "words",
    )

    furniture: bool
    words: int
    link_words: int
    prose_words: int
    policy_words: int
    likely_policy_words: int
    link_blocks: int
    same_page_links: int
    linked_headings: int
    buttons: int

    def __init__(self, tag: str, names: str, role: str, parent: "Box | None", hidden: bool) -> None:
        self.tag = tag
        self.names = names
        self.role = role
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.hidden = hidden
        self.form_fields = 0

    def begin_counting(self) -> None:
        """Sets the counts to 0. The reader doesn't, since most boxes of a page hold no block and are never counted."""
        self.furniture = False
        self.words = self.link_words = self.prose_words = self.policy_words = self.likely_policy_words = 0
        self.link_blocks = self.same_page_links = self.linked_headings = self.buttons = 0


@dataclass(slots=True, eq=False)
class Block:
    """A stretch of a page's text that stands by itself.

    text: normalised; has at least one letter or digit.
    level: of a heading, from 1; 0 for any other kind.
    label: the number that an ordered list gives the item; None if the list gives none.
    typography: as in core.clauses.Clause; None if the source doesn't say.
    bold: whether all its characters are bold. link_share: the share of its characters that stand in links, 0 to 1.
    box: the innermost element that holds it; None if the source has no elements.
    on_button: whether it stands on a button. to_same_page: whether most of it links to a place of the same page.

    The furniture package counts the rest, once all blocks are known:

    words: its words.
    policy_words: the same number if the block is running text that uses a word of the policy vocabulary, else 0.
    likely_policy_words: the same; half the number if the block is running text that uses only words which policies
        share with other pages.
    """

    kind: BlockKind
    text: str
    level: int = 0
    label: str | None = None
    links: tuple[str, ...] = ()
    typography: str | None = None
    bold: bool = False
    link_share: float = 0.0
    box: Box | None = None
    on_button: bool = False
    to_same_page: bool = False
    words: int = field(default=0, init=False)
    policy_words: int = field(default=0, init=False)
    likely_policy_words: int = field(default=0, init=False)
