"""Groups of HTML elements whose text is read in the same way, and a function that makes the Box of an element."""

import re
from functools import lru_cache

from selectolax.lexbor import LexborNode

from extraction.blocks import Box
from extraction.readers.html_styles import declared
from extraction.words.normalization import word_set

#: Elements whose content isn't read as text. Struck text (`<del>`, `<s>`, `<strike>`) is no longer in force. `<rt>` and
#: `<rp>` say how the text is pronounced.
SKIPPED_TAGS = word_set(
    "script style template svg math iframe object embed canvas audio video map head link meta select datalist "
    "option input textarea img picture frame noframes applet title base progress meter del s strike rt rp rtc "
    "annotation annotation-xml"
)
#: Those of them whose text a browser may show after all, within a sentence or because of a style.
SOMETIMES_SHOWN_TAGS = word_set("del s strike svg math select")
#: Elements in whose place a browser shows something else. Their attributes are read.
REPLACED_TAGS = word_set("input textarea select iframe frame object embed img picture svg math video audio canvas")
#: Those of them that are read everywhere; the others are icons, which are read only in the cells of a table.
REPLACED_TAGS_ANYWHERE = word_set("input textarea select iframe frame object embed")
FRAME_TAGS = frozenset(["iframe", "frame", "object", "embed"])
#: Elements that begin a new block of text.
BLOCK_TAGS = word_set(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav noscript ol "
    "optgroup p pre search section summary table tbody td tfoot th thead tr ul caption button"
)
#: Block elements that need special treatment in the walk over the page (`Walker` in html_walk).
SPECIAL_BLOCK_TAGS = word_set("h1 h2 h3 h4 h5 h6 pre ul ol menu dir button li dt dd tr table")
#: The ARIA roles of tables (WAI-ARIA 1.2, section 5.4), for tables that are made of other elements than `<table>`.
TABLE_ROLES = frozenset(["table", "grid", "treegrid"])
CELL_ROLES = frozenset(["cell", "gridcell", "columnheader", "rowheader"])
#: The ARIA roles that need special treatment in the walk.
SPECIAL_ROLES = frozenset(["heading", "tab", "row", *TABLE_ROLES])
#: Block elements without a Box, because each of these elements is a single text or a part of a table. A block inside
#: such an element belongs to the innermost Box around the element.
UNBOXED_TAGS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "tbody", "thead"])
LIST_TAGS = ("ul", "ol", "menu", "dir")
HEADING_LEVELS = {f"h{level}": level for level in range(1, 7)}
BOLD_TAGS = frozenset(["b", "strong"])
#: Inline elements whose text is read in the same way as the surrounding text.
PLAIN_INLINE_TAGS = word_set(
    "i em u sub small big abbr ins mark time code cite q tt bdi wbr kbd var samp acronym dfn nobr ruby"
)
FORM_FIELD_TAGS = frozenset(["input", "textarea", "select"])
# Types of `<input>` into which a user can't type text.
_INPUT_TYPES_WITHOUT_TEXT = word_set("hidden submit button image reset checkbox radio")
#: What the style of an element does to its text (`effects_of`). The numbers are flags.
BOLD, HIDDEN, STRUCK, LINES_KEPT, UNSEEN = (1 << n for n in range(5))
# The styles with which frameworks hide a text from all but screen readers: it is cut to nothing or a single pixel, or
# moved off the screen. `clip` and `left` have an effect only on an element with a position (CSS Masking, section 6).
_CLIP = re.compile(r"rect\(\s*[01](?:px)?(?:[\s,]+[01](?:px)?){3}\s*\)")
_CLIP_PATH = re.compile(r"inset\(\s*(?:100%[^)]*|50%(?:\s+50%){0,3}\s*)\)")
_OFF_SCREEN = re.compile(r"-\d{4}")
# The names by which sites call text that only screen readers get: Bootstrap 3 and 4, Bootstrap 5, HTML5 Boilerplate,
# WordPress, and the design systems of the United States and the United Kingdom, in this order.
_UNSEEN_NAMES = word_set("sr-only visually-hidden visuallyhidden screen-reader-text usa-sr-only govuk-visually-hidden")
# The names of icons in Font Awesome, Bootstrap Icons, Glyphicons and Material Symbols, and of files with icons.
_ICON = re.compile(
    r"(?:(?<=[\s/#_-])|^)(?:(?P<yes>check|checkmark|tick|ok|yes)|times|xmark|cross|close|remove|no|(?<=-)x)(?=[\s._-]|$)",
    re.IGNORECASE,
)
# The first id that a script names, as in `toggle('part-1')` or `$("#part-1").toggle()`.
_QUOTED_ID = re.compile(r"[\"']#?([\w-]+)[\"']")
# What follows in a longer attribute `style` isn't looked at.
_LONGEST_STYLE = 4_000
# A text with more characters than this isn't only for screen readers: a script shows it later.
_LONGEST_UNSEEN = 200


