"""Groups of HTML elements whose text is read in the same way, and a function that makes the Box of an element."""

import re

from selectolax.lexbor import LexborNode

from extraction.blocks import Box
from extraction.words.normalization import word_set

#: Elements whose content isn't read as text.
SKIPPED_TAGS = word_set(
    "script style template svg math iframe object embed canvas audio video map head link meta select datalist "
    "option input textarea img picture noframes applet title base progress meter"
)
#: Elements that begin a new block of text.
BLOCK_TAGS = word_set(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav noscript ol "
    "optgroup p pre search section summary table tbody td tfoot th thead tr ul caption button"
)
#: Block elements that need special treatment in the walk over the page (`Walker` in html_walk).
SPECIAL_BLOCK_TAGS = word_set("h1 h2 h3 h4 h5 h6 pre ul ol menu dir button li dt dd tr")
#: Block elements without a Box, because each of these elements is a single text or a part of a table. A block inside
#: such an element belongs to the innermost Box around the element.
UNBOXED_TAGS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "tbody", "thead"])
LIST_TAGS = ("ul", "ol", "menu", "dir")
HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}
BOLD_TAGS = frozenset(["b", "strong"])
#: Inline elements whose text is read in the same way as the surrounding text.
PLAIN_INLINE_TAGS = word_set(
    "i em u sup sub small big abbr ins mark time code cite q tt bdi s wbr kbd var samp acronym dfn nobr rt ruby"
)
FORM_FIELD_TAGS = frozenset(["input", "textarea", "select"])
# Types of `<input>` into which a user can't type text.
_INPUT_TYPES_WITHOUT_TEXT = word_set("hidden submit button image reset checkbox radio")
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)


def is_form_field(node: LexborNode) -> bool:
    """Returns whether the element is a form field into which a user enters text or a choice.

    node: an element whose tag is in FORM_FIELD_TAGS.
    """
    return node.tag != "input" or (node.attributes.get("type") or "").lower() not in _INPUT_TYPES_WITHOUT_TEXT


def box_of(
    tag: str, custom_tag: str, attributes: dict[str, str | None], style: str | None, role: str, parent: Box | None
) -> Box:
    """Returns the Box of an element.

    tag: the element's tag, or `div` for a custom element.
    custom_tag: the tag of a custom element, which is added to the names in the Box; '' for an element of HTML.
    attributes: all attributes of the element.
    style, role: the values of the attributes `style` and `role`. The caller has already looked up these values.
    parent: the Box around the element; None if the element isn't inside a Box.
    """
    if not attributes:
        return Box(tag, custom_tag.strip().lower(), "", parent, False)
    element_id = attributes.get("id") or ""
    return Box(
        tag,
        f"{custom_tag} {element_id} {attributes.get('class') or ''}".strip().lower(),
        role,
        parent,
        "hidden" in attributes or attributes.get("aria-hidden") == "true" or bool(style and HIDDEN_STYLE.search(style)),
        element_id,
    )


def opened_element(attributes: dict[str, str | None]) -> str:
    """Returns the id of the element that a button, tab or link opens; '' if the attributes name no single element.

    WAI-ARIA 1.2 has `aria-controls`. Bootstrap 2 to 4 have `data-target`, and Bootstrap 5 has `data-bs-target`.

    attributes: all attributes of the button, tab or link.
    """
    named = attributes.get("aria-controls") or attributes.get("data-bs-target") or attributes.get("data-target") or ""
    named = named.strip().removeprefix("#")
    return "" if " " in named or named.startswith(".") else named
