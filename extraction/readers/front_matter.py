"""Front matter: data in front of a Markdown text, which static site generators such as Jekyll and Hugo read."""

import re
import tomllib
from typing import Any

from extraction.words.normalization import normalize

# YAML stands between two lines `---`, and TOML between two lines `+++` (https://jekyllrb.com/docs/front-matter/,
# https://gohugo.io/content-management/front-matter/). In YAML, `...` may end the data, too (YAML 1.2, section 9.1.2).
_FRONT_MATTER = re.compile(
    r"\ufeff?(?:---[ \t]*\r?\n(?P<yaml>.*?)^(?:---|\.\.\.)|\+\+\+[ \t]*\r?\n(?P<toml>.*?)^\+\+\+)[ \t]*(?:\r?\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
# Front matter is near the beginning of a text.
_MOST_CHARACTERS = 20_000


def without_front_matter(text: str) -> tuple[str | None, str]:
    """Returns the title in the front matter of a Markdown text, and the text without the front matter.

    What stands between the two lines is front matter only if it is data whose keys are in lower case. A line such as
    "Note: …" may be text between two thematic breaks.

    The title is None if the text has no front matter, or if the front matter has no title.
    """
    match = _FRONT_MATTER.match(text[:_MOST_CHARACTERS])
    if match is None:
        return None, text
    data = _yaml(match["yaml"]) if match["yaml"] is not None else _toml(match["toml"])
    if not isinstance(data, dict) or not data or not all(str(key)[:1].islower() for key in data):
        return None, text
    title = data.get("title")
    return (normalize(title) or None) if isinstance(title, str) else None, text[match.end() :]


def _toml(source: str) -> Any:
    """Returns the data of a TOML text; None if it isn't valid."""
    try:
        return tomllib.loads(source)
    except (ValueError, RecursionError):
        return None


def _yaml(source: str) -> Any:
    """Returns the data of a YAML text; None if it isn't valid."""
    # Imported here because few policies have front matter, and the YAML parser takes a while to load.
    import yaml

    from core.yaml_texts import load

    try:
        return load(source)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
