"""The media types of the files clausewatch reads, by the ending of their names."""

from pathlib import Path

from core.exceptions import UsageError

_BY_ENDING = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".pdf": "application/pdf",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
}


def media_type_of(path: Path) -> str:
    """The media type of a page saved in a file. UsageError names the endings there are."""
    media_type = _BY_ENDING.get(path.suffix.lower())
    if media_type is None:
        raise UsageError(f"{path}: cannot tell what kind of file this is; its name must end in {', '.join(_BY_ENDING)}")
    return media_type
