"""Where in a declaration's YAML text a field is, so that a fault is reported with its line."""

from collections.abc import Sequence
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Leaves dates as text, so that a date that does not exist is reported with its line and field."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def parse_yaml(text: str) -> tuple[Any, yaml.Node | None]:
    """Returns the value of a YAML text, and the tree of its nodes, which know their lines; None for an empty text.

    yaml.YAMLError, ValueError or RecursionError if the text is not YAML.
    """
    tree = yaml.compose(text, Loader=_Loader)
    return yaml.load(text, Loader=_Loader), tree  # noqa: S506  # _Loader is a SafeLoader


def line_of(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """Returns the line, counted from 1, of the innermost part of a path of keys and indexes that the file has."""
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
    """Returns line and field of each key that occurs more than once in a mapping, after its first occurrence.

    YAML forbids that (1.2.2, section 3.2.1.3), but PyYAML silently keeps the last value.

    field: the field that the node is the value of, with dots between its keys and indexes; '' for the whole file.
    """
    repeated = []
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            child = f"{field}.{key.value}".lstrip(".")
            if key.value in seen:
                repeated.append((key.start_mark.line + 1, child))
            seen.add(key.value)
            repeated += repeated_keys(value, child)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            repeated += repeated_keys(value, f"{field}.{index}")
    return repeated
