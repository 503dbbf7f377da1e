"""The rules that decide which elements of a page are furniture.

The rules use an element's tag, ARIA role, class names and id, and counts of the element's words. The words in links are
counted, and the words of running text that uses the policy vocabulary. The policy vocabulary is the set of words that
policies use far more often than other pages (see `extraction.furniture.measuring`).

Some tags and names are used for furniture and for parts of policies. An element with one of these tags or names counts
as furniture only if the element also has a second feature of furniture.

There are two lists of rules. A rule of PAGE_RULES examines the whole page, and returns the elements to leave out. Then
the rules of ELEMENT_RULES examine each element that is left. The first rule that decides counts. The name of a rule is
the name of its function. To add a rule, write the function in this module, and add it to one of the two lists at the
end of the module, at the position where it should be applied. If the rule leaves out elements that have none of the
features that `rule_for` looks for first, add the feature there.
"""

from collections.abc import Callable
from dataclasses import dataclass

from extraction.blocks import Block, Box
from extraction.furniture import names
from extraction.furniture.measuring import hardly_any_likely_policy_words, hardly_any_policy_words
from extraction.words.normalization import word_set

#: Elements that may count as furniture because of a class name or id. Paragraphs and headings aren't in the set,
#: because paragraphs and headings are the vendor's text, even if their class is a name of furniture.
CONTAINER_TAGS = word_set(
    "div section header footer aside ul ol dl table form fieldset center figure details li td menu dir hgroup "
    "article address"
)
# The frame of a page is the navigation, header and footer around the page's text. An element isn't a part of the
# frame, but contains the policy, if two conditions are met. First, the element has at least _FRAME_POLICY_WORDS words
# in running text that uses the policy vocabulary. Second, the element has more than _FRAME_PROSE_SHARE of the page's
# running text.
_FRAME_POLICY_WORDS = 200
_FRAME_PROSE_SHARE = 0.6


@dataclass(slots=True)
class MeasuredPage:
    """A page whose words have been counted.

    blocks: the blocks of the page.
    boxes: the elements around the blocks. Each element comes after its parent element.
    policy_words, prose_words: the two counts that `measure` returns for the page.
    """

    blocks: list[Block]
    boxes: list[Box]
    policy_words: int
    prose_words: int


@dataclass(slots=True)
class Element:
    """An element of a page, with the facts that several rules use.

    box: the element.
    kinds: the kinds of furniture that the element's class names and id suggest, as flags (`names.kinds_by_names`).
    kinds_besides_banner: `kinds`, but 0 if one of them is a banner. Many sections of policies have names such as
        `privacy-notice`. The other parts of such a name are no sign of furniture.
    share: the element's share of the page's running text that uses the policy vocabulary, from 0 to 1.
    prose_words: the number of words in all running text of the page.
    """

    box: Box
    kinds: int
    kinds_besides_banner: int
    share: float
    prose_words: int


def rule_for(box: Box, page: MeasuredPage) -> str:
    """Returns the name of the rule of ELEMENT_RULES that leaves out an element; '' if the element is kept."""
    kinds = names.kinds_by_names(box.names) if box.names else 0
    has_no_features = not (kinds or box.role or box.form_fields or box.hidden) and box.link_blocks < 3
    if has_no_features and box.linked_headings < 2 and box.tag not in names.FURNITURE_TAGS:
        return ""  # a shortcut for most elements: no rule leaves out an element without these features
    share = box.policy_words / page.policy_words if page.policy_words else 0.0
    element = Element(box, kinds, 0 if kinds & names.BANNER else kinds, share, page.prose_words)
    for rule in ELEMENT_RULES:
        is_left_out = rule(element)
        if is_left_out is not None:
            return rule.__name__ if is_left_out else ""
    return ""


def consent_manager(element: Element) -> bool | None:
    """Leaves out the elements of consent managers, however much text they have."""
    return True if element.kinds & names.CONSENT else None


def main_element(element: Element) -> bool | None:
    """Keeps `<body>` and `<main>`."""
    return False if element.box.tag in ("body", "main") else None


def page_frame(element: Element) -> bool | None:
    """Leaves out the frame around a page, which is the navigation and the footer, unless it contains the policy."""
    box = element.box
    contains_policy = (
        box.policy_words >= _FRAME_POLICY_WORDS and box.prose_words > _FRAME_PROSE_SHARE * element.prose_words
    )
    return True if not contains_policy and _is_frame(element) else None


def most_of_policy(element: Element) -> bool | None:
    """Keeps elements with more than half of the policy's text."""
    return False if element.share > 0.5 else None


def footer(element: Element) -> bool | None:
    """Decides on footers within an article. A footer without links, form fields and buttons is the article's text."""
    if element.box.tag != "footer":
        return None
    return element.share < 0.2 and element.box.is_interactive


