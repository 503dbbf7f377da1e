"""Drafts the declaration of a vendor from the address of one of the vendor's policies."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml
from tldextract import TLDExtract

from core.declarations.schema import Location, Vendor
from core.exceptions import UsageError

# What separates the vendor's name from the rest of a page's title: `Privacy Policy | Hesk`, `Hesk – Privacy Policy`.
_TITLE_SEPARATOR = re.compile(r"\s+[-–—|·•»:/]+\s+|\s*[|»]\s*|:\s+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A declaration that is ready to be saved. slug: the vendor's slug. text: the text of the file, in YAML."""

    slug: str
    text: str


def draft(location: Location, policy: str, title: str | None) -> Draft:
    """Returns a declaration of a vendor with one policy that was published at one location.

    policy: the policy's slug. title: the title of the policy's page; None if it has none.

    The slug is the name under which the vendor registered its domain. The vendor's name is the part of the title that
    is written like the slug; if there is no such part, it is the slug with a capital.

    UsageError if the policy's slug is not valid.
    """
    parts = urlsplit(location.url)
    registered = _registered_name(parts.hostname or "")
    slug = re.sub(r"[^a-z0-9_-]+", "-", registered).strip("-_") or "vendor"
    declaration = {
        "name": _name_in(title or "", registered) or registered.capitalize(),
        "homepage": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/",
        "policies": {policy: {"locations": [_fields_of(location)]}},
    }
    try:
        Vendor.model_validate(declaration)
    except ValueError:
        raise UsageError(
            f"{policy!r} can't be a policy's name: it consists of lower-case letters, digits, '-' and '_', and begins "
            "with a letter or a digit"
        ) from None
    text = yaml.dump(declaration, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)
    return Draft(slug, text)


class _Dumper(yaml.SafeDumper):
    """Writes lists as the documentation does: indented more than the name of the list."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _registered_name(host: str) -> str:
    """Returns the part of a host that its owner chose: `hesk` for www.hesk.com and www.hesk.co.uk."""
    # The list of public suffixes in the package is used, so that nothing is downloaded.
    result = TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)(host)
    if not result.suffix and result.subdomain:  # a name of a local network, such as www.lanternpost.intern
        return result.subdomain.rpartition(".")[2]
    return result.domain or host


def _name_in(title: str, registered: str) -> str | None:
    """Returns the part of a title that is written like a registered name, apart from spaces, signs and capitals."""
    for part in _TITLE_SEPARATOR.split(title):
        if part.isprintable() and _letters(part) == _letters(registered) != "":
            return part.strip()
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _fields_of(location: Location) -> dict[str, Any]:
    """Returns the fields of a location that were declared, in the order of the schema."""
    return location.model_dump(mode="json", exclude_defaults=True)
