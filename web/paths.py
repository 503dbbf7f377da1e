"""The parts of the addresses of pages: policies, and the dates and versions that a reader names."""

import re
from typing import Final

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

from core.dates import parse_span
from core.exceptions import UsageError
from core.history import names_version
from core.policies import PolicyKey


class _Part(Convertor[str]):
    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Slug(_Part):
    """The slug of a vendor or of a policy. It never begins with a hyphen; the room's own pages begin with `/-/`."""

    regex = "[a-z0-9][a-z0-9_-]*"


class _When(_Part):
    """A date, a version's number, or `@` and its id, with or without the suffix of a file."""

    regex = "[@0-9][^/]*"


register_url_convertor("slug", _Slug())
register_url_convertor("when", _When())

_UNSAFE_IN_NAME: Final = re.compile(r"[^A-Za-z0-9.@-]")


def key_of(request: Request) -> PolicyKey:
    """Returns the policy that a request's path names."""
    return PolicyKey(request.path_params["vendor"], request.path_params["policy"])


def without_suffix(when: str, suffixes: tuple[str, ...]) -> tuple[str, str]:
    """Returns a date or version without the suffix of a file, and the suffix; '' if it has none of these suffixes."""
    name, _, suffix = when.rpartition(".")
    return (name, suffix) if name and suffix in suffixes else (when, "")


def check_when(when: str) -> None:
    """UsageError if a text is neither a date nor the number or id of a version."""
    if not when:
        raise UsageError("Give two dates, or the numbers of two versions.")
    if not names_version(when):
        parse_span(when)


def download(name: str) -> dict[str, str]:
    """Returns the header with which a browser stores an answer as a file (RFC 6266). name: the file's name."""
    return {"Content-Disposition": f'attachment; filename="{_UNSAFE_IN_NAME.sub("-", name)}"'}