def side_element(element: Element) -> bool | None:
    """Decides on elements whose tag or role is used for text beside the page's text, such as dialogs."""
    box = element.box
    if box.tag in names.SIDE_TAGS or box.role in names.SIDE_ROLES:
        return element.share < 0.3 or hardly_any_policy_words(box)
    return None


def header_or_aside(element: Element) -> bool | None:
    """Decides on `<header>` and `<aside>`. Within an article, both are parts of the text."""
    box = element.box
    if box.tag in ("header", "aside"):
        return (element.share < 0.1 or hardly_any_policy_words(box)) and not _in_article(box)
    return None


def text_element(element: Element) -> bool | None:
    """Keeps elements that contain a single text, and elements with much of the policy's text."""
    return False if element.box.tag not in CONTAINER_TAGS or element.share > 0.3 else None


def named_banner(element: Element) -> bool | None:
    """Leaves out small elements that have the name of a banner, and a further feature of a banner.

    Sections of a policy may have the same names. The further feature is a button, or that the element is hidden at
    first or is a child of the body.
    """
    box = element.box
    if not element.kinds & names.BANNER or box.words >= 150:
        return None
    is_over_page = box.hidden or (box.parent is not None and box.parent.tag == "body")
    return True if is_over_page or box.buttons else None


def named_links(element: Element) -> bool | None:
    """Leaves out elements that have the name of a list of links, and consist mostly of links."""
    if not element.kinds_besides_banner & names.LINKS:
        return None
    return True if element.share < 0.05 and element.box.link_words * 2 > element.box.words else None


def named_metadata(element: Element) -> bool | None:
    """Leaves out small elements that have the name of an article's author, tags or likes."""
    if not element.kinds_besides_banner & names.META:
        return None
    return True if element.box.words < 80 and element.box.policy_words == 0 else None


def named_edge(element: Element) -> bool | None:
    """Leaves out elements that have the name of a header or footer, and consist mostly of links."""
    if not element.kinds_besides_banner & names.EDGE:
        return None
    return True if element.box.prose_words == 0 and element.box.link_words > 0.6 * element.box.words else None


def named_menu(element: Element) -> bool | None:
    """Leaves out elements that have the name of a menu, and at least three links."""
    if not element.kinds_besides_banner & names.MENU:
        return None
    return True if element.box.link_blocks >= 3 and hardly_any_policy_words(element.box) else None


def named_widget(element: Element) -> bool | None:
    """Leaves out elements that have a name that sections of policies never have, such as `rating`."""
    if not element.kinds_besides_banner & names.EMPTY:
        return None
    has_feature = element.box.is_interactive or element.box.words < 60
    return True if has_feature and hardly_any_likely_policy_words(element.box) else None


def named_aside(element: Element) -> bool | None:
    """Leaves out small elements that have the name of an aside, and a link, a form field or a button."""
    if not element.kinds_besides_banner & names.ASIDE:
        return None
    box = element.box
    return True if box.words < 150 and box.is_interactive and hardly_any_likely_policy_words(box) else None


def form(element: Element) -> bool | None:
    """Leaves out forms."""
    box = element.box
    if not box.form_fields:
        return None
    is_small = box.words < 200 and hardly_any_policy_words(box)
    return True if is_small or (box.tag == "form" and element.share < 0.15 and box.words < 300) else None


def list_of_teasers(element: Element) -> bool | None:
    """Leaves out elements with several headings that are links to other pages."""
    return True if element.box.linked_headings >= 2 and hardly_any_policy_words(element.box) else None


def hidden_scrap(element: Element) -> bool | None:
    """Leaves out elements with a few words that the page hides at first."""
    return True if element.box.hidden and element.box.prose_words == 0 and element.box.words < 12 else None


def table_of_contents(element: Element) -> bool | None:
    """Leaves out elements that have no running text, and consist mostly of links to other places on the same page."""
    box = element.box
    if box.link_blocks < 3 or box.prose_words:
        return None
    return True if box.same_page_links >= 0.8 * box.link_blocks and box.link_words > 0.6 * box.words else None


def titled_element(page: MeasuredPage) -> set[int]:
    """Returns the Python ids (`id(box)`) of the elements that begin with the title of an aside.

    An aside is text beside the policy that isn't a part of the policy. An example of a title is "Related articles".
    """
    begun_boxes: set[int] = set()
    asides: set[int] = set()
    for block in page.blocks:
        box = block.box
        if block.words <= 10 and block.kind in ("heading", "paragraph") and block.link_share < 0.5:
            title = block.text.strip(names.ORNAMENTS)
            is_certain = names.is_aside_title(title)
            if is_certain or names.is_shared_title(title):
                while box is not None and id(box) not in begun_boxes and box.prose_words <= 0.3 * page.prose_words:
                    is_small = box.words < 200 and (box.policy_words <= 0.25 * page.policy_words or box.form_fields > 0)
                    if box.tag in ("body", "main") or not (hardly_any_policy_words(box) or (is_certain and is_small)):
                        break
                    if box.words > block.words:
                        asides.add(id(box))
                    box = box.parent
        box = block.box
        while box is not None and (box_id := id(box)) not in begun_boxes:
            begun_boxes.add(box_id)
            box = box.parent
    return asides


