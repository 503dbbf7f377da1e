"""Block: a stretch of a page's text that stands by itself, before it is known what clause it makes."""

from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list_item", "table_row"]

#: The level of a heading that only its looks make one: below every level a page can declare.
LOOKS_LEVEL = 7


class Box:
    """An element of the page that holds blocks.

    names: its `id` and `class` in lower case, space between. depth: how many boxes are around it.
    furniture: it is page furniture, or stands in some.
    fields: how many fields to fill in it holds, counted as the page is walked. All else is counted once all blocks
        are known:
    words, link_words: of all blocks inside. prose: the words among them that stand in running text, as a policy's do;
        policy: those of them that speak of what policies are about; speaking: those that do so at least in words that
        other pages use, too. links: how many blocks are links for the most
        part; place_links: those among them that lead to a place of the same page; linked_headings: those that are
        headings. controls: how many stand on buttons.
    """

    __slots__ = (
        "controls",
        "depth",
        "fields",
        "furniture",
        "hidden",
        "link_words",
        "linked_headings",
        "links",
        "names",
        "parent",
        "place_links",
        "policy",
        "prose",
        "role",
        "speaking",
        "tag",
        "words",
    )

    furniture: bool
    words: int
    link_words: int
    prose: int
    policy: int
    speaking: int
    links: int
    place_links: int
    linked_headings: int
    controls: int

    def __init__(self, tag: str, names: str, role: str, parent: "Box | None", hidden: bool) -> None:
        self.tag = tag
        self.names = names
        self.role = role
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.hidden = hidden
        self.fields = 0

    def begin_counting(self) -> None:
        """Sets to nothing all that is counted once all blocks are known: of the many boxes few hold any."""
        self.furniture = False
        self.words = self.link_words = self.prose = self.policy = self.speaking = 0
        self.links = self.place_links = self.linked_headings = self.controls = 0


@dataclass(slots=True, eq=False)
class Block:
    """A stretch of text that stands by itself.

    text: tidied, never without a letter or digit.
    typography: the text as it is set (core.clauses.Clause), None where the source does not tell.
    level: of a heading, from 1; 0 for all else.
    label: the number an ordered list gives it, None otherwise.
    bold: every character of it is emphasised. linked: share of its characters that stand in links, 0 to 1.
    box: the element that holds it, None where the source has no elements. in_control: it stands on a button.
    to_place: its links lead to a place of the same page.
    size: how many words. policy, speaking: the same where it is running text that speaks of what policies are about,
        or speaks of it at least in words that other pages use, too; else 0. Counted once all blocks are known.
    """

    kind: BlockKind
    text: str
    level: int = 0
    label: str | None = None
    links: tuple[str, ...] = ()
    typography: str | None = None
    bold: bool = False
    linked: float = 0.0
    box: Box | None = None
    in_control: bool = False
    to_place: bool = False
    size: int = field(default=0, init=False)
    policy: int = field(default=0, init=False)
    speaking: int = field(default=0, init=False)
