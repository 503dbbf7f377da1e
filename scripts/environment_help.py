"""The list of environment variables at the end of every command's help.

The list is generated from the fields of `core.settings.Settings`, so the list is always complete.
"""

from core.settings import CHECKOUT, Settings


def environment_help() -> str:
    r"""Returns the `Environment` section of a help text.

    The section begins with `\b`, the mark after which click keeps line breaks.
    """
    lines = ["\b", "Environment:"]
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"CLAUSEWATCH_{name.upper()}")
        default = "user@host" if field.default_factory else _default_text(field.default)
        default = f" [{default}]" if default else ""
        lines += [f"  {variable}", f"      {field.description}{default}"]
    return "\n".join(lines)


def _default_text(default: object) -> str:
    """Returns a default value as text for the help.

    A path in the checkout is written relative to the checkout. So docs/commands.md is the same on every machine.
    """
    return "" if default is False else str(default).replace(f"{CHECKOUT}/", "")
