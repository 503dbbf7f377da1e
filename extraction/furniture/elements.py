"""Decides which elements of a page are furniture.

The decision uses an element's tag, ARIA role, class names and id, and counts of the element's words. The words in links
are counted, and the words of running text that uses the policy vocabulary. The policy vocabulary is the set of words
that policies use far more often than other pages (see `extraction.furniture.measuring`).

Some tags and names are used for furniture and for parts of policies. An element with one of these tags or names counts
as furniture only if the element also has a second feature of furniture.
"""

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

# The elements around a page's content.
_AROUND_TAGS = word_set("nav search header footer aside")


def mark_furniture(blocks: list[Block], boxes: list[Box], policy_words: int, prose_words: int) -> None:
    """Sets `furniture` on the elements that are page furniture, and on all elements inside them.

    blocks: the blocks of the page.
    boxes: the elements around the blocks, outermost first.
    policy_words, prose_words: the two counts that `measure` returns for the page.
    """
    asides = (
        _titled_asides(blocks, policy_words, prose_words)
        | _consent_requests(blocks, policy_words)
        | _hidden_copies(blocks, boxes)
    )
    for box in boxes:
        above = box.parent
        if (
            (above is not None and above.furniture)
            or id(box) in asides
            or _is_furniture(box, policy_words, prose_words)
        ):
            box.furniture = True


def _is_furniture(box: Box, policy_words: int, prose_words: int) -> bool:
    """Returns whether an element's own features show that it is furniture.

    policy_words, prose_words: the two counts that `measure` returns for the page.
    """
    kinds = names.kinds_by_names(box.names) if box.names else 0
    has_no_features = not (kinds or box.role or box.form_fields or box.hidden) and box.link_blocks < 3
    if has_no_features and box.linked_headings < 2 and box.tag not in names.FURNITURE_TAGS:
        return False  # a shortcut for most elements
    if kinds & names.CONSENT:
        return True
    if box.tag in ("body", "main"):
        return False
    may_be_frame = box.policy_words < _FRAME_POLICY_WORDS or box.prose_words <= _FRAME_PROSE_SHARE * prose_words
    if may_be_frame and _is_frame(box, kinds, prose_words):
        return True
    share = box.policy_words / policy_words if policy_words else 0.0
    if share > 0.5:
        return False
    if box.tag == "footer":
        return share < 0.2
    if box.tag in names.SIDE_TAGS or box.role in names.SIDE_ROLES:
        return share < 0.3 or hardly_any_policy_words(box)
    if box.tag in ("header", "aside"):
        return (share < 0.1 or hardly_any_policy_words(box)) and not _in_article(box)
    if box.tag not in CONTAINER_TAGS or share > 0.3:
        return False
    return (
        (kinds != 0 and _is_furniture_by_name(box, kinds, share))
        or _is_form(box, share)
        or _is_list_of_teasers(box)
        or _is_hidden_scrap(box)
        or _is_table_of_contents(box)
    )


def _is_form(box: Box, share: float) -> bool:
    if box.form_fields and box.words < 200 and hardly_any_policy_words(box):
        return True
    return box.tag == "form" and box.form_fields > 0 and share < 0.15 and box.words < 300


def _is_list_of_teasers(box: Box) -> bool:
    return box.linked_headings >= 2 and hardly_any_policy_words(box)


def _is_hidden_scrap(box: Box) -> bool:
    return box.hidden and box.prose_words == 0 and box.words < 12


def _is_table_of_contents(box: Box) -> bool:
    """Returns whether the element has no running text and consists mostly of links to other places on the same page."""
    return (
        box.link_blocks >= 3
        and box.prose_words == 0
        and box.same_page_links >= 0.8 * box.link_blocks
        and box.link_words > 0.6 * box.words
    )


def _is_frame(box: Box, kinds: int, prose_words: int) -> bool:
    """Returns whether an element belongs to the frame around a page: the navigation or the footer."""
    if box.tag in names.FRAME_TAGS or box.role in names.FRAME_ROLES:
        return True
    if box.tag != "footer" and not kinds & names.FOOT:
        return False
    if _in_article(box):
        return False
    # Some elements with the class name of a footer aren't footers, but contain most of the page's text or have no
    # links.
    return box.tag == "footer" or (
        box.link_blocks > 0 and box.tag in CONTAINER_TAGS and box.prose_words <= _FRAME_PROSE_SHARE * prose_words
    )


