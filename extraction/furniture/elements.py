"""Marks the elements of a page that are furniture. The rules are in `extraction.furniture.element_rules`."""

from extraction.blocks import Box
from extraction.furniture import names
from extraction.furniture.element_rules import CERTAIN_RULES, PAGE_RULES, MeasuredPage, rule_for
from extraction.furniture.sections import PolicySections
from extraction.words.normalization import word_set

# The elements around a page's content, besides headers and footers, which articles have, too.
_AROUND_TAGS = word_set("nav search aside")


def mark_furniture(page: MeasuredPage) -> None:
    """Sets `left_out_by` on the elements that are page furniture, and on all elements inside them."""
    rules_by_id: dict[int, str] = {}
    for rule in PAGE_RULES:
        for box_id in rule(page):
            rules_by_id.setdefault(box_id, rule.__name__)
    _mark(page, rules_by_id, None)
    candidates = [box for box in page.boxes if _may_be_section(box)]
    sections = PolicySections(page) if candidates else None
    if sections is not None and any(map(sections.has, candidates)):
        _mark(page, rules_by_id, sections)


def _mark(page: MeasuredPage, rules_by_id: dict[int, str], sections: PolicySections | None) -> None:
    """Sets `left_out_by` on all elements.

    rules_by_id: the rules of PAGE_RULES that leave elements out, by the Python ids of the elements.
    sections: knows which elements are kept as sections of the policy; None if the rules alone decide.
    """
    for box in page.boxes:
        above = box.parent
        if above is not None and above.left_out_by:
            box.left_out_by = above.left_out_by
        else:
            box.left_out_by = rules_by_id.get(id(box)) or rule_for(box, page)
            if sections is not None and _may_be_section(box) and sections.has(box):
                box.left_out_by = ""


def _may_be_section(box: Box) -> bool:
    """Returns whether a left-out element may be a section of the policy.

    The element has words besides links, no outer element is left out, and the rule that left it out isn't certain.
    """
    if not box.left_out_by or box.link_words * 2 > box.words or box.left_out_by in CERTAIN_RULES:
        return False
    return box.parent is None or not box.parent.left_out_by


def is_in_frame(box: Box | None) -> bool:
    """Returns whether an element is in the frame around a page (menu, header, footer) or is laid over the page."""
    return is_laid_over(box) or is_around(box)


def is_around(box: Box | None) -> bool:
    """Returns whether an element is in the frame around a page (menu, header, footer).

    A header or footer in an article is the article's own (HTML standard, sections 4.3.8 and 4.3.9).
    """
    is_in_header_or_footer = False
    while box is not None:
        if box.tag in ("header", "footer"):
            is_in_header_or_footer = True
        elif box.tag in _AROUND_TAGS or box.role in names.FRAME_ROLES:
            return True
        elif box.tag == "article":
            is_in_header_or_footer = False
        box = box.parent
    return is_in_header_or_footer


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
