"""The environment variables, as every command's help tells them: taken from the settings, so they cannot differ."""

from core.settings import CHECKOUT, Settings


def environment_help() -> str:
    """The `Environment` part of a help text, laid out for click (\\b keeps the lines apart)."""
    lines = ["\b", "Environment:"]
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"CLAUSEWATCH_{name.upper()}")
        default = "user@host" if field.default_factory else _shown(field.default)
        default = f" [{default}]" if default else ""
        lines += [f"  {variable}", f"      {field.description}{default}"]
    return "\n".join(lines)


def _shown(default: object) -> str:
    """A default as help shows it: places in the checkout as relative ones, as they are for every reader."""
    return "" if default is False else str(default).replace(f"{CHECKOUT}/", "")
