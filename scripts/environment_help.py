"""The environment variables in every command's help, made from the settings so that the two can't differ."""

from core.settings import CHECKOUT, Settings


def environment_help() -> str:
    r"""Returns the `Environment` section of a help text. click keeps the line breaks after its mark `\b`."""
    lines = ["\b", "Environment:"]
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"CLAUSEWATCH_{name.upper()}")
        default = "user@host" if field.default_factory else _default_text(field.default)
        default = f" [{default}]" if default else ""
        lines += [f"  {variable}", f"      {field.description}{default}"]
    return "\n".join(lines)


def _default_text(default: object) -> str:
    """Returns a default as the help shows it; paths in the checkout are relative, so that all checkouts agree."""
    return "" if default is False else str(default).replace(f"{CHECKOUT}/", "")
