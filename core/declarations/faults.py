"""Says what is wrong with a declaration's fields, in the words of the person who writes the declaration."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from core.declarations.schema import Location, Policy, Vendor, validation_message

# The model of each mapping in a declaration, by the length of the path that leads to the mapping: a policy's path is
# `policies.privacy`, a location's path is `policies.privacy.locations.0`.
_MODELS: Mapping[int, type[BaseModel]] = {0: Vendor, 2: Policy, 4: Location}
# What a mapping must contain, by the length of its path.
_CONTENTS = {
    1: "must contain the names of the policies, such as 'privacy', each with its locations below it",
    2: "must contain the field 'locations'",
    4: "must contain the field 'url': write - url: https://…",
}
_NO_TEXT = "must be text; put a number, or a word such as yes or no, in quotes"
_NO_LIST = "must be a list: write each entry on a line of its own, after a hyphen and a space"
_EMPTY = "must not be empty"
# A message quotes at most this many characters of a wrong value.
_QUOTED = 60

#: The path of keys and indexes that leads to a field, and what is wrong with the field.
Fault = tuple[tuple[str | int, ...], str]


def faults_in(error: ValidationError) -> Iterator[Fault]:
    """Yields the faults of a declaration. A fault that is only a consequence of another fault is left out.

    error: the error that Pydantic raises for the declaration.
    """
    details = [(_path(detail["loc"]), detail) for detail in error.errors(include_url=False)]
    paths = [path for path, _ in details]
    intended = {
        (*path[:-1], suggestion)
        for path, detail in details
        if detail["type"] == "extra_forbidden" and (suggestion := _suggestion(path))
    }
    for path, detail in details:
        # Pydantic counts only the valid entries of a list, so a list whose entries are all wrong counts as empty.
        follows = (
            any(len(other) > len(path) and other[: len(path)] == path for other in paths)
            if detail["type"] == "too_short"
            else detail["type"] == "missing" and path in intended
        )
        if not follows:
            yield path, _message(path, detail)


def _path(location: Sequence[str | int]) -> tuple[str | int, ...]:
    return tuple(part for part in location if part != "[key]")


def _message(path: tuple[str | int, ...], detail: Any) -> str:
    match detail["type"]:
        case "value_error":
            message = validation_message(detail["msg"])
            return message[:1].lower() + message[1:]
        case "missing":
            return "this field is missing"
        case "extra_forbidden":
            return _unknown_field(path)
        case "literal_error":
            return f"must be {detail['ctx']['expected']}, or be omitted"
        case "string_type" | "invalid_key":
            return _NO_TEXT
        case "tuple_type" | "list_type":
            return _NO_LIST
        case "model_type" | "model_attributes_type" | "dict_type" if len(path) in _CONTENTS:
            return _CONTENTS[len(path)]
        case "too_short" | "string_too_short":
            return _EMPTY
        case "string_too_long":
            return f"has {len(detail['input']):,} characters; it may have at most {detail['ctx']['max_length']:,}"
    return f"has a value that it can't have: {repr(detail['input'])[:_QUOTED]}"


def _unknown_field(path: tuple[str | int, ...]) -> str:
    suggestion = _suggestion(path)
    if suggestion:
        return f"there is no field {str(path[-1])!r}; did you mean {suggestion!r}?"
    return f"there is no field {str(path[-1])!r} here; the fields are: {', '.join(_field_names(path))}"


def _suggestion(path: tuple[str | int, ...]) -> str | None:
    """Returns the field that the writer of an unknown field probably meant; None if no field has a similar name."""
    matches = get_close_matches(str(path[-1]).lower(), _field_names(path), n=1)
    return matches[0] if matches else None


def _field_names(path: tuple[str | int, ...]) -> list[str]:
    """Returns the names of the fields of the mapping that contains a field. `slug` is the file's name, and no field."""
    return [name for name in _MODELS[len(path) - 1].model_fields if name != "slug"]
