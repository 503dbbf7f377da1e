"""Writes the pieces of a digest's HTML part, with inlined styles.

The functions take the same arguments as those of `reports.digest_email.plain_part`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from css_inline import CSSInliner
from markupsafe import Markup

from reports.html_report import environment

_TEMPLATES = Path(__file__).parent.parent / "templates"
_STYLE: Final = (_TEMPLATES / "digest.css").read_text(encoding="utf-8")
# The styles that can't be inlined. A mail program that drops them shows dark text on a light ground.
_DARK_STYLE: Final = (_TEMPLATES / "digest_dark.css").read_text(encoding="utf-8")
_INLINER: Final = CSSInliner(load_remote_stylesheets=False)
_EMPTY_LINES: Final = re.compile(r"\n\s*\n+")


def written(name: str, *arguments: Any) -> str:
    """Returns a piece: the macro of digest.html.j2 with that name, called with the arguments."""
    return f"{_INLINER.inline_fragment(_macro(name, *arguments), _STYLE).strip()}\n"


def beginning(title: str) -> str:
    """Returns what stands before all pieces."""
    return f"{_macro('beginning', title, Markup(_DARK_STYLE)).strip()}\n"  # noqa: S704 - a file of this package


def ending() -> str:
    """Returns what stands after all pieces."""
    return f"{_macro('ending').strip()}\n"


def _macro(name: str, *arguments: Any) -> str:
    return _EMPTY_LINES.sub("\n", str(getattr(_templates(), name)(*arguments)))


@cache
def _templates() -> Any:
    return environment().get_template("digest.html.j2").module
