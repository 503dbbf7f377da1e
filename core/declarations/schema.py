"""The schema of the declarations in `vendors/`: vendors, the policies of a vendor, and the locations of a policy."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.addresses import LONGEST_ADDRESS, urlkey
from core.dates import parse_span
from core.exceptions import UsageError
from core.patterns import compile_pattern

# No page was on the web before 1990. A date outside these years is a slip, and calculations with it could overflow.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_LONGEST_DATE = 100  # in characters
_NO_DATE = "must be a year, a month or a day, like 2018, 2018-05 or 2018-05-25"
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


def is_slug(text: str) -> bool:
    """Returns whether a text can be the slug of a vendor or a policy."""
    return _SLUG.fullmatch(text) is not None


def _check_policy_slug(value: Any) -> Any:
    if not isinstance(value, str) or not is_slug(value):
        raise ValueError(
            "a policy's name consists of lower-case letters, digits, '-' and '_', and begins with a letter or a digit"
        )
    return value


def _check_language(value: Any) -> Any:
    # YAML 1.1 reads an unquoted `no`, the code of Norwegian, as false.
    if not isinstance(value, str) or not re.fullmatch(r"[a-z]{2}", value):
        raise ValueError(
            "must be a language code of two lower-case letters such as en (ISO 639-1), in quotes if it is 'no'"
        )
    return value


def _parse_first_day(value: Any) -> Any:
    """Returns the first day of a year, month or day: 2018-01-01 for `2018`. `--since 2018` has the same meaning.

    None and a date are returned unchanged.
    """
    if (isinstance(value, int) and not isinstance(value, bool)) or isinstance(value, str):
        if len(str(value)) > _LONGEST_DATE:  # the message of parse_span would repeat it
            raise ValueError(_NO_DATE)
        try:
            return parse_span(str(value)).begin.date()
        except UsageError as error:
            raise ValueError(str(error)) from None
    if value is not None and not isinstance(value, date):
        raise ValueError(_NO_DATE)
    return value


def _check_year(value: date) -> date:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"must be a day from {_FIRST_YEAR} to {_LAST_YEAR}")
    return value


def _check_printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be on one line and contain no control characters")
    return value


def _check_web_address(value: Any) -> Any:
    if not isinstance(value, str) or not re.match(r"https?://[^/\s]+\S*$", value):
        raise ValueError("must be a web address: it starts with http:// or https:// and contains no spaces")
    if len(value) > LONGEST_ADDRESS:
        raise ValueError(f"must have at most {LONGEST_ADDRESS:,} characters")
    urlkey(value)  # raises ValueError for an invalid port or IPv6 address
    if "@" in urlsplit(value).netloc:
        raise ValueError("must have no user name and no password before the host; remove everything up to the @")
    return value


def _check_pattern(value: str) -> str:
    compile_pattern(value)  # raises ValueError if RE2 can't read the pattern
    return value


Day = Annotated[date, BeforeValidator(_parse_first_day), AfterValidator(_check_year)]
WebAddress = Annotated[str, StringConstraints(strip_whitespace=True), BeforeValidator(_check_web_address)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_check_printable)]
PolicySlug = Annotated[str, BeforeValidator(_check_policy_slug)]
# A selector has at most this many characters: a parser of CSS takes long for lists of thousands of selectors.
_LONGEST_SELECTOR = 1_000
Selector = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST_SELECTOR)]
Pattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_pattern)]
Language = Annotated[str, BeforeValidator(_check_language)]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Location(_Declared):
    """An address where the policy was published, and the dates between which it was published there."""

    url: WebAddress = Field(
        description="Address where the policy is or was published; the first page if the policy has several"
    )
    pages: tuple[WebAddress, ...] = Field(
        default=(),
        description="Addresses of the pages that follow the first, in reading order; omit if there is one page",
    )
    render: Literal["browser"] | None = Field(
        default=None,
        description="browser if scripts put the text on the page; omit if the served HTML contains the text",
    )
    since: Day | None = Field(
        default=None,
        description="First day on which the policy was published here; omit if the policy has no earlier address",
    )
    until: Day | None = Field(
        default=None,
        description="First day on which the policy was no longer published here; omit if it is still published here",
    )
    select: tuple[Selector, ...] = Field(
        default=(), description="CSS selectors of the policy's text; omit to let clausewatch find the text"
    )
    remove: tuple[Selector, ...] = Field(
        default=(), description="CSS selectors of parts of the page that do not belong to the policy"
    )

    ignore: tuple[Pattern, ...] = Field(
        default=(),
        description="Regular expressions (RE2) of text that does not belong to the policy, such as a visitor counter",
    )

    @model_validator(mode="after")
    def _check_date_order(self) -> "Location":
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")
        return self

    @field_validator("pages")
    @classmethod
    def _check_pages_differ(cls, pages: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("url") in pages:
            raise ValueError("url is already the first page; remove it from this list")
        repeated = next((page for index, page in enumerate(pages) if page in pages[:index]), None)
        if repeated is not None:
            raise ValueError(f"{repeated} is listed twice; remove one of them")
        return pages

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of all pages, in reading order."""
        return (self.url, *self.pages)

    @property
    def begin(self) -> datetime | None:
        """The first instant of `since`, timezone-aware UTC; None if the location has no `since`."""
        return _midnight(self.since)

    @property
    def end(self) -> datetime | None:
        """The first instant of `until`, timezone-aware UTC; None if the location has no `until`."""
        return _midnight(self.until)

    @cached_property
    def urlkey(self) -> str:
        """The key of `url` (see core.addresses.urlkey). Captures are matched to locations by this key."""
        return urlkey(self.url)

    def holds_at(self, moment: datetime) -> bool:
        """Returns whether the policy was published at this location at a moment (timezone-aware UTC)."""
        return (self.begin is None or self.begin <= moment) and (self.end is None or moment < self.end)


