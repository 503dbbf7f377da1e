"""Numbers the items of HTML lists in the same way as a browser."""

import re

from selectolax.lexbor import LexborNode

from extraction.words.labels import ordinal_label
from extraction.words.normalization import has_letter_or_digit

# The attribute `type` of `<ol>` and `<li>`, and the values of `list-style-type` for the same numbers.
_TYPES = {
    "1": "decimal",
    "a": "lower-alpha",
    "A": "upper-alpha",
    "i": "lower-roman",
    "I": "upper-roman",
}
_BULLETS = ("disc", "circle", "square")
_LIST_STYLE = re.compile(r"(?<![\w-])list-style(?:-type)?\s*:([^;]*)", re.IGNORECASE)
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
# Values of the property `list-style` that don't say how the items are numbered.
_OTHER_VALUES = ("inside", "outside", "inherit", "initial", "unset", "revert")
_INTEGER = re.compile(r"\s*([+-]?\d{1,5})(?!\d)")


class ListNumbering:
    """The lists that are open at the current point of the walk, and the number of the next item of each list."""

    def __init__(self) -> None:
        self._next_numbers: list[int] = []
        self._steps: list[int] = []  # -1 for a list that counts down
        self._styles: list[str] = []  # values of `list-style-type`; '' for a list with bullets or without labels

    def open(self, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> None:
        """Opens a list inside the innermost open list.

        node, tag, attributes: the list's element, its tag and attributes.
        """
        is_ordered = tag == "ol"
        is_reversed = is_ordered and "reversed" in attributes
        start = _integer(attributes["start"]) if is_ordered and "start" in attributes else None
        if start is None:
            start = _count_items(node) if is_reversed else 1
        self._next_numbers.append(start)
        self._steps.append(-1 if is_reversed else 1)
        self._styles.append(_style_of(attributes, "decimal" if is_ordered else ""))

    def close(self) -> None:
        """Closes the innermost list."""
        self._next_numbers.pop()
        self._steps.pop()
        self._styles.pop()

    def next_label(self, attributes: dict[str, str | None]) -> str | None:
        """Returns the label of the next item of the innermost list.

        Returns None if the list has bullets or no labels, or if no list is open.

        attributes: the attributes of the item's element. The attribute `value` sets the item's number.
        """
        if not self._styles:
            return None
        style = self._styles[-1]
        if attributes:
            value = _integer(attributes["value"]) if "value" in attributes else None
            if value is not None:
                self._next_numbers[-1] = value
            style = _style_of(attributes, style)
        number = self._next_numbers[-1]
        self._next_numbers[-1] = number + self._steps[-1]
        if not style:
            return None
        if style[:1] in ("'", '"'):
            label = style.strip("'\" ")
            return label if has_letter_or_digit(label) else None
        return ordinal_label(number, style)


def _style_of(attributes: dict[str, str | None], inherited: str) -> str:
    """Returns the value of `list-style-type` of a list or an item; '' if it has bullets or no labels.

    The value may be a label in quotes.

    The attribute `style` counts more than the attribute `type`, as in the HTML standard (section 15.3.7).
    """
    style = attributes.get("style")
    if style and "list-style" in style:
        for declaration in reversed(_LIST_STYLE.findall(style)):
            string = _STRING.search(declaration)
            if string:
                return string[0]
            values = [value for value in declaration.lower().split() if value not in _OTHER_VALUES and "(" not in value]
            if values:
                return "" if values[-1] in ("none", *_BULLETS) else values[-1]
    declared = attributes.get("type")
    if declared:
        return _TYPES.get(declared, "" if declared.lower() in _BULLETS else inherited)
    return inherited


def _integer(value: str | None) -> int | None:
    match = _INTEGER.match(value or "")
    return int(match[1]) if match else None


def _count_items(node: LexborNode) -> int:
    return sum(child.tag == "li" for child in node.iter())
