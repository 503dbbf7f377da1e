"""Decides whether an element inside a sentence is a part of it, or stands beside it like a label, a note or a control.

A word of running text is never left out because of its element alone: "We do <button>not</button> sell your data".
"""

import re

from selectolax.lexbor import LexborNode

from extraction.readers.html_elements import BLOCK_TAGS, FORM_FIELD_TAGS, SKIPPED_TAGS, are_unseen_names

# So many nodes beside an element are looked at, and so many characters of a text.
_MOST_NODES = 20
_MOST_CHARACTERS = 80
_BOUNDS = BLOCK_TAGS | FORM_FIELD_TAGS
_LINK_OR_BUTTON = frozenset(["a", "button"])
_ICON_TAGS = frozenset(["svg", "img", "i", "picture"])
_SENTENCE_END = (".", "!", "?", ":", ";", "|", "•", "·", "…", "。", "？", "！", "：")
_MARKS_WITHIN_SENTENCES = ".,;!?)"
# The attributes of a control that opens something on the page.
_OPENERS = ("aria-controls", "aria-expanded", "aria-haspopup", "data-target", "data-bs-target", "popovertarget")
_LONGEST_WORDS_ON_BUTTON = 60  # in characters
# A short text that is hidden has at most this many words.
_MOST_HIDDEN_WORDS = 5


def text_beside(node: LexborNode, *, behind: bool, inside: frozenset[str] = _BOUNDS) -> str:
    """Returns the beginning of the nearest text beside an element, within its block; '' if the block has no text there.

    behind: whether the text behind the element is meant, rather than the text in front of it.
    inside: the tags of the elements in which the text must stand together with the element.
    """
    for _ in range(_MOST_NODES):
        beside = node.next if behind else node.prev
        if beside is None:
            if node.parent is None or node.parent.tag in inside or node.parent.tag in _BOUNDS:
                return ""
            node = node.parent
            continue
        node = beside
        tag = node.tag or "-"
        if tag in _BOUNDS:
            return ""
        text = node.text_content if tag == "-text" else "" if tag in SKIPPED_TAGS or tag[0] == "-" else node.text()
        if text and not text.isspace() and not (tag[0] != "-" and are_unseen_names(node.attributes.get("class") or "")):
            return text.strip()[:_MOST_CHARACTERS]
    return "…"  # not known, so the callers keep the element's text


def is_for_screen_readers(node: LexborNode, in_front: bool, in_link: bool, in_heading: bool) -> bool:
    """Returns whether a text that is called so (`are_unseen_names`) stands where screen readers get further words.

    Such words name a link, a button or an icon, or are the whole text of a block. In the middle of a sentence they are
    a part of it, unless a style hides them.

    node: an inline element.
    in_front: whether its block has text in front of it.
    in_link, in_heading: whether it stands in a link or a button, and in a heading.
    """
    if in_link:
        return not all(text_beside(node, behind=behind, inside=_LINK_OR_BUTTON) for behind in (False, True))
    behind = text_beside(node, behind=True)
    if not in_front and not behind:
        return True
    if in_heading:
        return not in_front or not behind
    beside = node.prev
    while beside is not None and beside.tag == "-text" and not (beside.text_content or "").strip():
        beside = beside.prev
    if beside is None:
        return False
    if beside.tag in _LINK_OR_BUTTON:
        is_apart = not node.text().strip()[:1].isalnum() or not behind[:1].isalnum()
        return is_apart or beside.attributes.get("target") == "_blank"
    is_icon = beside.tag in _ICON_TAGS and not beside.text().strip()
    return is_icon and (not in_front or not behind)


def is_hidden_within_sentence(node: LexborNode, attributes: dict[str, str | None]) -> bool:
    """Returns whether an inline element in a sentence has the attribute `hidden`, and nothing can show it.

    A rule for a class could show it, and a control or a script could do so by its id.
    """
    if attributes.get("hidden") == "until-found" or "id" in attributes or "class" in attributes:
        return False
    return len(node.text().split()) <= _MOST_HIDDEN_WORDS and bool(text_beside(node, behind=True))


def is_word_of_sentence(
    node: LexborNode, attributes: dict[str, str | None], text: str, in_front: str, *, in_paragraph: bool
) -> bool:
    """Returns whether the text on a control is read as a part of the sentence in which the control stands.

    node, attributes: a `<button>` or `<select>`.
    text: the text on it.
    in_front: the text in front of it in its block.
    in_paragraph: whether it stands in a `<p>`. Elsewhere, texts and controls stand beside each other in menus and bars.
    """
    text, in_front = text.strip(), in_front.strip()
    if not text or len(text) > _LONGEST_WORDS_ON_BUTTON or any(name in attributes for name in _OPENERS):
        return False
    if in_front.endswith(_SENTENCE_END):
        return False
    behind = text_beside(node, behind=True)
    if not behind:
        return in_paragraph and text[0].islower() and len(in_front.split()) > 1
    goes_on = behind[0].islower() or behind[0] in _MARKS_WITHIN_SENTENCES
    if not goes_on and not (in_front and in_paragraph):
        return False
    words = len(re.findall(r"\w+", f"{in_front[-_MOST_CHARACTERS:]} {behind}"))
    return words >= 2 if in_front else words >= 2 and in_paragraph


def shown_option(node: LexborNode) -> str:
    """Returns the text of the option that a closed `<select>` shows; '' if it is shown as a list."""
    attributes = node.attributes
    if "multiple" in attributes or (attributes.get("size") or "1") != "1":
        return ""
    option = node.css_first("option[selected]") or node.css_first("option")
    return option.text().strip() if option is not None else ""


def drawn_text(node: LexborNode) -> str:
    """Returns the texts that an `<svg>` in a sentence draws; '' if it draws none, or stands at the sentence's end."""
    text = " ".join(part.text().strip() for part in node.css("text"))
    return text if text and text_beside(node, behind=True) else ""


def is_read_twice(node: LexborNode) -> bool:
    """Returns whether a `<math>` is the copy of a formula for screen readers, beside the formula that is shown.

    KaTeX, MathJax and MediaWiki write such copies.
    """
    parent = node.parent
    return parent is not None and "mathml" in f"{parent.tag} {parent.attributes.get('class') or ''}".lower().replace(
        "mjx-assistive-mml", "mathml"
    )
