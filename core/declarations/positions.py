"""Finds the line of a field in a declaration's YAML text, and names the field, for messages about faults."""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeAlias

import yaml

from core.yaml_texts import CarefulLoader, YamlSizeError, compose

# A longer key is a fault. Pydantic repeats the names above a fault in each fault.
_LONGEST_KEY = 200

#: The path of keys and indexes that leads to a field: the field's own key or index, after the path above it. None is
#: the whole file. The fields of a mapping share the path above them, which takes little memory.
Place: TypeAlias = "tuple[Place, str | int] | None"


class _Loader(CarefulLoader):
    """A YAML loader that leaves dates as text.

    The schema parses the dates instead, because the schema's error for an invalid date can name the line and the field.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own attribute
        character: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for character, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Returns the value of a mapping. YamlSizeError if a key is too long."""
        for key, _ in node.value:
            if len(key.value) > _LONGEST_KEY:
                raise YamlSizeError(f"a field's name has more than {_LONGEST_KEY} characters", key)
        return super().construct_mapping(node, deep=deep)


class _QuickLoader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """The same loader in C, which takes a tenth of the time. Its messages are others, and deep nesting crashes it."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


# The limits of the texts that the quick loader may read. Within them, a text is nested at most some 2,000 deep: block
# style needs a column for two levels, and flow style a bracket for each.
_QUICK_LINE, _QUICK_BRACKETS = 1_000, 100


def parse_yaml(text: str) -> tuple[Any, yaml.Node | None]:
    """Returns the value of a YAML text, and the tree of its nodes with their line numbers.

    Both results are None if the text is empty.

    yaml.YAMLError, ValueError or RecursionError if the text is not YAML, or has too many values (see
    `core.yaml_texts.compose`).
    """
    tree = _tree(text)
    return None if tree is None else _Loader("").construct_document(tree), tree


def _tree(text: str) -> yaml.Node | None:
    brackets = text.count("[") + text.count("{")
    if brackets <= _QUICK_BRACKETS and all(len(line) <= _QUICK_LINE for line in text.splitlines()):
        # After an error, the other loader reads the text again, because its messages are known.
        with suppress(yaml.YAMLError):
            return compose(text, _QuickLoader)
    return compose(text, _Loader)


def line_of(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """Returns the line of a field, counted from 1.

    node: the YAML node from which the path starts.
    path: the keys and indexes that lead to the field, for example `["policies", "privacy", "locations", 0]`. If the
        field is missing, the result is the line of the last field on the path that exists.
    """
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pair = _pairs_of(node).get(str(part))
            if pair is None:
                return line
            key, node = pair
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


# Cached because a declaration with many faults looks its fields up in one mapping again and again.
@lru_cache(maxsize=8)
def _pairs_of(node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Returns the keys and values of a mapping, by the text of the key; of a repeated key, the last."""
    return {key.value: (key, value) for key, value in node.value if isinstance(key.value, str)}


def field_name(path: Sequence[str | int]) -> str:
    """Returns the name of a field in messages: `policies.privacy, location 1, select, entry 2`. Entries count from 1.

    path: the keys and indexes that lead to the field.
    """
    groups: list[str] = []
    follows_key = False
    for part in path:
        if isinstance(part, int):
            if groups and groups[-1].rpartition(".")[2] == "locations":
                shorter = groups.pop().rpartition(".")[0]
                groups += [*filter(None, [shorter]), f"location {part + 1}"]
            else:
                groups.append(f"entry {part + 1}")
        elif follows_key:
            groups[-1] += f".{part}"
        else:
            groups.append(part)
        follows_key = not isinstance(part, int)
    return ", ".join(groups)


def path_of(place: Place) -> list[str | int]:
    """Returns a place as a list that begins with the outermost key."""
    path: list[str | int] = []
    while place is not None:
        place, part = place
        path.append(part)
    return path[::-1]


def repeated_keys(tree: yaml.Node | None) -> list[tuple[int, Place]]:
    """Returns the line and place of each repetition of a key in a mapping, in any order.

    YAML forbids repeated keys (1.2.2, section 3.2.1.3), but PyYAML silently uses the last value.
    """
    repeated: list[tuple[int, Place]] = []
    to_search: list[tuple[yaml.Node | None, Place]] = [(tree, None)]
    while to_search:
        node, place = to_search.pop()
        if isinstance(node, yaml.MappingNode):
            earlier_keys = set()
            for key, value in node.value:
                child = (place, key.value)
                if key.value in earlier_keys:
                    repeated.append((key.start_mark.line + 1, child))
                earlier_keys.add(key.value)
                to_search.append((value, child))
        elif isinstance(node, yaml.SequenceNode):
            to_search += [(value, (place, index)) for index, value in enumerate(node.value)]
    return repeated
