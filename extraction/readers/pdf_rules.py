"""Finds the rows of tables in a PDF by the ruled lines around their cells."""

from collections.abc import Sequence

from extraction.readers.pdf_lines import PdfPiece, Rule

# Two rules that are nearer to each other than this, in points, touch.
_TOUCHING = 2.5
# Upper limit of the number of pairs of a piece and a rule. A page with more pairs is read as if it had no tables.
_MOST_COMPARISONS = 1_000_000


def joined_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Returns the rules, with rules that continue each other joined into one."""
    level = [(y, left, right) for left, y, right, upper in rules if y == upper]
    upright = [(x, bottom, top) for x, bottom, right, top in rules if x == right and bottom != top]
    return [(left, y, right, y) for y, left, right in _joined(level)] + [
        (x, bottom, x, top) for x, bottom, top in _joined(upright)
    ]


def _joined(lines: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Returns parallel lines, with lines that continue each other joined. A line: its place, its begin and its end."""
    joined: list[tuple[float, float, float]] = []
    for place, begin, end in sorted(lines, key=lambda line: (round(line[0] / _TOUCHING), line[1])):
        if joined:
            last, last_begin, last_end = joined[-1]
            is_touching = begin <= last_end + _TOUCHING and last_begin <= end + _TOUCHING
            if is_touching and place - last <= _TOUCHING:
                joined[-1] = (last, min(begin, last_begin), max(end, last_end))
                continue
        joined.append((place, begin, end))
    return joined


def ruled_rows(pieces: Sequence[PdfPiece], rules: Sequence[Rule]) -> list[list[tuple[float, list[PdfPiece]]]]:
    """Returns the rows of tables with at least two ruled cells: for each cell, its right edge and its pieces."""
    if len(pieces) * len(rules) > _MOST_COMPARISONS:
        return []
    level = sorted((rule for rule in rules if rule[1] == rule[3]), key=lambda rule: rule[1])
    upright = sorted((rule for rule in rules if rule[1] != rule[3]), key=lambda rule: rule[0])
    rows: dict[tuple[float, float], dict[tuple[float, float], list[PdfPiece]]] = {}
    for piece in pieces:
        middle = piece.base + 0.3 * piece.size
        beside = [rule for rule in upright if rule[1] <= middle <= rule[3]]
        left = [rule[0] for rule in beside if rule[0] <= piece.left + _TOUCHING]
        right = [rule[0] for rule in beside if rule[0] >= piece.right - _TOUCHING]
        if not left and not right:
            continue
        # Many tables are open at the sides, and a row that goes on on the next page is open at its end.
        across = [
            rule
            for rule in level
            if rule[0] <= (left[-1] if left else piece.left) + _TOUCHING
            and (right[0] if right else piece.right) - _TOUCHING <= rule[2]
        ]
        nearest = [rule for rule in across if rule[1] > middle][:1] + [rule for rule in across if rule[1] <= middle][
            -1:
        ]
        if nearest:
            begin = left[-1] if left else max(rule[0] for rule in nearest)
            end = right[0] if right else min(rule[2] for rule in nearest)
            top = nearest[0][1] if nearest[0][1] > middle else max(rule[3] for rule in beside)
            bottom = nearest[-1][1] if nearest[-1][1] <= middle else min(rule[1] for rule in beside)
            rows.setdefault((top, bottom), {}).setdefault((begin, end), []).append(piece)
    table = sorted((row for row in rows.items() if len(row[1]) > 1), key=lambda row: row[0], reverse=True)
    in_cells = {id(piece) for _, cells in table for cell in cells.values() for piece in cell}
    free = [piece for piece in pieces if id(piece) not in in_cells]
    result = []
    for index, ((top, bottom), cells) in enumerate(table):
        touches_above = index > 0 and table[index - 1][0][1] - top <= _TOUCHING
        touches_below = index + 1 < len(table) and bottom - table[index + 1][0][0] <= _TOUCHING
        starts = [min(piece.left for piece in cell) for cell in cells.values()]
        aligned = sum(any(abs(piece.left - start) <= _TOUCHING for piece in free) for start in starts)
        # In some tables, every second row is coloured and no row has rules.
        if touches_above or touches_below or aligned < 2:
            result.append([(edge, cells[left, edge]) for left, edge in sorted(cells)])
    return result
