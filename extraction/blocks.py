"""Block and Box: the units that the readers (HTML, PDF, …) make of a page. Clauses are made from the blocks later."""

from dataclasses import dataclass, field

from core.clauses import ClauseKind

#: The level of a heading that is recognised only by its appearance. HTML declares the levels 1 to 6.
LOOKS_LEVEL = 7
# Elements that are sections even without a class name.
_SECTION_TAGS = frozenset(["section", "article", "details", "li"])
# A form is a small part of a page: elements that are further up need not know of it.
_MOST_BOXES_AROUND_FIELD = 40
_WITHOUT_DIGITS = str.maketrans("", "", "0123456789")


class Box:
    """An element of a page that contains blocks.

    tag: the element's tag in lower case; `div` for a custom element.
    names: the element's `id` and `class` in lower case, separated by spaces. The names of a custom element begin with
        the element's tag, for example `x-section`.
    id: the element's `id` as written; '' if the element has no id.
    role: the ARIA role in lower case; '' if the element has no role.
    parent: the box around this box; None for an outermost box.
    depth: the number of boxes around this box.
    hidden: whether the element is hidden when the page is opened.
    opens: the id of the element that the element opens when it is clicked; '' if it names none.
    form_fields: the number of form fields that a user fills in.

    The reader of a page sets the attributes above. After the whole page has been read, the furniture package sets the
    attributes below. Each number counts all blocks inside the box, at any depth:

    words: the number of words.
    link_words: the number of words in links.
    prose_words: the number of words in running text.
    policy_words: the number of all words in those blocks of running text that use the policy vocabulary (see
        extraction.words.vocabulary).
    likely_policy_words: an estimate of the number of words that belong to a policy: the sum over all blocks of
        `Block.likely_policy_words`.
    link_blocks: the number of blocks that consist mostly of links.
    same_page_links: the number of blocks that consist mostly of links to another place on the same page.
    linked_headings: the number of headings that consist mostly of links to other pages.
    buttons: the number of blocks that are on a button.
    left_out_by: the name of the rule by which the box or an outer box is page furniture; '' if the box isn't furniture.
    """

    __slots__ = (
        "buttons",
        "depth",
        "form_fields",
        "hidden",
        "id",
        "left_out_by",
        "likely_policy_words",
        "link_blocks",
        "link_words",
        "linked_headings",
        "names",
        "opens",
        "parent",
        "policy_words",
        "prose_words",
        "role",
        "same_page_links",
        "tag",
        "words",
    )

    left_out_by: str
    words: int
    link_words: int
    prose_words: int
    policy_words: int
    likely_policy_words: int
    link_blocks: int
    same_page_links: int
    linked_headings: int
    buttons: int

    def __init__(self, tag: str, names: str, role: str, parent: "Box | None", hidden: bool, id: str = "") -> None:
        self.tag = tag
        self.names = names
        self.id = id
        self.role = role
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.hidden = hidden
        self.opens = ""
        self.form_fields = 0

    def add_form_field(self) -> None:
        """Counts a form field that stands directly in the element.

        A `<form>` may have fields and no text. Then no block leads to the form when the counts are added up later, so
        the elements around a form count its fields at once.
        """
        self.form_fields += 1
        box: Box | None = self
        is_around_form = False
        for _ in range(_MOST_BOXES_AROUND_FIELD):
            if box is None:
                break
            box.form_fields += is_around_form
            is_around_form = is_around_form or box.tag == "form"
            box = box.parent

    def begin_counting(self) -> None:
        """Sets the counts to 0.

        The constructor doesn't set the counts, because most boxes of a page contain no block and are never counted.
        """
        self.left_out_by = ""
        self.words = self.link_words = self.prose_words = self.policy_words = self.likely_policy_words = 0
        self.link_blocks = self.same_page_links = self.linked_headings = self.buttons = 0

    @property
    def is_interactive(self) -> bool:
        """Whether the element has a block of links, a form field or a button.

        Parts of a policy may have the same names as furniture, but parts of a policy seldom have one of these features.
        """
        return bool(self.link_blocks or self.form_fields or self.buttons)

    @property
    def kind(self) -> tuple[int, str, str]:
        """What elements of the same kind have in common: parent, tag and class.

        Sections have ids of their own. So ids don't count, except for elements that have nothing but an id, such as
        `<div id="side">`. Numbers in ids and classes don't count.
        """
        classes = self.names.removeprefix(self.id.lower()).strip() if self.id else self.names
        names = classes or ("" if self.tag in _SECTION_TAGS else self.names)
        return id(self.parent), self.tag, names.translate(_WITHOUT_DIGITS)


@dataclass(slots=True, eq=False)
class Block:
    """A unit of a page's text, such as a paragraph, from which a clause is made.

    kind: the kind of the block.
    text: the normalised text, with at least one letter or digit.
    level: the level of a heading, from 1; 0 for any other kind of block.
    label: the label of an item in an ordered list, such as `3.`; None for any other block.
    links: the targets of the block's links.
    typography: the text as the source spells it (see `core.clauses.Clause`); None if not known (PDF).
    bold: whether all characters are bold.
    link_share: the share of the characters that are in links, from 0 to 1.
    box: the innermost element that contains the block; None if the source has no elements (PDF, plain text).
    on_button: whether the block is on a button.
    to_same_page: whether most of the block is a link to another place on the same page.
    opens: the id of the element that the block opens or leads to: a tab's or button's panel (`aria-controls`,
        `data-bs-target`, `onclick`, …), or the place on the same page to which the block is a link; '' if it names no
        element.

    After the whole page has been read, the furniture package sets the other fields:

    words: the number of words in the block.
    policy_words: `words` if the block is running text with a word of the policy vocabulary; otherwise 0.
    likely_policy_words: equal to `policy_words`, with one exception. The value is half of `words` if the block is
        running text without a word of the policy vocabulary, but with two different shared words. Shared words are
        words that both policies and other pages use often (see extraction.words.vocabulary).
    left_out_by: the name of the rule that left the block out of the policy's text; '' if the block is kept.
    panels: the number of titled panels around the block (see `extraction.furniture.panels`). The title of a panel
        stands outside the panel.
    """

    kind: ClauseKind
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
    opens: str = ""
    words: int = field(default=0, init=False)
    policy_words: int = field(default=0, init=False)
    likely_policy_words: int = field(default=0, init=False)
    left_out_by: str = field(default="", init=False)
    panels: int = field(default=0, init=False)