def is_form_field(node: LexborNode) -> bool:
    """Returns whether the element is a form field into which a user enters text or a choice.

    node: an element whose tag is in FORM_FIELD_TAGS.
    """
    return node.tag != "input" or (node.attributes.get("type") or "").lower() not in _INPUT_TYPES_WITHOUT_TEXT


def is_unstruck(attributes: dict[str, str | None]) -> bool:
    """Returns whether the style of a `<del>`, `<s>` or `<strike>` takes the line away that strikes its text."""
    values = declared((attributes.get("style") or "")[:_LONGEST_STYLE])
    return "line-through" not in values.get("text-decoration", "line-through")


def shows_inside(node: LexborNode, style: str) -> bool:
    """Returns whether an element may show a part of its content although it is hidden.

    `visibility: visible` shows an element inside an invisible one (CSS Display, section 4), unlike `display: none`.

    style: the attribute `style` of the element.
    """
    is_shut = declared(style[:_LONGEST_STYLE]).get("display") == "none"
    return not is_shut and node.css_first('[style*="visible" i]') is not None


# The results are cached, because the elements of a page share their styles and class names.
@lru_cache(maxsize=4_096)
def effects_of(style: str) -> int:
    """Returns the flags of what the attribute `style` does to an element's text."""
    values = declared(style[:_LONGEST_STYLE])
    position = values.get("position")
    is_bold = re.match(r"bold|[6-9]00", values.get("font-weight", ""))
    is_hidden = values.get("display") == "none" or values.get("visibility") in ("hidden", "collapse")
    # The values with which a browser shows the line breaks of the source (CSS Text, section 3).
    keeps_lines = values.get("white-space", "").startswith(("pre", "break-spaces"))
    is_unseen = (
        (position in ("absolute", "fixed") and _CLIP.match(values.get("clip", "")))
        or (position in ("absolute", "fixed", "relative") and _OFF_SCREEN.match(values.get("left", "")))
        or _CLIP_PATH.match(values.get("clip-path", ""))
    )
    return (
        (BOLD if is_bold else 0)
        | (HIDDEN if is_hidden else 0)
        | (STRUCK if "line-through" in values.get("text-decoration", "") else 0)
        | (LINES_KEPT if keeps_lines else 0)
        | (UNSEEN if is_unseen else 0)
    )


@lru_cache(maxsize=4_096)
def are_unseen_names(names: str) -> bool:
    """Returns whether the attribute `class` has the name of a text that is there for screen readers only."""
    return not _UNSEEN_NAMES.isdisjoint(names.split())


def is_short(node: LexborNode) -> bool:
    """Returns whether an element that is hidden from the screen is short enough to be there for screen readers only."""
    return len(node.text()) <= _LONGEST_UNSEEN


def name_of(node: LexborNode, attributes: dict[str, str | None]) -> str:
    """Returns the name that stands for an icon; '' if the icon has none.

    The sources are those of "Accessible Name and Description Computation" (W3C), in its order: `aria-label`, `alt` or
    the title of an SVG, and `title`.
    """
    label = attributes.get("aria-label") or attributes.get("alt")
    if label:
        return label
    inner = node.css_first("title, [alt], [aria-label]") if node.tag in ("svg", "picture") else None
    if inner is not None:
        return inner.attributes.get("alt") or inner.attributes.get("aria-label") or inner.text()
    return attributes.get("title") or _sign_of(node, attributes)


