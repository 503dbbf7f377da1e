"""The query language of the CDX server, which is the Wayback Machine's index.

The rules follow the CDX server's documentation (internetarchive/wayback, wayback-cdx-server/README.md).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote_plus, unquote_plus

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")

Row = Mapping[str, str]
Parameters = Mapping[str, Sequence[str]]


class BadQueryError(ValueError):
    """A malformed query. The CDX server answers such a query with status 400."""


def response_body(rows: Iterable[Row], parameters: Parameters) -> str:
    """Returns the body of the response to a query.

    The body is text with one line for each row. With `output=json`, the body is a JSON list of lists, and the first
    list has the names of the fields.

    rows: the rows of the address that the query names, sorted by urlkey and timestamp.
    parameters: the query's parameters as urllib.parse.parse_qs returns them. The supported parameters are `from`, `to`,
        `filter`, `collapse`, `limit`, `fl`, `output`, `showResumeKey` and `resumeKey`.

    BadQueryError if a parameter's value is malformed.
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
    """Yields the rows whose timestamps lie between `from` and `to`, both inclusive.

    Both parameters may be shortened to a prefix of 1 to 14 digits: `to=2016` includes all of 2016.
    """
    begin, end = _value(parameters, "from"), _value(parameters, "to")
    for row in rows:
        timestamp = row["timestamp"]
        if begin and timestamp < begin:
            continue
        if end and timestamp[: len(end)] > end:
            continue
        yield row


def _filtered(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """Yields the rows that match every filter (`filter=[!]field:regex`).

    The regular expression must match the whole field. With `!`, rows that match the expression are dropped instead.
    """
    filters = []
    for text in parameters.get("filter", []):
        match = re.fullmatch(r"(!?)(\w+):(.*)", text)
        if not match or match[2] not in FIELDS:
            raise BadQueryError(f"filter {text!r}")
        try:
            filters.append((match[2], re.compile(match[3]), match[1] == "!"))
        except re.error as error:
            raise BadQueryError(f"filter {text!r}: {error}") from None
    for row in rows:
        if all(bool(pattern.fullmatch(row[field])) != inverted for field, pattern, inverted in filters):
            yield row


def _collapsed(rows: Iterable[Row], parameters: Parameters) -> Iterator[Row]:
    """Yields the first row of each run of adjacent rows with the same value in a field (`collapse=field[:n]`).

    With `n`, only the first n characters of the field are compared.
    """
    keys: list[tuple[str, int | None]] = []
    for text in parameters.get("collapse", []):
        match = re.fullmatch(r"(\w+)(?::(\d+))?", text)
        if not match or match[1] not in FIELDS:
            raise BadQueryError(f"collapse {text!r}")
        keys.append((match[1], int(match[2]) if match[2] else None))
    previous: dict[tuple[str, int | None], str] = {}
    for row in rows:
        values = {(field, length): row[field][:length] for field, length in keys}
        if any(previous.get(key) == value for key, value in values.items()):
            continue
        previous = values
        yield row


def _page(rows: list[Row], parameters: Parameters) -> tuple[list[Row], str | None]:
    """Returns one page of the rows, and the resume key of the next page. The key is None if no rows follow.

    A page has `limit` rows and begins at the parameter `resumeKey`. A negative limit selects the last rows. The resume
    key is only returned if the query has `showResumeKey=true`.
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
