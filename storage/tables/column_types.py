"""Column types that take every value of ours on every database, and give it back unchanged."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, LargeBinary, Text, TypeDecorator

from core.exceptions import DamageError

_T = TypeVar("_T")

# PostgreSQL's text holds no NUL (documentation, section 8.3) and neither database's holds a lone surrogate: addresses,
# headers and evidence come from pages, which may hold both.
_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class _Checked(TypeDecorator[_T]):
    """A type of which SQLite may hold what is no value of it, once a file is damaged: DamageError says so."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], _T | None] | None:
        """See SQLAlchemy's types."""
        read = super().result_processor(dialect, coltype)
        if read is None:
            return None

        def checked(value: Any) -> _T | None:
            try:
                return read(value)
            except (ValueError, TypeError):
                shown = repr(value)[:40]
                raise DamageError(
                    f"{shown} in the database is not as it was written; restore the database from a backup"
                ) from None

        return checked


class AnyText(_Checked[str]):
    """A string of any code points; backslash, NUL and surrogates are stored as `\\u005c` and the like."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The string as it is stored."""
        return None if value is None else _UNSTORABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """The string as it was. TypeError when it is none."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise TypeError(value)
        if "\\" not in value:
            return value
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)


class Sha256(_Checked[str]):
    """A SHA-256 in hexadecimal, kept as the 32 bytes it stands for: rows and indexes are full of them."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """The digest as it is stored. What is none, as a damaged row may give, is equal to none."""
        if value is None:
            return None
        try:
            return bytes.fromhex(value)
        except ValueError:
            return value.encode(errors="surrogatepass")

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """The digest as it was. SQLite would hold anything; whatever it is, it is the digest of nothing."""
        if value is None:
            return None
        return value.hex() if isinstance(value, bytes) else str(value)


class Json(_Checked[Any]):
    """A value as JSON in ASCII. The databases' own JSON types refuse what AnyText has to escape."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """The value as it is stored."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The value as JSON has it: lists for tuples."""
        return None if value is None else json.loads(value)


class Moment(_Checked[datetime]):
    """A timezone-aware time, kept in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time as it is stored: SQLite knows no zones and is given UTC without one. ValueError when naive."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC, timezone-aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Bytes(_Checked[bytes]):
    """Bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """The same. TypeError when it is a text."""
        if value is not None and not isinstance(value, bytes):
            raise TypeError(value)
        return value
