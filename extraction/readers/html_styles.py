"""Applies the rules of a page's own style sheets that decide which text a browser shows, and in which lines.

Only four declarations are looked for: `list-style` (whether and how the items of an ordered list are numbered),
`white-space` (whether line breaks are shown), `text-decoration: line-through` (struck text), and `clip` or `clip-path`
(text that only screen readers get). Style sheets in files of their own aren't in a capture.
"""

import re
from collections.abc import Iterator
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

_LIST_STYLE = "list-style"
# For each declaration of interest, the words by which it is found in a style sheet, and the declaration itself. The
# words are searched first, because style sheets are large and have few such declarations. `white-space: pre` isn't
# looked for: site builders set it for short labels that mustn't be broken.
_DECLARATIONS = (
    ((_LIST_STYLE,), re.compile(r"list-style(?:-type)?\s*:[^;}!]+", re.IGNORECASE)),
    (("pre-line", "pre-wrap", "break-spaces"), re.compile(r"white-space\s*:\s*[\w-]+", re.IGNORECASE)),
    (("line-through",), re.compile(r"text-decoration(?:-line)?\s*:[^;}!]+", re.IGNORECASE)),
    (("clip:", "clip-path:"), re.compile(r"clip(?:-path)?\s*:\s*(?:rect|inset)\([^;}!]+", re.IGNORECASE)),
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_PRINT = re.compile(r"@media\s+print\b[^{};@]*+\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.IGNORECASE)
# Pseudo-elements, and pseudo-classes that depend on what the visitor does.
_PSEUDO = re.compile(r"::|:(?:before|after|marker|first-l|hover|focus|active|visited|target|checked|host)")
_WHERE = re.compile(r":where\([^()]*(?:\([^()]*\)[^()]*)*\)")
_COUNTS_SIBLINGS = re.compile(r":(?:nth|first|last|only)-", re.IGNORECASE)
# The parser searches for what `:has()` names once more for each element, and for each element beside or in it.
_HAS = re.compile(r":has\(", re.IGNORECASE)
_ID = re.compile(r"#[\w-]+")
_CLASS = re.compile(r"\.[\w-]+|\[[^\]]*\]|:[\w-]+")
_TYPE = re.compile(r"(?<![\w.#:-])[a-zA-Z][\w-]*")
# The element at the end of a selector, if the selector names one.
_LAST_TYPE = re.compile(r"(?:^|[\s>+~])([a-zA-Z][\w-]*)[^\s>+~]*$")
_NUMBERED = ("ol", "li")
# A longer selector isn't applied, and a declaration isn't looked for in a longer stretch.
_LONGEST_SELECTOR = 500
# A page with more rules of interest than this has the style sheet of a whole site. The rest isn't applied.
_MOST_RULES = 30


def inline_styles(tree: LexborHTMLParser, sheets: list[str], has_lists: bool, *, counts_siblings: bool) -> None:
    """Writes the declarations of interest into the attribute `style` of the elements to which they apply.

    The order in the attribute is that of the cascade: the declaration that a browser prefers comes last.

    tree: the page.
    sheets: the texts of the page's elements `<style>`, in order.
    has_lists: whether the page has an ordered list.
    counts_siblings: whether rules are applied that count the siblings of an element. The parser counts them anew for
        each sibling.
    """
    rules = list(islice((rule for sheet in sheets for rule in _rules_of(sheet, has_lists)), _MOST_RULES))
    if not rules:
        return
    has_files = tree.css_first('link[rel~="stylesheet" i]') is not None
    styled: dict[int, tuple[LexborNode, str]] = {}
    for specificity, selector, declaration in sorted(rules, key=lambda rule: rule[0]):
        if has_files and specificity[:2] == (0, 0):
            continue  # a rule for all lists: most likely a reset, which the style sheets in files undo
        if _HAS.search(selector) or (not counts_siblings and _COUNTS_SIBLINGS.search(selector)):
            continue
        try:
            matches = tree.css(selector)
        except (SelectolaxError, ValueError):  # browsers also ignore a rule whose selector they can't read
            continue
        for node in matches:
            if node.tag in _NUMBERED or not declaration.startswith(_LIST_STYLE):
                styled[node.mem_id] = node, f"{styled.get(node.mem_id, ('', ''))[1]}{declaration};"
    for node, declarations in styled.values():
        node.attrs["style"] = declarations + (node.attributes.get("style") or "")


def _rules_of(sheet: str, has_lists: bool) -> Iterator[tuple[tuple[int, int, int], str, str]]:
    """Yields the specificity, the selector and a declaration of each rule of interest.

    has_lists: whether `list-style` is of interest.
    """
    if "@media print" in sheet:
        sheet = _PRINT.sub("", sheet)
    for words, pattern in _DECLARATIONS[not has_lists :]:
        for word in words:
            above = position = 0
            begin = end = semicolon = -1  # the last `{`, `}` and `;` in front of the word
            selectors: list[str] = []
            while (position := sheet.find(word, above)) >= 0:
                # Only what stands behind the word above is searched: a style sheet may have one word many times.
                semicolon = max(semicolon, sheet.rfind(";", above, position))
                end = max(end, sheet.rfind("}", above, position))
                opening = sheet.rfind("{", above, position)
                if opening >= 0:
                    begin, selectors = opening, _selectors(sheet, opening)
                above = position + 1
                start = max(begin, semicolon) + 1
                if begin < end or position - start > _LONGEST_SELECTOR:
                    continue
                match = pattern.match(sheet[start : position + 60].lstrip())
                for selector in selectors if match else ():
                    last = _LAST_TYPE.search(selector)
                    if match and (word != _LIST_STYLE or last is None or last[1].lower() in _NUMBERED):
                        yield _specificity(selector), selector, match[0].lower()


def _selectors(sheet: str, begin: int) -> list[str]:
    """Returns the selectors in front of a `{` at a position of a style sheet, without those for pseudo-elements."""
    end_above = max(sheet.rfind("}", 0, begin), sheet.rfind("{", 0, begin), sheet.rfind(";", 0, begin))
    text = sheet[end_above + 1 : begin]
    commented = text.rfind("*/") + 2  # no comment ends behind it
    texts = (_COMMENT.sub("", text[:commented]) + text[commented:]).split(",") if commented > 1 else text.split(",")
    return [
        selector
        for text in texts
        if len(selector := text.strip()) <= _LONGEST_SELECTOR and selector and not _PSEUDO.search(selector)
    ]


def _specificity(selector: str) -> tuple[int, int, int]:
    """Returns the specificity of a selector (Selectors Level 4, section 17): the number of ids, classes and types."""
    without_ids, ids = _ID.subn("", _WHERE.sub("", selector))
    types, classes = _CLASS.subn("", without_ids)
    return ids, classes, len(_TYPE.findall(types))
