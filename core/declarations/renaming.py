"""Changes the name of a policy in the text of a declaration."""

import yaml

from core.declarations.positions import parse_yaml
from core.exceptions import UsageError


def with_policy_renamed(text: str, old: str, new: str) -> str:
    """Returns the text of a declaration in which a policy has another name. All other characters stay as they are.

    text: a sound declaration that declares the policy `old`.

    UsageError if the name stands for another part of the file: a YAML alias.
    """
    _, tree = parse_yaml(text)
    assert isinstance(tree, yaml.MappingNode)  # noqa: S101 - a sound declaration is a mapping
    policies = next(value for key, value in tree.value if key.value == "policies")
    name = next(key for key, _ in policies.value if key.value == old)
    begin, end = name.start_mark.index, name.end_mark.index
    if not policies.start_mark.index <= begin < policies.end_mark.index:
        raise UsageError(f"the declaration names {old} by an alias (*); write the name itself, and rename it then")
    # YAML reads some plain words as other values than texts: 2024, no, null.
    written = new if yaml.safe_load(new) == new else f'"{new}"'
    return text[:begin] + written + text[end:]