def _sign_of(node: LexborNode, attributes: dict[str, str | None]) -> str:
    """Returns `✓` or `✗` for an icon without a name that is called so, by its class names or its address; else ''."""
    called = [attributes.get("class"), attributes.get("src")] if node.first_child is None else []
    if node.tag == "svg":
        use = node.css_first("use")
        target = (use.attributes.get("href") or use.attributes.get("xlink:href")) if use is not None else None
        called = [attributes.get("class"), target]
    match = next((match for name in called if name and (match := _ICON.search(name))), None)
    return "" if match is None else "✓" if match["yes"] else "✗"


def frame_source(attributes: dict[str, str | None]) -> str:
    """Returns the address that a frame shows; '' if it shows none, or if the frame is too small to be seen."""
    style = attributes.get("style")
    if "hidden" in attributes or (style and effects_of(style) & HIDDEN):
        return ""
    if any((attributes.get(side) or "").strip().removesuffix("px") in ("0", "1") for side in ("width", "height")):
        return ""
    return attributes.get("src") or attributes.get("data") or ""


def check_mark(attributes: dict[str, str | None]) -> str:
    """Returns the sign of a checkbox that only shows a choice, and that nobody can tick; '' for other fields.

    attributes: the attributes of an `<input>`.
    """
    if (attributes.get("type") or "").lower() != "checkbox" or "disabled" not in attributes:
        return ""
    return "☑" if "checked" in attributes else "☐"


def box_of(
    tag: str, custom_tag: str, attributes: dict[str, str | None], effects: int, role: str, parent: Box | None
) -> Box:
    """Returns the Box of an element.

    tag: the element's tag, or `div` for a custom element.
    custom_tag: the tag of a custom element, which is added to the names in the Box; '' for an element of HTML.
    attributes: all attributes of the element.
    effects: the flags of what the element's style does (`effects_of`).
    role: the ARIA role in lower case; '' if the element has no role.
    parent: the Box around the element; None if the element isn't inside a Box.
    """
    if not attributes:
        return Box(tag, custom_tag, "", parent, False)
    names = attributes.get("class") or ""
    identifier = attributes.get("id")
    if identifier or custom_tag:
        names = f"{custom_tag} {identifier or ''} {names}"
    hidden = effects & HIDDEN or "hidden" in attributes or attributes.get("aria-hidden") == "true"
    box = Box(tag, names.strip().lower(), role, parent, bool(hidden), identifier or "")
    if may_open(attributes):
        box.opens = opened_element(attributes)
        if "onclick" in attributes and not role:
            box.role = "button"
    return box


def opened_element(attributes: dict[str, str | None]) -> str:
    """Returns the id of the element that an element opens when it is clicked; '' if the attributes name no single one.

    WAI-ARIA 1.2 has `aria-controls`. Bootstrap 2 to 4 have `data-target`, and Bootstrap 5 has `data-bs-target`. Scripts
    in a page name the element in `onclick`, or in a link's `javascript:`.

    attributes: all attributes of the element.
    """
    named = attributes.get("aria-controls") or attributes.get("data-bs-target") or attributes.get("data-target") or ""
    named = named.strip().removeprefix("#")
    if not named:
        href = attributes.get("href") or ""
        script = attributes.get("onclick") or (href if href[:11].lower() == "javascript:" else "")
        quoted = _QUOTED_ID.search(script) if script else None
        return quoted[1] if quoted is not None else ""
    return "" if " " in named or named.startswith(".") else named


def may_open(attributes: dict[str, str | None]) -> bool:
    """Returns whether an element has one of the attributes that say what it opens."""
    return (
        "onclick" in attributes
        or "aria-controls" in attributes
        or "data-target" in attributes
        or "data-bs-target" in attributes
    )
