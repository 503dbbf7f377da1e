"""Vendors, their policies and locations, as declared in `vendors/*.yaml`.

The models here are the schema; `json_schema()` gives it to editors, `load_vendors()` reads a folder by it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
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

from core.addresses import urlkey
from core.dates import parse_span
from core.exceptions import DeclarationError, UsageError

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


class _Loader(yaml.SafeLoader):
    """Leaves dates as text, so that one that does not exist is told with its line and field."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise ValueError("a policy's name is lower-case letters, digits, '-' and '_'")
    return value


def _language(value: Any) -> Any:
    # YAML 1.1 reads a bare `no`, which is Norwegian, as false.
    if not isinstance(value, str) or not re.fullmatch(r"[a-z]{2}", value):
        raise ValueError("must be an ISO 639-1 code, two lower-case letters, in quotes if it is 'no'")
    return value


def _first_day(value: Any) -> Any:
    """A year or a month stands for its first day, as it does on the command line."""
    if (isinstance(value, int) and not isinstance(value, bool)) or isinstance(value, str):
        try:
            return parse_span(str(value)).begin.date()
        except UsageError as error:
            raise ValueError(str(error)) from None
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be on one line and hold no control characters")
    return value


def _web_address(value: str) -> str:
    if not re.match(r"https?://[^/\s]+\S*$", value):
        raise ValueError("must be a web address that starts with http:// or https:// and holds no spaces")
    urlkey(value)
    return value


Day = Annotated[date, BeforeValidator(_first_day)]
WebAddress = Annotated[str, StringConstraints(strip_whitespace=True), BeforeValidator(_web_address)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_printable)]
PolicySlug = Annotated[str, BeforeValidator(_slug)]
Selector = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Language = Annotated[str, BeforeValidator(_language)]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Location(_Declared):
    """An address where the policy was published, and the dates between which that holds."""

    url: WebAddress = Field(description="Where the policy was or is published; of several pages the first")
    pages: tuple[WebAddress, ...] = Field(
        default=(), description="The pages that follow the first, in the order of reading; left out: there is one page"
    )
    render: Literal["browser"] | None = Field(
        default=None, description="browser: its scripts put the text there; left out: the text is in what is served"
    )
    since: Day | None = Field(default=None, description="First day it holds; left out: from the beginning")
    until: Day | None = Field(default=None, description="First day it no longer holds; left out: until now")
    select: tuple[Selector, ...] = Field(
        default=(), description="CSS selectors of the policy's text; left out: found by clausewatch"
    )
    remove: tuple[Selector, ...] = Field(default=(), description="CSS selectors of what is not the policy's text")

    @model_validator(mode="after")
    def _dates_in_order(self) -> "Location":
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")
        return self

    @field_validator("pages")
    @classmethod
    def _each_page_once(cls, pages: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("url") in pages:
            raise ValueError("url is the first page already; leave it out here")
        if len(set(pages)) < len(pages):
            raise ValueError("the same page is given twice")
        return pages

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of its pages, in the order of reading."""
        return (self.url, *self.pages)

    @property
    def begin(self) -> datetime | None:
        """Its first instant, timezone-aware UTC; None: always."""
        return _midnight(self.since)

    @property
    def end(self) -> datetime | None:
        """The instant from which it no longer holds, timezone-aware UTC; None: it still holds."""
        return _midnight(self.until)

    @cached_property
    def urlkey(self) -> str:
        """The key of its address, by which captures are matched (core.addresses.urlkey)."""
        return urlkey(self.url)

    def holds_at(self, moment: datetime) -> bool:
        """Whether the policy was published here at that moment (timezone-aware UTC)."""
        return (self.begin is None or self.begin <= moment) and (self.end is None or moment < self.end)


def location_of(addresses: Sequence[str], render: str | None = None) -> Location:
    """An undeclared location, of pages at these addresses. UsageError when one is no web address, or given twice."""
    try:
        return Location.model_validate({"url": addresses[0], "pages": addresses[1:], "render": render})
    except ValidationError as error:
        fault = error.errors()[0]
        message, given = fault["msg"].removeprefix("Value error, "), repr(fault["input"])
        raise UsageError(message if given in message else f"{given}: {message}") from None


class Policy(_Declared):
    """One document of a vendor."""

    locations: tuple[Location, ...] = Field(min_length=1)
    language: Language | None = Field(
        default=None, description="ISO 639-1 code of the policy's language; left out: found by clausewatch"
    )

    def location_for(self, url: str, moment: datetime) -> Location | None:
        """The location a capture from that address at that moment belongs to; None when it belongs to none.

        Addresses match as an archive's index matches them, whatever the scheme, `www.` and port.
        """
        try:
            key = urlkey(url)
        except ValueError:
            return None
        return next((place for place in self.locations if place.urlkey == key and place.holds_at(moment)), None)


class Vendor(_Declared):
    """The company watched. slug: the stem of its declaration's file, by which commands name it."""

    slug: str = Field(default="", exclude=True)
    name: Name
    homepage: WebAddress
    policies: dict[PolicySlug, Policy] = Field(min_length=1, description="By slug: privacy, cookies, terms, …")

    def policy(self, slug: str) -> Policy:
        """The policy of that slug. UsageError names the ones there are."""
        if slug not in self.policies:
            raise UsageError(f"{self.slug} has no policy {slug!r}; it has: {', '.join(self.policies)}")
        return self.policies[slug]


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def json_schema() -> dict[str, Any]:
    """The declarations' JSON Schema (draft 2020-12), for editors."""
    schema = Vendor.model_json_schema()
    schema["properties"].pop("slug")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "clausewatch vendor"}


