"""Reads YAML texts that anybody may have written."""

from typing import Any

import yaml

# The most values in a text, each counted as often as aliases stand for it. With aliases of aliases, a few lines may
# stand for more values than any memory holds.
_MOST_VALUES = 100_000
# A longer number, such as 1:59:59:…, takes a time that grows with the square of its length.
_LONGEST_NUMBER = 1_000


class YamlSizeError(ValueError):
    """A part of a YAML text stands for too much, or for itself.

    line: the line of the part, counted from 1.
    """

    def __init__(self, message: str, part: yaml.Node) -> None:
        super().__init__(message)
        self.line = part.start_mark.line + 1


class CarefulLoader(yaml.SafeLoader):
    """A YAML loader whose only errors are YAMLError, YamlSizeError and RecursionError."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Returns the value of a node. ConstructorError with the node's line if the value doesn't fit the node's tag.

        For some values, PyYAML raises another exception, which names no line: IndexError for `!!int ""`, for example.
        """
        try:
            return super().construct_object(node, deep=deep)
        except (yaml.YAMLError, YamlSizeError, RecursionError):
            raise
        except Exception:
            problem = (
                f"the value doesn't fit the type {node.tag.rpartition(':')[2][:20]}; write it in quotes, without a tag"
            )
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def compose(text: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> yaml.Node | None:
    """Returns the tree of a YAML text's nodes; None if the text is empty.

    yaml.YAMLError, ValueError or RecursionError if the text isn't YAML. YamlSizeError, a ValueError, if an alias stands
    for a value that contains the alias, if the text has more than 100,000 values, counted as often as aliases stand for
    them, or if a number has more than 1,000 characters.
    """
    tree = yaml.compose(text, Loader=loader)
    if tree is not None:
        _count(tree, {})
    return tree


def load(text: str) -> Any:
    """Returns the value of a YAML text; None if the text is empty. The errors are those of `compose`."""
    compose(text)
    return yaml.load(text, Loader=CarefulLoader)  # noqa: S506  # a SafeLoader


def _count(node: yaml.Node, counts: dict[int, int]) -> int:
    """Returns the number of values in a node.

    counts: the numbers that are known already, by the Python ids of the nodes; 0 for a node that contains this one.
    """
    known = counts.get(id(node))
    if known == 0:
        raise YamlSizeError("an alias (*name) in this part refers to the part itself; write the text out instead", node)
    if known is not None:
        return known
    counts[id(node)] = 0
    if isinstance(node, yaml.MappingNode):
        count = 1 + sum(_count(key, counts) + _count(value, counts) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        count = 1 + sum(_count(value, counts) for value in node.value)
    else:
        if len(node.value) > _LONGEST_NUMBER and node.tag != "tag:yaml.org,2002:str":
            raise YamlSizeError(f"a number has more than {_LONGEST_NUMBER:,} characters; put it in quotes", node)
        count = 1
    if count > _MOST_VALUES:
        message = f"this part has more than {_MOST_VALUES:,} values, with those that aliases stand for; write less"
        raise YamlSizeError(message, node)
    counts[id(node)] = count
    return count
