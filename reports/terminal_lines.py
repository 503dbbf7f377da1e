"""Prints paragraphs and redlines in a terminal, and as plain text for a pipe or a file."""

from rich.console import Console
from rich.text import Text

from core.changes import Redline
from reports.excerpts import redline_as_text

_STYLES = {"delete": "red strike", "insert": "green underline", "equal": ""}


def redline_text(redline: Redline, console: Console) -> Text:
    """Returns a redline for a console: in colours, or with the marks [-old-] and {+new+} if the console has none."""
    if console.no_color or console.color_system is None:
        return Text(redline_as_text(redline))
    return Text.assemble(*((part, _STYLES[operation]) for operation, part in redline))


def print_line(console: Console, text: Text, indent: int = 0, mark: str = "") -> None:
    """Prints a paragraph. Lines are wrapped on a terminal only; for a pipe or a file, the paragraph is one line.

    indent: the number of columns by which the paragraph is indented. mark: what stands in these columns on the first
        line; it has as many characters.
    """
    mark = mark or " " * indent
    if console.is_terminal and indent:
        lines = text.wrap(console, max(1, console.width - indent))
        console.print(Text("\n").join(Text(" " * indent if at else mark) + line for at, line in enumerate(lines)))
    elif console.is_terminal:
        console.print(text)
    else:
        console.print(Text(mark) + text, soft_wrap=True)
