"""Column types that store every value of clausewatch on either database, and return it unchanged."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, LargeBinary, Text, TypeDecorator

from core.exceptions import DamageError

_T = TypeVar("_T")

# PostgreSQL's text can't hold NUL (documentation, section 8.3), and neither database's text can hold a lone surrogate.
# Addresses, headers and evidence come from pages, which may contain both.
_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class _Checked(TypeDecorator[_T]):
    """A type that raises DamageError for a stored value it can't convert.

    SQLite enforces no column types, so any value may stand in a column of a damaged file.
    """

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], _T | None] | None:
        """Returns SQLAlchemy's conversion of stored values, with its errors turned into DamageError."""
        convert = super().result_processor(dialect, coltype)
        if convert is None:
            return None

        def checked(value: Any) -> _T | None:
            try:
                return convert(value)
            except (ValueError, TypeError):
                shown = repr(value)[:40]
                raise DamageError(
                    f"{shown} in the database is not as it was written; restore the database from a backup"
                ) from None

        return checked


class AnyText(_Checked[str]):
    """A string of any code points. Backslash, NUL and surrogates are stored escaped, as `\\u005c` and the like."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Returns the string with its unstorable characters escaped."""
        return None if value is None else _UNSTORABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Returns the string without the escapes. TypeError if the stored value is no string."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise TypeError(value)
        if "\\" not in value:
            return value
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)


class Sha256(_Checked[str]):
    """A SHA-256 in hexadecimal, stored as its 32 bytes to keep rows and indexes small."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Returns the 32 bytes of the checksum.

        A value that is not hexadecimal, as a damaged row may return, becomes bytes that equal no checksum.
        """
        if value is None:
            return None
        try:
            return bytes.fromhex(value)
        except ValueError:
            return value.encode(errors="surrogatepass")

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Returns the checksum in hexadecimal.

        SQLite may hold a value of another type in a damaged row. It is returned as a string, which is the checksum of
        nothing that is stored.
        """
        if value is None:
            return None
        return value.hex() if isinstance(value, bytes) else str(value)


class Json(_Checked[Any]):
    """A value as JSON in ASCII. The databases' own JSON types refuse the characters that AnyText escapes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Returns the value as JSON."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Returns the value that the JSON stands for: what was stored as a tuple comes back as a list."""
        return None if value is None else json.loads(value)


class Moment(_Checked[datetime]):
    """A timezone-aware time, stored in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns the time in UTC, naive for SQLite, which knows no time zones. ValueError if `value` is naive."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns the time in UTC, timezone-aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Bytes(_Checked[bytes]):
    """Bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """Returns the bytes. TypeError if the stored value is a text."""
        if value is not None and not isinstance(value, bytes):
            raise TypeError(value)
        return value
