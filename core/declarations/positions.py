"""Finds the line of a field in a declaration's YAML text, so that faults are reported with a line number."""

from collections.abc import Sequence
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """A YAML loader that leaves dates as text.

    The schema parses the dates instead, because the schema's error for an invalid date can name the line and the field.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own attribute
        character: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for character, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


# With all aliases replaced, a declaration has at most this many nodes. Otherwise, a few lines of aliases of aliases
# would stand for billions of nodes.
_MAX_NODES = 100_000


class AliasError(ValueError):
    """The aliases of a YAML text stand for too much, or for themselves.

    line: the line of the part that the aliases stand for, counted from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse_yaml(text: str) -> tuple[Any, yaml.Node | None]:
    """Returns the value of a YAML text, and the tree of its nodes with their line numbers.

    Both results are None if the text is empty.

    yaml.YAMLError, ValueError or RecursionError if the text is not YAML. AliasError, a ValueError, if its aliases stand
    for too much, or for themselves.
    """
    tree = yaml.compose(text, Loader=_Loader)
    if tree is not None:
        _count_nodes(tree, {})
    return yaml.load(text, Loader=_Loader), tree  # noqa: S506  # _Loader is a SafeLoader


def _count_nodes(node: yaml.Node, counts: dict[int, int]) -> int:
    """Returns the number of nodes below a node, and the node itself, with all aliases replaced.

    counts: the numbers of the nodes counted before, by the node's `id`; 0 for a node whose count is under way.
    """
    if id(node) not in counts:
        counts[id(node)] = 0
        children = node.value if isinstance(node, yaml.CollectionNode) else ()
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        counts[id(node)] = 1 + sum(_count_nodes(child, counts) for child in children)
    count = counts[id(node)]
    line = node.start_mark.line + 1
    if not count:
        raise AliasError("an alias in this part stands for the part itself; write the part out", line)
    if count > _MAX_NODES:
        raise AliasError("the aliases in this part stand for too much text; write the part out", line)
    return count


def line_of(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """Returns the line of a field, counted from 1.

    node: the YAML node from which the path starts.
    path: the keys and indexes that lead to the field, for example `["policies", "privacy", "locations", 0]`. If the
        field is missing, the result is the line of the last field on the path that exists.
    """
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(part)]
            if not pairs:
                return line
            key, node = pairs[-1]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def repeated_keys(node: yaml.Node | None, field: str = "") -> list[tuple[int, str]]:
    """Returns the line and field of each repetition of a key in a mapping.

    YAML forbids repeated keys (1.2.2, section 3.2.1.3), but PyYAML silently uses the last value.

    node: the YAML node to search.
    field: the path of keys and indexes that leads to the node, joined with dots; '' for the whole file.
    """
    repeated = []
    if isinstance(node, yaml.MappingNode):
        earlier_keys = set()
        for key, value in node.value:
            child = f"{field}.{key.value}".lstrip(".")
            if key.value in earlier_keys:
                repeated.append((key.start_mark.line + 1, child))
            earlier_keys.add(key.value)
            repeated += repeated_keys(value, child)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            repeated += repeated_keys(value, f"{field}.{index}")
    return repeated
