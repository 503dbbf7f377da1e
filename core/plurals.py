"""Counts with their noun."""


def plural(number: int, noun: str) -> str:
    """Returns a number with its noun: `1 change`, `2 changes`. noun: one that takes a plural in s."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