class Policy(_Declared):
    """One document of a vendor, such as the privacy policy, and the locations where it was published."""

    locations: tuple[Location, ...] = Field(min_length=1)
    language: Language | None = Field(
        default=None, description="ISO 639-1 code of the policy's language; omit to let clausewatch detect it"
    )

    def location_for(self, url: str, moment: datetime) -> Location | None:
        """Returns the location of a capture; None if the policy had no location with this address at that moment.

        url: the address that was captured. Addresses are compared as in an archive's index: scheme, a leading `www.`
            and port make no difference.
        moment: the time of the capture, timezone-aware UTC.
        """
        try:
            key = urlkey(url)
        except ValueError:
            return None
        return next(
            (location for location in self.locations if location.urlkey == key and location.holds_at(moment)), None
        )


class Vendor(_Declared):
    """A company whose policies are watched.

    slug: the vendor's name in commands: the file name of the declaration without `.yaml`.
    """

    slug: str = Field(default="", exclude=True)
    name: Name
    homepage: WebAddress
    policies: dict[PolicySlug, Policy] = Field(min_length=1, description="By slug: privacy, cookies, terms, …")

    def policy(self, slug: str) -> Policy:
        """Returns the policy with a slug.

        UsageError if the vendor has no policy with this slug. The message lists the vendor's policies.
        """
        if slug not in self.policies:
            raise UsageError(f"{self.slug} has no policy {slug!r}; it has: {', '.join(self.policies)}")
        return self.policies[slug]


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def location_of(
    addresses: Sequence[str],
    render: str | None = None,
    select: Sequence[str] = (),
    remove: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Location:
    """Returns a `Location` that no declaration file contains.

    addresses: the addresses of the location's pages, in reading order.
    render: `browser` if a browser must render the pages; otherwise None.
    select, remove, ignore: the fields of these names.

    UsageError if an address is not a web address or occurs twice, or if a pattern can't be read.
    """
    fields = {"url": addresses[0], "pages": addresses[1:], "render": render}
    try:
        return Location.model_validate(fields | {"select": select, "remove": remove, "ignore": ignore})
    except ValidationError as error:
        fault = error.errors()[0]
        message, value = validation_message(fault["msg"]), repr(fault["input"])
        raise UsageError(message if value in message else f"{value}: {message}") from None


def validation_message(message: str) -> str:
    """Returns an error message without the `Value error, ` that Pydantic puts before the message of a validator."""
    return message.removeprefix("Value error, ")


def json_schema() -> dict[str, Any]:
    """Returns the JSON Schema (draft 2020-12) of declarations, with which text editors check a declaration."""
    schema = Vendor.model_json_schema()
    schema["properties"].pop("slug")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "clausewatch vendor"}
