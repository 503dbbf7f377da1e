"""A clause through time: what happened to it, from its first appearance to the newest version."""

from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.changes import Redline
from core.clauses import Clause
from core.lineage import EventKind
from core.policies import PolicyKey
from reports.clause_lines import event_notes, event_time, event_title, missing_words, outcome
from reports.excerpts import shortened
from reports.html_report import language_tag
from reports.places import cited, kind_word, label_of, numbered
from reports.rendered_changes import PARAGRAPH_END, redline_with_breaks
from views import addresses
from views.clause_history import Trace, TracedEvent, VersionName, trace
from views.clause_surroundings import surroundings
from web.citing import citation_of, cite_box
from web.clause_axis import axis_svg
from web.paths import key_of
from web.rendering import page, room_of
from web.room import NotFoundError

# A heading of the page quotes at most so many characters of the clause; a neighbour is named by as many.
_TITLE, _NEIGHBOUR = 90, 70
# About how many bytes an event takes, besides the texts.
_EVENT = 4000
_WITHOUT_REDLINE: frozenset[EventKind] = frozenset(
    ["appeared", "unknown", "removed", "returned", "moved", "renumbered"]
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A clause, and the address of its text in a version."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class _EventLine:
    """Something that happened to the clause, as the page shows it.

    redline: the marked text; None if `clauses` are shown as they are. change: the address of the change in its
        comparison; '' if there is none. texts: where the versions of both sides have the clauses.
    """

    id: str
    event: TracedEvent
    title: str
    time: str
    notes: tuple[str, ...]
    redline: Redline | None
    clauses: tuple[Clause, ...]
    is_gone: bool
    change: str
    texts: tuple[_Place, ...]


def clause(request: Request) -> Response:
    """Answers with a clause's line through the versions of its policy."""
    room = room_of(request)
    key = key_of(request)
    vendor, _ = room.policy(key)
    when, position = request.path_params["version"], request.path_params["number"] - 1
    if not when.startswith("@"):
        raise NotFoundError("A clause is named by the id of its version, like @1f2e3d4c5b6a, and its number in it.")
    history = room.history(key)
    settled = history.settled
    traced = room.kept.get(
        ("trace", key, history.state, when, position),
        lambda: trace(room.store, key, when[1:], position, room.call, settled),
        _size,
    )
    around = surroundings(room.store, settled, traced.version.id, position)
    address = addresses.clause_page(key, traced.version.id, position)
    lines = [_line(key, at, event) for at, event in enumerate(traced.events, start=1)]
    text_place = partial(_text_place, key)
    return page(
        request,
        "clause.html.j2",
        vendor=vendor,
        key=key,
        traced=traced,
        title=shortened(numbered(traced.clause), _TITLE),
        kind=_kind(traced.clause),
        outcome=outcome(traced),
        brief=missing_words(traced.missing_from),
        lines=lines,
        axis=axis_svg([(line.id, line.title, line.event.first.captured_at) for line in lines]),
        now=[text_place(traced.newest, found) for found in traced.now],
        here=text_place(traced.version, traced.clause),
        before=_neighbour(key, traced, around.before),
        after=_neighbour(key, traced, around.after),
        language=language_tag(around.document),
        **cite_box(
            citation_of(
                request,
                vendor.name,
                room.store.library.capture(around.text.capture_id).capture,
                around.document,
                traced.version.id,
                address,
                clause=traced.clause,
            )
        ),
        paragraph_end=PARAGRAPH_END,
    )


def _size(traced: Trace) -> int:
    """Returns about how many bytes a trace takes."""
    clauses = [clause for event in traced.events for clause in (*event.change.old, *event.change.new)]
    return _EVENT * (1 + len(traced.events)) + 3 * sum(len(clause.text) for clause in clauses)


def _line(key: PolicyKey, at: int, event: TracedEvent) -> _EventLine:
    change = event.change
    shown = change.new or change.old
    places = [(event.new, found) for found in change.new]
    if event.old is not None and event.kind != "returned":
        places = [(event.old, found) for found in change.old] + places
    return _EventLine(
        f"event-{at}",
        event,
        event_title(event),
        event_time(event),
        event_notes(event),
        None if event.kind in _WITHOUT_REDLINE or not change.redline else redline_with_breaks(change),
        shown,
        event.kind == "removed",
        _change_address(key, event),
        tuple(_text_place(key, version, found) for version, found in places),
    )


def _change_address(key: PolicyKey, event: TracedEvent) -> str:
    if event.name is None:
        return ""
    return addresses.comparison_page(key, f"@{event.name.old.id}", f"@{event.name.new.id}", event.name.number)


def _text_place(key: PolicyKey, version: VersionName, found: Clause) -> _Place:
    words = f"version {version.number}, clause {found.position + 1}"
    return _Place(words, addresses.version_page(key, f"@{version.id}", found.position))


def _neighbour(key: PolicyKey, traced: Trace, found: Clause | None) -> _Place | None:
    if found is None:
        return None
    words = shortened(numbered(found), _NEIGHBOUR)
    return _Place(words, addresses.clause_page(key, traced.version.id, found.position))


def _kind(found: Clause) -> str:
    label = cited(label_of(found))
    return f"{kind_word(found)} {label}".strip()


ROUTES = [Route("/{vendor:slug}/{policy:slug}/{version}/clause/{number:int}", clause)]
