"""Applies the rules of a page's own style sheets that decide which text a browser shows, and in which lines.

Only four declarations are looked for: `list-style` (whether and how the items of an ordered list are numbered),
`white-space` (whether line breaks are shown), `text-decoration: line-through` (struck text), and `clip` or `clip-path`
(text that only screen readers get). Style sheets in files of their own aren't in a capture.

A rule that is applied by mistake can drop a word that a browser shows, such as "not". So a rule isn't applied if it
depends on a condition that can't be evaluated, and struck text is compared with all rules that may undo the line.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

_Kind = tuple[tuple[str, ...], re.Pattern[str]]
_LIST_STYLE = "list-style"
# For each declaration of interest, the words by which it is found in a style sheet, and the declaration itself. The
# words are searched first, because style sheets are large and have few such declarations. `white-space: pre` isn't
# looked for: site builders set it for short labels that mustn't be broken.
_LISTS = ((_LIST_STYLE,), re.compile(r"list-style(?:-type)?\s*:[^;}!]+", re.IGNORECASE))
_LINES = (("pre-line", "pre-wrap", "break-spaces"), re.compile(r"white-space\s*:\s*[\w-]+", re.IGNORECASE))
_CLIPS = (("clip:", "clip-path:"), re.compile(r"clip(?:-path)?\s*:[^;}]+", re.IGNORECASE))
_DECORATION = re.compile(r"text-decoration(?:-line)?\s*:[^;}]+", re.IGNORECASE)
_STRIKES = (("line-through",), _DECORATION)
_DECORATIONS = (("text-decoration",), _DECORATION)
# `clip` has an effect only on an element with a position.
_POSITION = re.compile(r"(?<![\w-])position\s*:[^;}]+", re.IGNORECASE)
# The search is quick only because each alternative begins with one of three characters that are rare in style sheets.
# A string ends at the end of its line (CSS Syntax, section 4.3.5).
_COMMENT_OR_STRING = re.compile(
    r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)"
    r"|\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+(?:\"|(?=\n)|\\?\Z)|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+(?:'|(?=\n)|\\?\Z)",
    re.DOTALL,
)
_UNSAFE = re.compile(r"[{}@;]")
# The rules up to the next one that has a block or an `@` inside, or up to the end of the block around them.
_FLAT_RULES = re.compile(r"[^{}@]*+(?:\{[^{}@]*+\}[^{}@]*+)*+")
_AT_RULE = re.compile(r"@([\w-]+)([^{};@]*+)[{;]")
# The media queries that can be evaluated (Media Queries Level 4): for a screen, and for a range of widths.
_MEDIA_QUERY = re.compile(r"\s*(?:(?:only\s+)?(?:all|screen)\b\s*)?(?P<widths>(?:(?:and\b)?\s*\([^()]*\)\s*)*)")
_FEATURE = re.compile(r"\(([^()]*)\)")
_WIDTH = re.compile(r"\s*(min|max)-(?:device-)?width\s*:\s*(\d+(?:\.\d+)?)\s*(px|r?em)\s*")
_DESKTOP_WIDTH = 1280  # in pixels
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
# If a page has more rules of these kinds, none is applied: the one that undoes the others may be among the rest.
_MOST_CLIPS, _MOST_DECORATIONS = 100, 300
# Properties that are told by the name of another.
_ALIASES = {"text-decoration-line": "text-decoration", "white-space-collapse": "white-space"}
# So many characters of a rule are searched for its `position`.
_LONGEST_RULE = 2_000


class _Rule(NamedTuple):
    """A declaration of interest and the elements to which it applies.

    rank: what the cascade compares: whether the rule is outside every `@layer`, its specificity, and its place.
    """

    rank: tuple[bool, tuple[int, int, int], int, int]
    selector: str
    declaration: str


def is_applied(style: LexborNode) -> bool:
    """Returns whether a browser applies an element `<style>` on a desktop screen."""
    attributes = style.attributes
    is_css = (attributes.get("type") or "text/css").strip().lower() == "text/css"
    return is_css and _matches_screen(attributes.get("media") or "")


def inline_styles(
    tree: LexborHTMLParser,
    sheets: Sequence[str],
    has_lists: bool,
    struck: Sequence[LexborNode],
    *,
    counts_siblings: bool,
) -> None:
    """Writes the declarations of interest into the attribute `style` of the elements to which they apply.

    The order in the attribute is that of the cascade: the declaration that a browser prefers comes last, unless an
    earlier one has `!important`.

    tree: the page.
    sheets: the texts of the page's elements `<style>` that a browser applies, in order.
    has_lists: whether the page has an ordered list.
    struck: the elements `<del>`, `<s>` and `<strike>`, which a browser strikes if no rule says otherwise.
    counts_siblings: whether rules are applied that count the siblings of an element. The parser counts them anew for
        each sibling.
    """
    parsed = [_Sheet(number, text) for number, text in enumerate(sheets)]
    kinds = (_LISTS, _LINES) if has_lists else (_LINES,)

    def rules_of(*kinds: _Kind, exact: bool) -> Iterator[_Rule]:
        return (rule for kind in kinds for sheet in parsed for rule in sheet.rules(*kind, exact=exact))

    def rules_of_interest(*, exact: bool) -> tuple[list[_Rule], list[_Rule], list[_Rule]]:
        return (
            list(islice(rules_of(*kinds, exact=exact), _MOST_RULES)),
            _all_or_none(rules_of(_CLIPS, exact=exact), _MOST_CLIPS),
            list(islice(rules_of(_STRIKES, exact=exact), _MOST_RULES)),
        )

    rules, clips, strikes = rules_of_interest(exact=False)
    if not (rules or clips or strikes or struck):
        return
    has_files = tree.css_first('link[rel~="stylesheet" i]') is not None

    def matches(rule: _Rule) -> list[LexborNode]:
        if has_files and rule.rank[1][:2] == (0, 0):
            return []  # a rule for all lists: most likely a reset, which the style sheets in files undo
        if _HAS.search(rule.selector) or (not counts_siblings and _COUNTS_SIBLINGS.search(rule.selector)):
            return []
        try:
            nodes = tree.css(rule.selector)
        except (SelectolaxError, ValueError):  # browsers also ignore a rule whose selector they can't read
            return []
        if nodes and rule.declaration.startswith(_LIST_STYLE):
            return [node for node in nodes if node.tag in _NUMBERED]
        return nodes

    # An exact look takes longer. On most pages, no rule that can drop a text applies to any element.
    drops = bool(struck) or any(matches(rule) for rule in clips + strikes)
    if drops or (any("@media print" in sheet for sheet in sheets) and any(matches(rule) for rule in rules)):
        rules, clips, strikes = rules_of_interest(exact=True)
    rules += clips
    styled: dict[int, tuple[LexborNode, str]] = {}
    crossed = {node.mem_id for node in (*struck, *(node for rule in strikes for node in matches(rule)))}
    if crossed:
        rules += _all_or_none(rules_of(_DECORATIONS, exact=True), _MOST_DECORATIONS)
    for rule in sorted(rules):
        is_decoration = rule.declaration.startswith("text-decoration")
        for node in matches(rule):
            if not is_decoration or node.mem_id in crossed:
                styled[node.mem_id] = node, f"{styled.get(node.mem_id, ('', ''))[1]}{rule.declaration};"
    for node, declarations in styled.values():
        node.attrs["style"] = declarations + (node.attributes.get("style") or "")


def _all_or_none(rules: Iterator[_Rule], most: int) -> list[_Rule]:
    few = list(islice(rules, most + 1))
    return few if len(few) <= most else []


class _Sheet:
    """A style sheet.

    number: the place of the style sheet among those of the page.
    """

    def __init__(self, number: int, text: str) -> None:
        self._number = number
        self._source = text

    def rules(self, words: Sequence[str], pattern: re.Pattern[str], *, exact: bool) -> Iterator[_Rule]:
        """Yields the rules with a declaration that matches the pattern and has one of the words.

        exact: whether comments and conditions are looked at, which takes longer. Otherwise, rules within them are
            yielded, too.
        """
        for word in words:
            if word in self._source:
                yield from self._rules_with(word, pattern, exact)

    def _rules_with(self, word: str, pattern: re.Pattern[str], exact: bool) -> Iterator[_Rule]:
        text = self._text if exact else self._source
        above = position = 0
        begin = end = semicolon = -1  # the last `{`, `}` and `;` in front of the word
        selectors: list[str] = []
        while (position := text.find(word, above)) >= 0:
            # Only what stands behind the word above is searched: a style sheet may have one word many times.
            semicolon = max(semicolon, text.rfind(";", above, position))
            end = max(end, text.rfind("}", above, position))
            opening = text.rfind("{", above, position)
            if opening >= 0:
                begin, selectors = opening, _selectors(text, opening)
            above = position + 1
            start = max(begin, semicolon) + 1
            if begin < end or position - start > _LONGEST_SELECTOR:
                continue
            match = pattern.match(text[start : position + 60].lstrip())
            if match is None:
                continue
            is_applied, is_layered = self._conditions(begin) if exact else (True, False)
            declaration = match[0].lower()
            if declaration.startswith("clip"):
                closing = text.find("}", position, position + _LONGEST_RULE)
                place = _POSITION.search(text, begin, closing if closing >= 0 else position + _LONGEST_RULE)
                declaration += f";{place[0].lower()}" if place is not None else ""
            for selector in selectors if is_applied else ():
                last = _LAST_TYPE.search(selector)
                if word != _LIST_STYLE or last is None or last[1].lower() in _NUMBERED:
                    rank = not is_layered, _specificity(selector), self._number, position
                    yield _Rule(rank, selector, declaration)

    @cached_property
    def _text(self) -> str:
        """The text without comments, and without strings that have a brace or the like inside."""
        text = self._source
        if "<!--" in text:  # a browser ignores this mark and its end (CSS Syntax, section 4.3.3)
            text = text.replace("<!--", "").replace("-->", "")
        return _COMMENT_OR_STRING.sub(
            lambda match: "" if match[0][0] == "/" else '""' if _UNSAFE.search(match[0]) else match[0], text
        )

    def _conditions(self, position: int) -> tuple[bool, bool]:
        """Returns whether a rule at a position is applied on a desktop screen, and whether it stands in a `@layer`."""
        positions, states = self._blocks
        return states[bisect_right(positions, position) - 1]

    @cached_property
    def _blocks(self) -> tuple[list[int], list[tuple[bool, bool]]]:
        """The positions at which a block with rules inside begins or ends, and what `_conditions` returns after each.

        Rules inside of rules aren't applied: their selectors depend on the rule around them. Nor are the rules in
        blocks other than `@media` and `@layer`, such as `@supports` and `@container`.
        """
        text = self._text
        positions, states = [-1], [(True, False)]
        around: list[tuple[bool, bool]] = []
        position = 0
        while (rules := _FLAT_RULES.match(text, position)) is not None and rules.end() < len(text):
            position = rules.end()
            state = states[-1]
            at_rule = _AT_RULE.match(text, position) if text[position] == "@" else None
            if text[position] == "}":
                state = around.pop() if around else state
            elif text[position] == "{":
                around.append(state)
                state = False, state[1]
            elif at_rule is not None and at_rule[0][-1] == "{":
                around.append(state)
                name = at_rule[1].lower()
                holds = name == "layer" or (name == "media" and _matches_screen(at_rule[2]))
                state = state[0] and holds, state[1] or name == "layer"
            position = at_rule.end() if at_rule is not None else position + 1
            if state != states[-1]:
                positions.append(position - 1)
                states.append(state)
        return positions, states


def _matches_screen(queries: str) -> bool:
    """Returns whether a desktop screen matches a list of media queries; False if no query can be evaluated."""
    return not queries.strip() or any(_matches_query(query) for query in queries.lower().split(","))


def _matches_query(query: str) -> bool:
    match = _MEDIA_QUERY.fullmatch(query)
    if match is None:
        return False
    for feature in _FEATURE.findall(match["widths"]):
        width = _WIDTH.fullmatch(feature)
        if width is None:
            return False
        pixels = float(width[2]) * (1 if width[3] == "px" else 16)
        if not (pixels <= _DESKTOP_WIDTH if width[1] == "min" else pixels >= _DESKTOP_WIDTH):
            return False
    return True


def _selectors(sheet: str, begin: int) -> list[str]:
    """Returns the selectors in front of a `{` at a position of a style sheet, without those for pseudo-elements."""
    end_above = max(sheet.rfind("}", 0, begin), sheet.rfind("{", 0, begin), sheet.rfind(";", 0, begin))
    text = sheet[end_above + 1 : begin]
    text = text[text.rfind("*/") + 2 :] if "*/" in text else text
    return [
        selector
        for text in text.split(",")
        if len(selector := text.strip()) <= _LONGEST_SELECTOR and selector and not _PSEUDO.search(selector)
    ]


def _specificity(selector: str) -> tuple[int, int, int]:
    """Returns the specificity of a selector (Selectors Level 4, section 17): the number of ids, classes and types."""
    without_ids, ids = _ID.subn("", _WHERE.sub("", selector))
    types, classes = _CLASS.subn("", without_ids)
    return ids, classes, len(_TYPE.findall(types))


def declared(style: str) -> dict[str, str]:
    """Returns the properties that an attribute `style` declares, with the values that count, both in lower case.

    `text-decoration` stands for all properties of its kind, `white-space` likewise.
    """
    values: dict[str, str] = {}
    important: set[str] = set()
    for declaration in _COMMENT_OR_STRING.sub("", style).lower().split(";"):
        name, _, value = declaration.partition(":")
        name, (value, mark, _) = _ALIASES.get(name.strip(), name.strip()), value.partition("!")
        if mark or name not in important:
            values[name] = value.strip()
        if mark:
            important.add(name)
    return values
