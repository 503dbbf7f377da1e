"""The query language of the Wayback Machine's index (its CDX server), applied to rows sorted by urlkey and timestamp.

The rules are those of the CDX server's documentation (internetarchive/wayback, wayback-cdx-server/README.md).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote_plus, unquote_plus

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")

Row = Mapping[str, str]
Parameters = Mapping[str, Sequence[str]]


class BadQueryError(ValueError):
    """A query that the CDX server would refuse with status 400."""


def answer(rows: Iterable[Row], parameters: Parameters) -> str:
    """Returns the body of the answer to a query: text, or with `output=json` a list of lists, field names first.

    rows: the rows of the address that the query names.
    parameters: as urllib.parse.parse_qs returns them. Understood are from, to, filter, collapse, limit, fl, output,
    showResumeKey and resumeKey.
    BadQueryError if a parameter's value makes no sense.
    """
    selected = list(_collapsed(_filtered(_in_range(rows, parameters), parameters), parameters))
    page, resume_key = _page(selected, parameters)
    fields = [name for name in (_value(parameters, "fl") or ",".join(FIELDS)).split(",") if name in FIELDS]
    table = [[row[field] for field in fields] for row in page]
    if _value(parameters, "output") == "json":
        if table:
            table.insert(0, fields)
        if resume_key:
            table += [[], [resume_key]]
        return json.dumps(table) + "\n"
    lines = [" ".join(row) for row in table]
    if resume_key:
        lines += ["", resume_key]
    return "".join(line + "\n" for line in lines)


def _value(parameters: Parameters, name: str) -> str:
    return parameters.get(name, [""])[-1]


def _in_range(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """Yields the rows from `from` to `to`: timestamps of 1 to 14 digits, which include all timestamps they begin."""
    begin, end = _value(parameters, "from"), _value(parameters, "to")
    for row in rows:
        timestamp = row["timestamp"]
        if begin and timestamp < begin:
            continue
        if end and timestamp[: len(end)] > end:
            continue
        yield row


def _filtered(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """Yields the rows that every `filter=[!]field:regex` accepts. The regex must match the whole field."""
    tests = []
    for text in parameters.get("filter", []):
        match = re.fullmatch(r"(!?)(\w+):(.*)", text)
        if not match or match[2] not in FIELDS:
            raise BadQueryError(f"filter {text!r}")
        try:
            tests.append((match[2], re.compile(match[3]), match[1] == "!"))
        except re.error as error:
            raise BadQueryError(f"filter {text!r}: {error}") from None
    for row in rows:
        if all(bool(pattern.fullmatch(row[field])) != inverted for field, pattern, inverted in tests):
            yield row


def _collapsed(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """Yields the first of adjacent rows whose field, or its first n characters, is equal (`collapse=field[:n]`)."""
    keys: list[tuple[str, int | None]] = []
    for text in parameters.get("collapse", []):
        match = re.fullmatch(r"(\w+)(?::(\d+))?", text)
        if not match or match[1] not in FIELDS:
            raise BadQueryError(f"collapse {text!r}")
        keys.append((match[1], int(match[2]) if match[2] else None))
    last: dict[tuple[str, int | None], str] = {}
    for row in rows:
        values = {(field, length): row[field][:length] for field, length in keys}
        if any(last.get(key) == value for key, value in values.items()):
            continue
        last = values
        yield row


def _page(rows: list[Row], parameters: Parameters) -> tuple[list[Row], str | None]:
    """Returns `limit` rows from the resume key on, and the key to resume with if more rows follow.

    A negative limit means the last rows.
    """
    resume_key = unquote_plus(_value(parameters, "resumeKey"))
    if resume_key:
        rows = [row for row in rows if f"{row['urlkey']} {row['timestamp']}" >= resume_key]
    try:
        limit = int(_value(parameters, "limit") or 0)
    except ValueError:
        raise BadQueryError("limit is not a number") from None
    if limit < 0:
        return rows[limit:], None
    if not limit or limit >= len(rows):
        return rows, None
    if _value(parameters, "showResumeKey") != "true":
        return rows[:limit], None
    following = rows[limit]
    return rows[:limit], quote_plus(f"{following['urlkey']} {following['timestamp']}")
