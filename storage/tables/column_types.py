"""Column types for SQLite and PostgreSQL that store every value that clausewatch has, and return it unchanged."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, LargeBinary, Text, TypeDecorator

from core.exceptions import RESTORE_ADVICE, DamageError

_T = TypeVar("_T")

# PostgreSQL's text type can't store NUL (documentation, section 8.3). Neither database's text type can store a lone
# surrogate. Addresses, headers and evidence come from pages, which may contain NUL and surrogates.
_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class _Checked(TypeDecorator[_T]):
    """A column type that raises DamageError if a stored value can't be converted.

    SQLite doesn't enforce column types, so a column of a damaged file may contain any value.
    """

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], _T | None] | None:
        """Returns SQLAlchemy's function that converts stored values, wrapped so that it raises DamageError."""
        convert = super().result_processor(dialect, coltype)
        if convert is None:
            return None

        def checked(value: Any) -> _T | None:
            try:
                return convert(value)
            except (ValueError, TypeError):
                shown = repr(value)[:40]
                raise DamageError(
                    f"the value {shown} in the database is damaged or was changed; {RESTORE_ADVICE}"
                ) from None

        return checked


class AnyText(_Checked[str]):
    """A string of any code points. NUL, surrogates and backslashes are stored as escapes, such as `\\u005c`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Returns the string with its unstorable characters escaped."""
        return None if value is None else _UNSTORABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Returns the string with its escapes decoded. TypeError if the stored value is not a string."""
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

        A value from a damaged row may not be hexadecimal. The result is then the string's own bytes. They match no
        stored checksum, so a query finds no row.
        """
        if value is None:
            return None
        try:
            return bytes.fromhex(value)
        except ValueError:
            return value.encode(errors="surrogatepass")

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Returns the checksum in hexadecimal.

        In a damaged SQLite row, the value may have another type. The result is then a string that is no row's checksum.
        """
        if value is None:
            return None
        return value.hex() if isinstance(value, bytes) else str(value)


class Json(_Checked[Any]):
    """A value, stored as JSON in ASCII. The databases' JSON types can't store the characters that AnyText escapes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Returns the value as JSON."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Returns the value that was stored. A tuple is returned as a list."""
        return None if value is None else json.loads(value)


class Moment(_Checked[datetime]):
    """A timezone-aware time, stored in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns the time in UTC. The result is naive for SQLite, which has no time zones.

        ValueError if `value` is naive.
        """
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
    """Bytes, stored as they are."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """Returns the bytes. TypeError if the stored value is of another type."""
        if value is not None and not isinstance(value, bytes):
            raise TypeError(value)
        return value
