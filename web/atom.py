"""Writes Atom feeds (RFC 4287), divided into pages (RFC 5005, section 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from core.dates import iso
from reports.vendor_text import printable

_MEDIA_TYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
# Every id is derived from this name and the name of what it stands for. If it were another one, all readers of feeds
# would show all entries as new.
_NAMES = uuid5(NAMESPACE_URL, "https://clausewatch.invalid/feeds")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed.

    name: the parts of the name from which the entry's id is derived. They must never change.
    title: a line of plain text. address: an absolute address. author: the vendor whose text it is.
    published, updated: when the change was first and last seen, timezone-aware.
    html: the content, whose text is escaped and printable.
    """

    name: tuple[str, ...]
    title: str
    address: str
    author: str
    published: datetime
    updated: datetime
    html: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of a feed.

    title: a line of plain text. subtitle: a sentence that says what the feed contains.
    address: the absolute address of the feed's first page, which is the feed's id. own: the absolute address of this
    page of it. page: the absolute address of the page for people that shows the same.
    entries: the entries of this page. empty_since: the time of the last change of a page without entries.
    next: the absolute address of the following page; '' if this is the last one.
    """

    title: str
    subtitle: str
    address: str
    own: str
    page: str
    entries: tuple[Entry, ...]
    empty_since: datetime
    next: str = ""

    @property
    def updated(self) -> datetime:
        """The time of the newest change."""
        return max((entry.updated for entry in self.entries), default=self.empty_since)


def as_atom(feed: Feed) -> bytes:
    """Returns a page of a feed as an Atom document in UTF-8. Characters that XML forbids are replaced."""
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(root, "id", feed.address)
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", iso(feed.updated))
    _add(root, "generator", "clausewatch")
    _link(root, "self", feed.own, _MEDIA_TYPE)
    _link(root, "first", feed.address, _MEDIA_TYPE)
    if feed.next:
        _link(root, "next", feed.next, _MEDIA_TYPE)
    _link(root, "alternate", feed.page, "text/html")
    for entry in feed.entries:
        _add_entry(root, entry)
    ElementTree.indent(root, " ")
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def entry_id(name: Iterable[str]) -> str:
    """Returns the id of an entry, as an absolute IRI. name: the parts of what the entry is named by."""
    return uuid5(_NAMES, "\n".join(name)).urn


def _add_entry(root: ElementTree.Element, entry: Entry) -> None:
    element = ElementTree.SubElement(root, "entry")
    _add(element, "id", entry_id(entry.name))
    _add(element, "title", entry.title)
    _add(element, "published", iso(entry.published))
    _add(element, "updated", iso(entry.updated))
    author = ElementTree.SubElement(element, "author")
    _add(author, "name", entry.author)
    _link(element, "alternate", entry.address, "text/html")
    _add(element, "content", entry.html, type="html")


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    # `printable` turns line breaks into spaces, which changes nothing of the HTML.
    ElementTree.SubElement(parent, name, attributes).text = printable(text)


def _link(parent: ElementTree.Element, relation: str, address: str, media_type: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": relation, "type": media_type, "href": printable(address)})
