"""Writes dates as the people of a language do."""

import re
from datetime import UTC, datetime

from babel import Locale
from babel.dates import format_date, format_time

# A time as `core.dates.iso` writes it.
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def with_dates_in(text: str, language: str) -> str:
    """Returns a text of clausewatch's own whose times, as `iso` writes them, are written as people of a language do.

    language: an IETF language tag that Babel knows (`de`, `pt-BR`). The times stay in UTC:
    `18. Oktober 2016, 22:57 UTC`.
    """

    def written(match: re.Match[str]) -> str:
        moment = datetime.fromisoformat(match.group())
        locale = Locale.parse(language, sep="-")
        return f"{format_date(moment, 'long', locale)}, {format_time(moment, 'short', UTC, locale)} UTC"

    return _ISO.sub(written, text)
