"""Changes the name of a policy in the text of a declaration."""

import yaml

from core.declarations.positions import parse_yaml


def with_policy_renamed(text: str, old: str, new: str) -> str:
    """Returns the text of a declaration in which a policy has another name. All other characters stay as they are.

    text: a sound declaration that declares the policy `old`.
    """
    _, tree = parse_yaml(text)
    assert isinstance(tree, yaml.MappingNode)  # noqa: S101 - a sound declaration is a mapping
    policies = next(value for key, value in tree.value if key.value == "policies")
    name = next(key for key, _ in policies.value if key.value == old)
    return text[: name.start_mark.index] + new + text[name.end_mark.index :]
