"""Numbers the items of HTML lists in the same way as a browser."""

from extraction.words.labels import ordinal_label

_TYPE_BY_STYLE = (
    ("lower-alpha", "a"),
    ("lower-latin", "a"),
    ("upper-alpha", "A"),
    ("lower-roman", "i"),
    ("upper-roman", "I"),
    ("none", ""),
    ("disc", ""),
)


class ListNumbering:
    """The lists that are open at the current point of the walk, and the number of the next item of each list."""

    def __init__(self) -> None:
        self._next_numbers: list[int] = []
        self._types: list[str] = []  # values of the attribute `type` of `<ol>`; '' for a list with bullets

    def open(self, tag: str, attributes: dict[str, str | None]) -> None:
        """Opens a list inside the innermost open list.

        tag, attributes: the tag and attributes of the list's element.
        """
        list_type = ""
        if tag == "ol":
            declared = attributes.get("type") or "1"
            list_type = declared if declared in ("1", "a", "A", "i", "I") else "1"
            style = attributes.get("style") or ""
            if "list-style" in style:
                list_type = next((name for marker, name in _TYPE_BY_STYLE if marker in style), list_type)
        start = attributes.get("start") or "1"
        self._next_numbers.append(int(start) if start.lstrip("-").isdecimal() and len(start) < 6 else 1)
        self._types.append(list_type)

    def close(self) -> None:
        """Closes the innermost list."""
        self._next_numbers.pop()
        self._types.pop()

    def next_label(self, attributes: dict[str, str | None]) -> str | None:
        """Returns the label of the next item of the innermost list.

        Returns None if the list has bullets, or if no list is open.

        attributes: the attributes of the item's element. The attribute `value` sets the item's number.
        """
        if not self._types:
            return None
        value = attributes.get("value") or ""
        if value.isdecimal() and len(value) < 6:
            self._next_numbers[-1] = int(value)
        number = self._next_numbers[-1]
        self._next_numbers[-1] = number + 1
        return ordinal_label(number, self._types[-1])
