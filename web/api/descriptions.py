"""Says in the API's OpenAPI description what the fields mean, in the words of docs/contract.md."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from core.settings import CHECKOUT

_CONTRACT = CHECKOUT / "docs" / "contract.md"
# For each shape (`web.api.shapes`): the heading in docs/contract.md, and the number of the table below it, from 0.
_TABLES: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "VendorItem": (("The API", 1),),
    "PolicyItem": (("status", 0),),
    "Evidence": (("captures, ingest", 0),),
    "CaptureItem": (("captures, ingest", 0),),
    "CaptureDetails": (("review, review show", 0), ("captures, ingest", 0)),
    "VersionItem": (("versions", 0), ("The API", 2)),
    "VersionChanges": (("The API", 3),),
    "Period": (("versions", 1),),
    "Alternation": (("versions", 2),),
    "VersionText": (("show", 0), ("versions", 0)),
    "Report": (("report, diff", 0),),
    "Side": (("report, diff", 1), ("versions", 0)),
    "Change": (("report, diff", 3),),
    "RecentChange": (("changes", 0),),
    "FailedChange": (("changes", 0), ("The API", 4)),
    "VersionName": (("versions", 0),),
    "Blame": (("blame", 0), ("show", 0), ("versions", 0)),
    "BlamedClause": (("blame", 1),),
    "Trace": (("trace", 0),),
    "Event": (("trace", 1),),
    "SearchHit": (("search", 1), ("search", 0)),
    "HeldSpan": (("search", 2), ("search", 1)),
}
_LISTS = ("Vendors", "Policies", "Versions", "Captures", "RecentChanges", "Search")
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


def describe(schema: dict[str, Any]) -> None:
    """Adds to the shapes of an OpenAPI description what their fields mean, where docs/contract.md has the table."""
    for name, shape in schema["components"]["schemas"].items():
        tables = (("The API", 0),) if name in _LISTS else _TABLES.get(name, ())
        for field, of_field in shape.get("properties", {}).items():
            meaning = next((found[field] for table in tables if field in (found := _table(*table))), "")
            if meaning and not meaning.startswith("as "):
                of_field["description"] = meaning


@cache
def _table(heading: str, number: int) -> Mapping[str, str]:
    """Returns a table of docs/contract.md: the meaning of each field, without links. {} if there is no such table."""
    tables = list(_tables(heading))
    return tables[number] if number < len(tables) else {}


def _tables(heading: str) -> Iterator[dict[str, str]]:
    _, found, rest = _CONTRACT.read_text(encoding="utf-8").partition(f"\n### {heading}\n")
    if not found:
        return
    table: dict[str, str] = {}
    for line in [*rest.split("\n### ", 1)[0].split("\n## ", 1)[0].splitlines(), "| field |"]:
        if line.startswith("| field |"):
            if table:
                yield table
            table = {}
        elif line.startswith("| `"):
            _, fields, meaning, *_ = line.split("|")
            meaning = _LINK.sub(r"\1", meaning.strip())
            table.update(dict.fromkeys(re.findall(r"`(\w+)\??`", fields), meaning))
