"""The media types of saved pages. The ending of the file name decides the media type."""

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
    """Returns the media type of a saved page. UsageError if the ending of the file name is unknown."""
    media_type = _BY_ENDING.get(path.suffix.lower())
    if media_type is None:
        raise UsageError(
            f"{path}: the name of a saved page must end in {', '.join(_BY_ENDING)}, so that the kind of the file is "
            "known"
        )
    return media_type