def consent_request(page: MeasuredPage) -> set[int]:
    """Returns the Python ids (`id(box)`) of the elements that only ask for consent.

    Each of these elements has a button or link that gives or refuses consent.
    """
    requests: set[int] = set()
    for block in page.blocks:
        if block.words <= 5 and (block.on_button or block.link_share > 0.9):
            if not names.is_consent_control(block.text):
                continue
            box = block.box
            while (
                box is not None
                and box.words < 300
                and box.policy_words <= 0.4 * page.policy_words
                and box.tag not in ("body", "main")
            ):
                if box.prose_words:
                    requests.add(id(box))
                    break
                box = box.parent
    return requests


def hidden_copy(page: MeasuredPage) -> set[int]:
    """Returns the Python ids (`id(box)`) of the hidden elements that are copies of another element.

    A page may contain the same panel several times, once for each place where the panel can be opened. Two elements
    count as copies if they have the same counts of words, and the same texts in their first and last blocks. The first
    copy that isn't hidden stays on the page. If all copies are hidden, the first copy stays on the page.
    """
    blocks, boxes = page.blocks, page.boxes
    if sum([box.hidden and box.words > 8 for box in boxes]) < 2:
        return set()
    first: dict[int, int] = {}  # maps the id of an element to the index of the first block inside the element
    last: dict[int, int] = {}
    for index, block in enumerate(blocks):
        if block.box is not None:
            first.setdefault(id(block.box), index)
            last[id(block.box)] = index
    for box in reversed(boxes):  # innermost first
        if box.parent is not None:
            begin, end, above = first[id(box)], last[id(box)], id(box.parent)
            first[above] = min(begin, first.get(above, begin))
            last[above] = max(end, last.get(above, end))
    sizes = {(box.words, box.prose_words) for box in boxes if box.hidden}
    begin_by_content: dict[tuple[int, int, str, str], int] = {}
    copies: set[int] = set()
    for box in sorted(boxes, key=lambda box: box.hidden):
        if box.words > 8 and (box.words, box.prose_words) in sizes:
            begin = first[id(box)]
            content = (box.words, box.prose_words, blocks[begin].text, blocks[last[id(box)]].text)
            # An element and its only child element have the same content and begin with the same block. The two
            # elements aren't copies of each other.
            if box.hidden and begin_by_content.get(content, begin) != begin:
                copies.add(id(box))
            begin_by_content.setdefault(content, begin)
    return copies


def _is_frame(element: Element) -> bool:
    """Returns whether an element belongs to the frame around a page: the navigation or the footer."""
    box = element.box
    if box.tag in names.FRAME_TAGS or box.role in names.FRAME_ROLES:
        return True
    if box.tag != "footer" and not element.kinds & names.FOOT:
        return False
    if _in_article(box):
        return False
    # Some elements with the class name of a footer aren't footers, but contain most of the page's text or have no
    # links.
    return box.tag == "footer" or (
        box.link_blocks > 0
        and box.tag in CONTAINER_TAGS
        and box.prose_words <= _FRAME_PROSE_SHARE * element.prose_words
    )


def _in_article(box: Box) -> bool:
    above = box.parent
    while above is not None:
        if above.tag in ("main", "article"):
            return True
        above = above.parent
    return False


#: The rules that examine the whole page, in the order in which they are applied. Each returns the Python ids of the
#: elements to leave out.
PAGE_RULES: tuple[Callable[[MeasuredPage], set[int]], ...] = (titled_element, consent_request, hidden_copy)
#: The rules that examine a single element, in the order in which they are applied. A rule returns True to leave the
#: element out, False to keep it, and None if the rule doesn't decide. If no rule decides, the element is kept.
ELEMENT_RULES: tuple[Callable[[Element], bool | None], ...] = (
    consent_manager,
    main_element,
    page_frame,
    most_of_policy,
    footer,
    side_element,
    header_or_aside,
    text_element,
    named_banner,
    named_links,
    named_metadata,
    named_edge,
    named_menu,
    named_widget,
    named_aside,
    form,
    list_of_teasers,
    hidden_scrap,
    table_of_contents,
)
#: The rules whose elements are furniture wherever the elements stand. The elements of any other rule may be sections of
#: the policy (see `extraction.furniture.sections`).
CERTAIN_RULES = frozenset(
    rule.__name__ for rule in (consent_manager, consent_request, hidden_copy, list_of_teasers, table_of_contents)
)