def _is_furniture_by_name(box: Box, kinds: int, share: float) -> bool:
    """Returns whether an element is furniture of one of the kinds that the element's class names or id suggest.

    kinds: the kinds that the names suggest, as flags; not 0.
    """
    if kinds & names.BANNER:
        # Sections of a policy may have the same names. So a banner is recognised by further features: a banner has few
        # words, and has a button, is hidden at first, or is a child of the body.
        is_over_page = box.hidden or (box.parent is not None and box.parent.tag == "body")
        return box.words < 150 and (is_over_page or bool(box.buttons))
    if kinds & names.LINKS and share < 0.05 and box.link_words * 2 > box.words:
        return True
    if kinds & names.META and box.words < 80 and box.policy_words == 0:
        return True
    if kinds & names.EDGE and box.prose_words == 0 and box.link_words > 0.6 * box.words:
        return True
    if kinds & names.MENU and box.link_blocks >= 3 and hardly_any_policy_words(box):
        return True
    # Parts of a policy may have the same names as furniture. So a second feature is checked: a link, a form field or a
    # button.
    is_interactive = bool(box.link_blocks or box.form_fields or box.buttons)
    if kinds & names.EMPTY and (is_interactive or box.words < 60) and hardly_any_likely_policy_words(box):
        return True
    return bool(kinds & names.ASIDE) and is_interactive and box.words < 150 and hardly_any_likely_policy_words(box)


def _titled_asides(blocks: list[Block], policy_words: int, prose_words: int) -> set[int]:
    """Returns the Python ids (`id(box)`) of the elements that begin with the title of an aside.

    An aside is text beside the policy that isn't a part of the policy. An example of a title is "Related articles".
    """
    begun_boxes: set[int] = set()
    asides: set[int] = set()
    for block in blocks:
        box = block.box
        if block.words <= 10 and block.kind in ("heading", "paragraph") and block.link_share < 0.5:
            title = block.text.strip(names.ORNAMENTS)
            is_certain = names.is_aside_title(title)
            if is_certain or names.is_shared_title(title):
                while box is not None and id(box) not in begun_boxes and box.prose_words <= 0.3 * prose_words:
                    is_small = box.words < 200 and (box.policy_words <= 0.25 * policy_words or box.form_fields > 0)
                    if box.tag in ("body", "main") or not (hardly_any_policy_words(box) or (is_certain and is_small)):
                        break
                    if box.words > block.words:
                        asides.add(id(box))
                    box = box.parent
        box = block.box
        while box is not None and id(box) not in begun_boxes:
            begun_boxes.add(id(box))
            box = box.parent
    return asides


def _consent_requests(blocks: list[Block], policy_words: int) -> set[int]:
    """Returns the Python ids (`id(box)`) of the elements that only ask for consent.

    Each of these elements has a button or link that gives or refuses consent.
    """
    requests: set[int] = set()
    for block in blocks:
        if block.words <= 5 and (block.on_button or block.link_share > 0.9):
            if not names.is_consent_control(block.text):
                continue
            box = block.box
            while (
                box is not None
                and box.words < 300
                and box.policy_words <= 0.4 * policy_words
                and box.tag not in ("body", "main")
            ):
                if box.prose_words:
                    requests.add(id(box))
                    break
                box = box.parent
    return requests


def _hidden_copies(blocks: list[Block], boxes: list[Box]) -> set[int]:
    """Returns the Python ids (`id(box)`) of the hidden elements that are copies of another element.

    A page may contain the same panel several times, once for each place where the panel can be opened. Two elements
    count as copies if they have the same counts of words, and the same texts in their first and last blocks. The first
    copy that isn't hidden stays on the page. If all copies are hidden, the first copy stays on the page.
    """
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


def is_in_frame(box: Box | None) -> bool:
    """Returns whether an element is in the frame around a page (menu, header, footer) or is laid over the page."""
    return is_laid_over(box) or is_around(box)


def is_around(box: Box | None) -> bool:
    """Returns whether an element is in the frame around a page (menu, header, footer)."""
    while box is not None:
        if box.tag in _AROUND_TAGS or box.role in names.FRAME_ROLES:
            return True
        box = box.parent
    return False


def is_laid_over(box: Box | None) -> bool:
    """Returns whether an element is in a banner or dialog over the page.

    A title in a banner or dialog isn't the policy's title.
    """
    while box is not None:
        if box.hidden or box.role in ("dialog", "alertdialog"):
            return True
        if box.names and names.kinds_by_names(box.names) & (names.CONSENT | names.BANNER):
            return True
        box = box.parent
    return False


def _in_article(box: Box) -> bool:
    above = box.parent
    while above is not None:
        if above.tag in ("main", "article"):
            return True
        above = above.parent
    return False
