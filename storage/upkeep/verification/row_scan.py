"""Reads the rows of large tables in portions, and checks whether a row was altered after it was written."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, inspect, select

from core.dates import iso
from core.exceptions import RESTORE_ADVICE, DamageError
from core.policies import PolicyKey
from storage.database import Database
from storage.tables import seals
from storage.tables.models import Base

_ROWS_AT_ONCE = 500

#: The exceptions that a damaged row may cause. The database and the column types raise DamageError. Code that uses the
#: values of a damaged row may raise one of the other three.
UNREADABLE = (DamageError, ValueError, TypeError, KeyError)
#: How the findings of `verify` describe an altered row. A failing disk alters rows, too.
ALTERED = "no longer matches its checksum: it is damaged or was changed"


def fault_of(error: Exception) -> str:
    """Returns why something can't be read, without the advice: a finding of `verify` ends with its own remedy."""
    return str(error).removesuffix(f"; {RESTORE_ADVICE}")


def scan_keys(database: Database, column: Any, *conditions: Any) -> Iterator[Any]:
    """Yields the keys of the rows that meet all conditions. Reads the keys in portions, in short transactions."""
    query = select(column).where(*conditions).order_by(column).limit(_ROWS_AT_ONCE)
    portion = _all(database, query)
    while portion:
        yield from portion
        portion = _all(database, query.where(column > portion[-1]))


def scan_rows(database: Database, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """Yields the rows of a query, all in one transaction."""
    with database.read_session() as session:
        yield from session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))


def is_as_written(row: Base, sealed_columns: Sequence[str]) -> bool:
    """Returns whether a row still has the values that its seal was computed from."""
    values = {attribute.columns[0].name: getattr(row, attribute.key) for attribute in inspect(type(row)).column_attrs}
    return bool(seals.seal(sealed_columns, values) == values["seal"])


def capture_place(capture_id: int, capture: Any) -> str:
    """Returns the text by which the findings of `verify` name a capture.

    capture: an object with the attributes `vendor`, `policy`, `captured_at` and `url`.
    """
    return (
        f"{PolicyKey(capture.vendor, capture.policy)} {iso(capture.captured_at)} {capture.url} (capture {capture_id})"
    )


def _all(database: Database, query: Select[Any]) -> Sequence[Any]:
    with database.read_session() as session:
        return session.scalars(query).all()
