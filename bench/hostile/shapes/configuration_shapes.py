"""Hostile declarations, and the CSS selectors in them."""

from collections.abc import Callable

from bench.hostile.shapes.shape import Shape, nested, numbered, repeated

_VENDOR = "name: Acme\nhomepage: https://acme.example/\n"
_LOCATIONS = f"{_VENDOR}policies:\n  privacy:\n    locations:\n"
_REMOVE = f"{_LOCATIONS}      - url: https://acme.example/privacy\n        remove:\n"


def _bomb(size: int) -> bytes:
    """Returns a list of ten aliases to a list of ten aliases, and so on: ten times as much with each line."""
    lines = ["a0: &a0 [data, data]"]
    length = len(lines[0])
    while length < size:
        number = len(lines)
        lines.append(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]")
        length += len(lines[-1])
    return ("\n".join(lines) + "\n" + _VENDOR).encode()


def _selector(unit: str, before: str = "", after: str = "p") -> Callable[[int], bytes]:
    return repeated(unit, before, after)


CONFIGURATION_SHAPES = (
    Shape(
        "declaration: locations", "declaration", numbered("      - url: https://acme.example/privacy-%d\n", _LOCATIONS)
    ),
    Shape(
        "declaration: the same location", "declaration", repeated("      - url: https://acme.example/\n", _LOCATIONS)
    ),
    Shape(
        "declaration: policies",
        "declaration",
        numbered("  p%d: {locations: [{url: https://acme.example/}]}\n", f"{_VENDOR}policies:\n"),
    ),
    Shape("declaration: unknown keys", "declaration", numbered("key%d: data\n", _VENDOR)),
    Shape("declaration: the same key", "declaration", repeated("name: Acme\n", _VENDOR)),
    Shape(
        "declaration: pages",
        "declaration",
        numbered(
            "          - https://acme.example/%d\n", f"{_LOCATIONS}      - url: https://acme.example/\n        pages:\n"
        ),
    ),
    Shape("declaration: selectors", "declaration", numbered("          - p.c%d\n", _REMOVE)),
    Shape("declaration: a long selector", "declaration", repeated("p, ", f"{_REMOVE}          - ", "p\n")),
    Shape("declaration: a long name", "declaration", repeated("a", "homepage: https://acme.example/\nname: ")),
    Shape("declaration: a long address", "declaration", repeated("a/", "name: Acme\nhomepage: https://acme.example/")),
    Shape("declaration: a long comment", "declaration", repeated("#", _VENDOR)),
    Shape("declaration: aliases", "declaration", repeated("*a, ", f"{_VENDOR}a: &a [data]\npolicies: [", "*a]\n")),
    Shape("declaration: aliases of aliases", "declaration", _bomb),
    Shape(
        "declaration: merged keys",
        "declaration",
        lambda size: (
            "a0: &a0 {b: c}\n"
            + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, max(2, size // 30)))
            + _VENDOR
        ).encode(),
    ),
    Shape("declaration: recursive aliases", "declaration", repeated("*a, ", f"{_VENDOR}policies: &a [", "*a]\n")),
    Shape("declaration: nested lists", "declaration", nested("[", "a", "]", f"{_VENDOR}policies: ")),
    Shape("declaration: nested mappings", "declaration", repeated("{a: ", f"{_VENDOR}policies: ")),
    Shape(
        "declaration: nested blocks",
        "declaration",
        lambda size: (_VENDOR + "".join(" " * n + "a:\n" for n in range(int(size**0.5)))).encode(),
    ),
    Shape("declaration: list markers", "declaration", repeated("- ", f"{_VENDOR}policies:\n  ", "a\n")),
    Shape("declaration: question marks", "declaration", repeated("? ", _VENDOR, "a\n")),
    Shape("declaration: spaces", "declaration", repeated(" ", _VENDOR, "\n")),
    Shape("declaration: escapes", "declaration", repeated("\\x41", 'homepage: https://acme.example/\nname: "', '"\n')),
    Shape("declaration: a long number", "declaration", repeated("1", f"{_VENDOR}policies: ", "\n")),
    Shape("declaration: numbers to base sixty", "declaration", repeated(":59", f"{_VENDOR}policies: 1", "\n")),
    Shape("declaration: tabs", "declaration", repeated("\t", _VENDOR)),
    Shape("declaration: documents", "declaration", repeated("---\na: b\n", _VENDOR)),
    Shape("declaration: a long key", "declaration", repeated("a", _VENDOR, ": b\n")),
    Shape("declaration: a block of lines", "declaration", repeated("  data\n", f"{_VENDOR}policies: |\n")),
    Shape("declaration: folded lines", "declaration", repeated("  data\n\n", f"{_VENDOR}policies: >\n")),
    Shape("declaration: quotes without an end", "declaration", repeated("a\n", f'{_VENDOR}policies: "')),
    Shape("declaration: tags", "declaration", repeated("!!set ", f"{_VENDOR}policies: ", "a\n")),
    Shape("declaration: a set", "declaration", numbered("  ? a%d\n", f"{_VENDOR}policies: !!set\n")),
    Shape("declaration: ordered pairs", "declaration", numbered("  - a%d: b\n", f"{_VENDOR}policies: !!omap\n")),
    Shape("declaration: a long number with a point", "declaration", repeated("9", f"{_VENDOR}policies: 1.0e", "\n")),
    Shape(
        "declaration: a binary value", "declaration", repeated("QUFB\n  ", f"{_VENDOR}policies: !!binary |\n  ", "\n")
    ),
    Shape("declaration: anchors", "declaration", numbered("a%d: &a%d b\n", _VENDOR)),
    Shape("declaration: dates", "declaration", numbered("a%d: 2024-01-01T00:00:00.%d\n", _VENDOR)),
    Shape(
        "declaration: patterns",
        "declaration",
        numbered("          - 'data %d.*'\n", _REMOVE.replace("remove", "ignore")),
    ),
    Shape(
        "declaration: a long pattern",
        "declaration",
        repeated("(a|b)?", f"{_REMOVE.replace('remove', 'ignore')}          - '", "'\n"),
    ),
    Shape(
        "declaration: a pattern with counts",
        "declaration",
        nested("(", "a", "{9}){9}", f"{_REMOVE.replace('remove', 'ignore')}          - "),
    ),
    # Selectors: `remove` grows, and the page with it (see `stages`).
    Shape("selector: a list", "selector", _selector("p, ")),
    Shape("selector: a list of ids", "selector", numbered("#p%d, ", "", "p")),
    Shape("selector: descendants", "selector", _selector("div ")),
    Shape("selector: children", "selector", _selector("div > ")),
    Shape("selector: siblings", "selector", _selector("p ~ ")),
    Shape("selector: neighbours", "selector", _selector("p + ")),
    Shape("selector: classes", "selector", _selector(".a", "p", "")),
    Shape("selector: attributes", "selector", _selector('[a="b"]', "p", "")),
    Shape("selector: negations", "selector", nested(":not(", "p", ")")),
    Shape("selector: alternatives", "selector", nested(":is(", "p", ")")),
    Shape("selector: contents", "selector", nested(":has(", "p", ")")),
    Shape("selector: brackets", "selector", _selector("(")),
    Shape("selector: escapes", "selector", _selector("\\41 ", ".")),
    Shape("selector: any element", "selector", _selector("* ")),
    Shape("selector: siblings of any element", "selector", _selector("* ~ ")),
    Shape("selector: neighbours in contents", "selector", _selector(":has(~ p)", "p", "")),
    Shape("selector: a list in alternatives", "selector", _selector("p, ", ":is(", "p)")),
    Shape("selector: words of an attribute", "selector", _selector("a", '[class~="', '"]')),
    Shape("selector: comments", "selector", _selector("/**/", "p", "")),
    Shape("selector: numbers of a kind", "selector", _selector(":nth-child(2n of p)", "p", "")),
    Shape("selector: numbers", "selector", _selector(":nth-child(2n)", "p", "")),
)
