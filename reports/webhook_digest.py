"""Writes a digest as JSON for webhooks, in the shapes of the commands and of the API (docs/contract.md)."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.changes import SIGNIFICANCES
from core.dates import iso
from core.history import Announcement
from reports.change_list import ListedChange
from reports.digest_email import DigestEntry, Links
from reports.digest_email.body import by_importance
from reports.digest_email.headers import contents_of, fingerprint, subject
from reports.excerpts import shortened
from reports.json_report import escaped
from reports.report import Interval, Report
from views.addresses import capture_page

#: The limit on a webhook's body, in bytes. Widespread receivers refuse more than 100 kB (Express, a framework for web
#: servers, by default).
BODY_LENGTH = 80_000
# The parts of the room that the items without their changes, and the names of others, may take.
_FOR_ITEMS = 0.5
_FOR_NAMES = 0.2
# A change may take its share of the room, and in any case this much, in bytes.
_CHANGE_ROOM = 4_000
# The limits on single lines, in characters, and on the number of sentences of an item.
_LINE_LENGTH = 1_000
_SENTENCES = 8
# What the beginning and the end of a body take at most, with a subject of 400 characters, in bytes.
_FRAME = 2_500


@dataclass(frozen=True, slots=True)
class SharedBody:
    """What the bodies of a digest to several webhooks have in common.

    contents: what the message's id depends on, besides the webhook. rest: the body after the id.
    """

    contents: str
    rest: bytes


def change_details(report: Report, entry: DigestEntry, announcement: Announcement) -> bytes:
    """Returns the fields of a change for `DigestEntry.details`: JSON, compressed with zlib.

    Only as many clause-level changes are kept as one body has room for, the most important first. The changes between
    the versions of an alternation are left out, since earlier digests told them.

    report: the comparison of the announcement's old period and new period. entry: the entry about it.
    """
    changes = () if announcement.alternation else report.comparison.changes
    numbered = [{"number": number, **change.to_dict()} for number, change in enumerate(changes, 1)]
    numbered.sort(key=lambda change: SIGNIFICANCES.index(change["significance"]))
    left, kept = BODY_LENGTH, []
    for change in numbered:
        left -= len(_as_bytes(change))
        if left < 0:
            break
        kept.append(change)
    fields = ListedChange(entry.key, report, entry).to_dict()
    return zlib.compress(json.dumps({"fields": fields, "changes": kept, "total": len(numbered)}).encode(), 1)


def shared_body(entries: Sequence[DigestEntry], now: datetime, links: Links) -> SharedBody:
    """Returns the body of a digest, which has at most BODY_LENGTH bytes, without its id.

    The policies with the most important changes come first. If there is no room for all, further policies are named,
    and those beyond are counted. Clause-level changes are whole, or left out and counted.

    entries: the digest's entries, at least one. now: the present time, timezone-aware. links: where links lead.
    """
    ordered = by_importance(entries)
    room = BODY_LENGTH - _FRAME
    items = _fitting_items(ordered, links, int(room * _FOR_ITEMS))
    others = list(dict.fromkeys(str(entry.key) for entry in ordered[len(items) :]))
    named = _fitting_names(others, int(room * _FOR_NAMES))
    _add_changes(items, room - sum(item.length for item in items) - len(_as_bytes(named)))
    body = {
        "type": "digest",
        "timestamp": iso(now),
        "data": {
            "subject": subject(ordered),
            "page": links.page("/") or None,
            "items": [item.to_dict() for item in items],
            "others": named,
            "others_left_out": len(others) - len(named),
        },
    }
    return SharedBody(contents_of(ordered), _as_bytes(body)[1:])


def to_webhook(shared: SharedBody, address: str) -> bytes:
    """Returns the body of a digest to a webhook. Its id depends only on the address and the changes."""
    number = f"msg_{fingerprint(shared.contents, address)}"
    return f'{{"id":"{number}",'.encode("ascii") + shared.rest


@dataclass
class _Item:
    """An entry as JSON. fields: without its changes. changes: its changes, the most important first.

    total: the number of its changes. shown: the changes that the body has room for.
    """

    fields: dict[str, Any]
    changes: list[dict[str, Any]]
    total: int
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def length(self) -> int:
        """The length of the item in a list, in bytes."""
        return len(_as_bytes(self.to_dict())) + 1

    def to_dict(self) -> dict[str, Any]:
        """Returns the item as a dictionary (docs/contract.md)."""
        shown = sorted(self.shown, key=lambda change: int(change["number"]))
        return {**self.fields, "changes": shown, "changes_left_out": self.total - len(shown)}


def _fitting_items(ordered: Sequence[DigestEntry], links: Links, room: int) -> list[_Item]:
    items: list[_Item] = []
    for entry in ordered:
        item = _item(entry, links)
        room -= item.length
        if items and room < 0:
            break
        items.append(item)
    return items


def _fitting_names(names: Sequence[str], room: int) -> list[str]:
    fitting = []
    for name in names:
        room -= len(name) + 3
        if room < 0:
            break
        fitting.append(name)
    return fitting


def _add_changes(items: Sequence[_Item], room: int) -> None:
    """Shows as many changes as there is room for: one of each item in turn."""
    queues = [(item, iter(item.changes)) for item in items]
    while queues:
        waiting = []
        for place, (item, changes) in enumerate(queues):
            change = next(changes, None)
            if change is None:
                continue
            length = len(_as_bytes(change)) + 1
            if length <= min(room, max(room // (len(queues) - place), _CHANGE_ROOM)):
                item.shown.append(change)
                room -= length
            waiting.append((item, changes))
        queues = waiting


def _item(entry: DigestEntry, links: Links) -> _Item:
    details = json.loads(zlib.decompress(entry.details)) if entry.details else {}
    fields = {
        "vendor": entry.key.vendor,
        "vendor_name": entry.vendor,
        "policy": entry.key.policy,
        "headline": shortened(entry.headline, _LINE_LENGTH),
        "summary": shortened(entry.summary, _LINE_LENGTH),
        "sentences": [shortened(sentence, _LINE_LENGTH) for sentence in entry.sentences[:_SENTENCES]],
        "page": links.page(entry.page) or None,
        "command": entry.command,
        "interval": _interval(entry.interval, links) if entry.interval else None,
    }
    return _Item(
        {"kind": entry.kind} | details.get("fields", {}) | fields, details.get("changes", []), details.get("total", 0)
    )


def _interval(interval: Interval, links: Links) -> dict[str, Any]:
    return {
        side: {**capture.to_dict(), "page": links.page(capture_page(capture.capture_id)) or None}
        for side, capture in (("after", interval.last_old), ("before", interval.first_new))
    }


def _as_bytes(value: Any) -> bytes:
    return escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode("utf-8")
