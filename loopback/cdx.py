"""The query dialect of the Wayback CDX server, over rows that are already sorted by urlkey and timestamp.

The rules are those of the server's documentation (internetarchive/wayback, wayback-cdx-server/README.md).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote_plus, unquote_plus

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")

Row = Mapping[str, str]
Parameters = Mapping[str, Sequence[str]]


class BadQuery(ValueError):
    """A parameter the server would refuse with status 400."""


def answer(rows: Iterable[Row], parameters: Parameters) -> str:
    """The body of the answer to a query: text, or JSON (a list of lists, header first) with `output=json`.

    parameters: the query's parameters as urllib.parse.parse_qs gives them. Understood are from, to, filter, collapse,
    limit, fl, output, showResumeKey and resumeKey; selecting the rows of `url` is the caller's part. BadQuery.
    """
    selected = list(_collapsed(_filtered(_in_range(rows, parameters), parameters), parameters))
    page, resume_key = _page(selected, parameters)
    fields = [name for name in (_one(parameters, "fl") or ",".join(FIELDS)).split(",") if name in FIELDS]
    table = [[row[field] for field in fields] for row in page]
    if _one(parameters, "output") == "json":
        if table:
            table.insert(0, fields)
        if resume_key:
            table += [[], [resume_key]]
        return json.dumps(table) + "\n"
    lines = [" ".join(row) for row in table]
    if resume_key:
        lines += ["", resume_key]
    return "".join(line + "\n" for line in lines)


def _one(parameters: Parameters, name: str) -> str:
    return parameters.get(name, [""])[-1]


def _in_range(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """`from` and `to` are timestamps of 1 to 14 digits and take in all that begins with them."""
    begin, end = _one(parameters, "from"), _one(parameters, "to")
    for row in rows:
        timestamp = row["timestamp"]
        if begin and timestamp < begin:
            continue
        if end and timestamp[: len(end)] > end:
            continue
        yield row


def _filtered(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """`filter=[!]field:regex`, the regex matching the whole field; several must all hold."""
    tests = []
    for text in parameters.get("filter", []):
        match = re.fullmatch(r"(!?)(\w+):(.*)", text)
        if not match or match[2] not in FIELDS:
            raise BadQuery(f"filter {text!r}")
        try:
            tests.append((match[2], re.compile(match[3]), match[1] == "!"))
        except re.error as error:
            raise BadQuery(f"filter {text!r}: {error}") from None
    for row in rows:
        if all(bool(pattern.fullmatch(row[field])) != inverted for field, pattern, inverted in tests):
            yield row


def _collapsed(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """`collapse=field[:n]`: of adjacent rows that agree in the field (its first n characters), the first."""
    keys: list[tuple[str, int | None]] = []
    for text in parameters.get("collapse", []):
        match = re.fullmatch(r"(\w+)(?::(\d+))?", text)
        if not match or match[1] not in FIELDS:
            raise BadQuery(f"collapse {text!r}")
        keys.append((match[1], int(match[2]) if match[2] else None))
    last: dict[tuple[str, int | None], str] = {}
    for row in rows:
        values = {(field, length): row[field][:length] for field, length in keys}
        if any(last.get(key) == value for key, value in values.items()):
            continue
        last = values
        yield row


def _page(rows: list[Row], parameters: Parameters) -> tuple[list[Row], str | None]:
    """`limit` rows from the resume key on (the last ones when negative), and the key to go on with if more follow."""
    resume_key = unquote_plus(_one(parameters, "resumeKey"))
    if resume_key:
        rows = [row for row in rows if f"{row['urlkey']} {row['timestamp']}" >= resume_key]
    try:
        limit = int(_one(parameters, "limit") or 0)
    except ValueError:
        raise BadQuery("limit is no number") from None
    if limit < 0:
        return rows[limit:], None
    if not limit or limit >= len(rows):
        return rows, None
    if _one(parameters, "showResumeKey") != "true":
        return rows[:limit], None
    following = rows[limit]
    return rows[:limit], quote_plus(f"{following['urlkey']} {following['timestamp']}")
