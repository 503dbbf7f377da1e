"""Formats numbers with their nouns."""


def plural(number: int, noun: str) -> str:
    """Returns a number with a noun: `1 change`, `2 changes`. noun: the singular of a noun whose plural ends in s."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
