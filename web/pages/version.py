"""The text of one version, with since when each clause reads as it does, and with the same text to download."""

import json
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.clauses import Clause
from core.dates import parse_span
from core.escaping import escape_json
from core.exceptions import UsageError
from core.history import names_version
from core.policies import PolicyKey
from diffing.lineage import chain
from reports.clause_lines import missing_words
from reports.html_report import language_tag
from views import addresses
from views.clause_history import Blame, ClauseSince, blame
from views.contents import contents_list
from views.neighbours import entry_of, neighbours
from views.text_on_date import text_on_date
from views.version_text import VersionText, clauses_as_text, version_text
from web.citing import citation_of, cite_box
from web.paths import check_when, download, key_of, without_suffix
from web.rendering import base_url, page, prefix_of, room_of
from web.room import NotFoundError, PolicyHistory, Room

# The formats to download, by suffix: the media type, and the name for readers.
_FILES: Final = {"txt": ("text/plain; charset=utf-8", "plain text"), "json": ("application/json", "JSON")}
# How many bytes a clause of a kept page takes, besides four for each character of its text.
_CLAUSE = 1000
_DEEPEST_HEADING = 6


@dataclass(frozen=True, slots=True)
class _ClauseLine:
    """A clause as the page shows it.

    level: the level of a heading in HTML, from 3; 0 for another clause.
    since: since when the clause reads so; None if the version never stood, so that no clause's history counts it.
    is_new: whether this version brought the reading.
    """

    clause: Clause
    level: int
    since: ClauseSince | None
    is_new: bool


def version(request: Request) -> Response:
    """Answers with the text of a version that a date, a number or an id names, as a page or as a file."""
    room, key = room_of(request), key_of(request)
    vendor, _ = room.policy(key)
    when, suffix = without_suffix(request.path_params["when"], tuple(_FILES))
    history = room.history(key)
    try:
        check_when(when)
        text = version_text(room.store, key, when, history.whole)
    except UsageError as error:
        raise NotFoundError(f"{error}.") from None
    version_id = text.version.id
    full = f"@{version_id}"
    if when.startswith("@") and when != full:
        target = addresses.version_file(key, full, suffix) if suffix else addresses.version_page(key, full)
        return RedirectResponse(prefix_of(request) + target, 302)
    if suffix:
        return _file(text, suffix, f"{key.vendor}-{key.policy}-{when}.{suffix}")
    quarantined = () if names_version(when) else room.store.timelines.quarantined(key)
    dates = _blame(room, key, history, text)
    entries = chain(history.settled)
    index = entry_of(entries, version_id, text.period.first.captured_at)
    before, after = neighbours(entries, index)
    address = addresses.version_page(key, full)
    first = room.store.library.capture(text.period.first.capture_id)
    return page(
        request,
        "version.html.j2",
        vendor=vendor,
        key=key,
        text=text,
        on_date=text_on_date(history.whole, when, quarantined),
        lines=_lines(text, dates),
        contents=contents_list(text.document.clauses),
        language=language_tag(text.document),
        missing=dates.missing if dates else (),
        missing_words=missing_words,
        standing=dates is not None,
        before=before,
        after=after,
        canonical=base_url(request) + address,
        **cite_box(citation_of(request, vendor.name, first.capture, text.document, version_id, address)),
        files=[(name, addresses.version_file(key, when, suffix)) for suffix, (_, name) in _FILES.items()],
    )


def choose_date(request: Request) -> Response:
    """Leads from the form with a date to the text of that date, whose address can be read and shared."""
    key = key_of(request)
    room_of(request).policy(key)
    date = request.query_params.get("date", "").strip()
    try:
        parse_span(date)
    except UsageError as error:
        raise NotFoundError(f"{error}.") from None
    return RedirectResponse(prefix_of(request) + addresses.version_page(key, date), 303)


def _file(text: VersionText, suffix: str, name: str) -> Response:
    if suffix == "json":
        content = escape_json(json.dumps(text.to_dict(), ensure_ascii=False, indent=2))
    else:
        content = clauses_as_text(text.document.clauses)
    return Response(f"{content}\n", media_type=_FILES[suffix][0], headers=download(name))


def _blame(room: Room, key: PolicyKey, history: PolicyHistory, text: VersionText) -> Blame | None:
    """Returns since when each clause of a version reads as it does; None if the version never stood."""
    begin = text.period.first.captured_at
    if entry_of(chain(history.settled), text.version.id, begin) is None:
        return None
    when = f"@{text.version.id}"
    return room.kept.get(
        ("blame", key, history.state, when), lambda: blame(room.store, key, when, room.call, history.settled), _size
    )


def _size(dates: Blame) -> int:
    return sum(_CLAUSE + 4 * len(clause.text) for clause in dates.document.clauses)


def _lines(text: VersionText, dates: Blame | None) -> list[_ClauseLine]:
    clauses = text.document.clauses
    since = dates.clauses if dates else [None] * len(clauses)
    return [
        _ClauseLine(
            clause,
            min(3 + len(clause.heading_path), _DEEPEST_HEADING) if clause.kind == "heading" else 0,
            of,
            of is not None and of.change is not None and of.change.new.id == text.version.id,
        )
        for clause, of in zip(clauses, since, strict=True)
    ]


ROUTES = [
    Route("/{vendor:slug}/{policy:slug}/-/text", choose_date),
    Route("/{vendor:slug}/{policy:slug}/{when:when}", version),
]
