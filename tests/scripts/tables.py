"""Reads the tables that commands print, whose long cells are broken into several lines."""

from collections.abc import Sequence


def cells_of(lines: Sequence[str]) -> list[list[str]]:
    """Returns the cells of a table's rows, headings first. A cell that was broken has a space for each line break."""
    width = max(map(len, lines))
    padded = [line.ljust(width) for line in lines]
    gaps = {place for place in range(width) if all(line[place] == " " for line in padded)}
    starts = [0, *(place + 1 for place in range(1, width - 1) if {place - 1, place} <= gaps and place + 1 not in gaps)]
    rows: list[list[str]] = []
    for line in padded:
        cells = [line[start:end].strip() for start, end in zip(starts, [*starts[1:], width], strict=True)]
        if rows and not cells[0]:
            rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return rows
