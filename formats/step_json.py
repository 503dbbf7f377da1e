"""Encodes a step of a policy's lineage (`core.lineage.Step`) as compact JSON, and decodes it."""

import json

from core.changes import CHANGE_KINDS, SIGNIFICANCES
from core.lineage import Link, Step


def encode(step: Step) -> bytes:
    """Returns the step as JSON in ASCII."""
    links = [
        [
            CHANGE_KINDS.index(link.kind),
            SIGNIFICANCES.index(link.significance),
            link.old,
            link.new,
            " ".join(link.keys),
            *([link.numbers] if link.numbers else []),
        ]
        for link in step.links
    ]
    return json.dumps([int(step.opens), step.kept, links], separators=(",", ":")).encode()


def decode(data: bytes) -> Step:
    """Returns the step that `encode` has encoded. ValueError if the data are no encoded step."""
    try:
        opens, kept, links = json.loads(data)
        return Step(
            tuple((int(old), int(new), int(length)) for old, new, length in kept),
            tuple(_link(*link) for link in links),
            bool(opens),
        )
    except (TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"no step: {error}") from None


def _link(
    kind: int, significance: int, old: list[int], new: list[int], keys: str, numbers: list[list[str]] | None = None
) -> Link:
    pairs = tuple((str(before), str(after)) for before, after in numbers or ())
    return Link(CHANGE_KINDS[kind], SIGNIFICANCES[significance], tuple(old), tuple(new), tuple(keys.split()), pairs)