def load_vendor(path: Path) -> Vendor:
    """One declaration. DeclarationError names file, line and field of every fault in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeclarationError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DeclarationError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    if not _SLUG.fullmatch(path.stem):
        raise DeclarationError(f"{path}: a declaration's file name is lower-case letters, digits, '-' and '_'")
    try:
        root = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  # it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclarationError(f"{path}:{line}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DeclarationError(f"{path}: not YAML: {error}") from None
    if not isinstance(data, dict):
        raise DeclarationError(f"{path}:1: must be a mapping with name, homepage and policies")
    faults = _repeated_keys(root, "")
    if "slug" in data:
        faults.append((_line_of(root, ["slug"]), "slug", "the file's name gives the slug; leave this field out"))
    try:
        vendor = Vendor.model_validate({**data, "slug": path.stem})
    except ValidationError as error:
        for fault in error.errors():
            place = [part for part in fault["loc"] if part != "[key]"]
            message = fault["msg"].removeprefix("Value error, ")
            faults.append((_line_of(root, place), ".".join(map(str, place)), message[:1].lower() + message[1:]))
    if faults:
        raise DeclarationError(
            "\n".join(
                f"{path}:{line}: {field + ': ' if field else ''}{message}" for line, field, message in sorted(faults)
            )
        )
    return vendor


def _line_of(node: yaml.Node | None, place: Sequence[str | int]) -> int:
    """The line, from 1, of the innermost part of that place that the file has."""
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(part)]
            if not pairs:
                return line
            key, node = pairs[-1]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _repeated_keys(node: yaml.Node | None, place: str) -> list[tuple[int, str, str]]:
    """A key given twice: YAML forbids it (1.2.2, section 3.2.1.3), PyYAML silently keeps the last."""
    faults = []
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            field = f"{place}.{key.value}".lstrip(".")
            if key.value in seen:
                faults.append((key.start_mark.line + 1, field, "given twice"))
            seen.add(key.value)
            faults += _repeated_keys(value, field)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            faults += _repeated_keys(value, f"{place}.{index}")
    return faults


class Declarations(Mapping[str, Vendor]):
    """Every declaration of a folder, by slug, in alphabetical order; each is read when it is asked for.

    UsageError when there is no such folder or nothing in it. DeclarationError names every fault of a declaration that
    is asked for.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir() or not any(entry.name.endswith(".yaml") for entry in os.scandir(folder)):
            raise _nothing_in(folder)
        self._folder = folder
        self._read: dict[str, Vendor] = {}

    def __getitem__(self, slug: str) -> Vendor:
        if slug not in self._read:
            path = self._folder / f"{slug}.yaml"
            if not _SLUG.fullmatch(slug) or not path.exists():
                raise KeyError(slug)
            self._read[slug] = load_vendor(path)
        return self._read[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in self._folder.glob("*.yaml")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def load_vendors(folder: Path) -> dict[str, Vendor]:
    """Every declaration of a folder, by slug, in alphabetical order.

    DeclarationError names every fault of every file; UsageError when there is no such folder or nothing in it.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise _nothing_in(folder)
    vendors, faults = {}, []
    for path in paths:
        try:
            vendors[path.stem] = load_vendor(path)
        except DeclarationError as error:
            faults.append(str(error))
    faults += [f"{path}: declarations end in .yaml; rename it" for path in sorted(folder.glob("*.yml"))]
    if faults:
        raise DeclarationError("\n".join(faults))
    return vendors


def _nothing_in(folder: Path) -> UsageError:
    return UsageError(
        f"{folder} holds no vendor declarations (*.yaml); set CLAUSEWATCH_VENDORS to the folder that does"
    )


def select_vendors(folder: Path, slugs: Iterable[str] = ()) -> dict[str, Vendor]:
    """The declared vendors of these slugs, or all of them when no slug is given. UsageError for an unknown slug.

    The declarations of other vendors are not read.
    """
    chosen, declared = list(slugs), Declarations(folder)
    if chosen and all(slug in declared for slug in chosen):
        return {slug: declared[slug] for slug in chosen}
    vendors = load_vendors(folder)
    for slug in chosen:
        if slug not in vendors:
            raise UsageError(f"no vendor {slug!r} is declared in {folder}; there are: {', '.join(vendors)}")
    return vendors
