"""Two versions compared: the HTML report as a page, with the same report to download."""

import pickle
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import zstandard
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.exceptions import DateOrderError, UsageError
from core.history import names_version
from core.lineage import ChainEntry
from core.plurals import plural
from core.policies import PolicyKey
from diffing.lineage import chain
from reports import REPORT_FORMATS, VersionSide
from reports.html_report import ReportPage, RoomLinks, page_of
from reports.report import ReportSource, named_source
from views import addresses
from views.citations import Citation
from views.neighbours import entry_of, neighbours
from web.citing import citation_of, cite_box
from web.paths import check_when, download, key_of, without_suffix
from web.rendering import base_url, page, prefix_of, room_of
from web.room import NotFoundError, PolicyHistory, Room

_MARKDOWN: Final = "text/markdown; charset=utf-8"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# The formats to download, by suffix: the format's name in `REPORT_FORMATS`, its media type, and its name for readers.
_FILES: Final = {
    "docx": ("docx", _WORD, "Word"),
    "md": ("markdown", _MARKDOWN, "Markdown"),
    "json": ("json", "application/json", "JSON"),
}
# A form offers at most this many versions, the newest ones. A reader can type every date.
_OFFERED = 200


@dataclass(frozen=True, slots=True)
class _Step:
    """A link to another comparison of the history: its two versions, the older one first."""

    old: ChainEntry
    new: ChainEntry


@dataclass(frozen=True, slots=True)
class _Form:
    """The form that chooses two versions: what it contains, and the versions that it offers, newest first."""

    old: str
    new: str
    offered: Sequence[ChainEntry]


def comparison(request: Request) -> Response:
    """Answers with what changed between two dates or versions, as a page or as a file."""
    room, key = room_of(request), key_of(request)
    vendor, _ = room.policy(key)
    old, (new, suffix) = request.path_params["old"], without_suffix(request.path_params["new"], tuple(_FILES))
    history = room.history(key)
    try:
        check_when(old)
        check_when(new)
        source = named_source(room.store, vendor, key, history.whole, history.settled, old, new)
    except UsageError as error:
        return _without_comparison(request, key, old, new, error)
    ids = source.old.period.version_id, source.new.period.version_id
    full = f"@{ids[0]}", f"@{ids[1]}"
    if old.startswith("@") and new.startswith("@") and (old, new) != full:
        # The beginning of an id, or the id that an earlier policy reader gave.
        target = addresses.comparison_file(key, *full, suffix) if suffix else addresses.comparison_page(key, *full)
        return RedirectResponse(prefix_of(request) + target, 302)
    if suffix:
        return _file(room, source, suffix, f"{key.vendor}-{key.policy}-{old}..{new}.{suffix}")
    content = _content(room, source, RoomLinks(prefix_of(request), key, *ids))
    before, after = _steps(history, source)
    address = addresses.comparison_page(key, *full)
    change = _cited_change(request, len(content.paths))
    path = content.paths[change - 1] if change else ()
    cited = addresses.comparison_page(key, *full, change)
    return page(
        request,
        "comparison.html.j2",
        vendor=vendor,
        key=key,
        content=content,
        canonical=base_url(request) + address,
        **cite_box(_citation(request, vendor.name, source, cited, change, path)),
        cited_change=change,
        files=[(name, addresses.comparison_file(key, old, new, suffix)) for suffix, (_, _, name) in _FILES.items()],
        before=before,
        after=after,
        sides=(source.old, source.new),
        form=_form(history, *map(_for_form, (old, new), (source.old, source.new))),
    )


def _cited_change(request: Request, changes: int) -> int | None:
    """Returns the number of the change whose citation a reader asks for; None for that of the whole comparison."""
    text = request.query_params.get("cite", "")
    if not text:
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= changes:
        raise NotFoundError(f"There is no such change; the comparison has {plural(changes, 'change')}.")
    return number


def _for_form(when: str, side: VersionSide) -> str:
    """Returns what the form contains for a side: a date as the reader gave it, or the number of the version."""
    return str(side.number) if names_version(when) else when


def choose(request: Request) -> Response:
    """Leads from the form with two dates or versions to their comparison, whose address can be read and shared."""
    key = key_of(request)
    room_of(request).policy(key)
    old, new = (request.query_params.get(name, "").strip() for name in ("old", "new"))
    try:
        check_when(old)
        check_when(new)
    except UsageError as error:
        return _without_comparison(request, key, old, new, error)
    return RedirectResponse(prefix_of(request) + addresses.comparison_page(key, old, new), 303)


def _without_comparison(request: Request, key: PolicyKey, old: str, new: str, error: UsageError) -> Response:
    room = room_of(request)
    is_turned = isinstance(error, DateOrderError)
    vendor, _ = room.policy(key)
    return page(
        request,
        "no_comparison.html.j2",
        422 if is_turned else 404,
        vendor=vendor,
        key=key,
        sentence=f"{str(error).removesuffix('.')}.",
        turned=addresses.comparison_page(key, new, old) if is_turned else "",
        form=_form(room.history(key), old, new),
    )


def _form(history: PolicyHistory, old: str, new: str) -> _Form:
    return _Form(old, new, chain(history.settled)[::-1][:_OFFERED])


def _file(room: Room, source: ReportSource, suffix: str, name: str) -> Response:
    format_name, media_type, _ = _FILES[suffix]
    # A long comparison takes seconds as a Word file.
    content = room.kept.get(
        ("comparison file", format_name, _identity(source)),
        lambda: room.call(partial(_rendered, source, format_name)),
        len,
    )
    return Response(content, media_type=media_type, headers=download(name))


def _rendered(source: ReportSource, format_name: str) -> bytes:
    content = REPORT_FORMATS[format_name](source.report())
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def _content(room: Room, source: ReportSource, links: RoomLinks) -> ReportPage:
    def made() -> bytes:
        content: ReportPage = room.call(partial(page_of, source, links))
        return zstandard.compress(pickle.dumps(content), 1)

    kept = room.kept.get(("comparison", links, _identity(source)), made, len)
    content: ReportPage = pickle.loads(zstandard.decompress(kept))  # noqa: S301 - pickled above
    return content


def _identity(source: ReportSource) -> Hashable:
    """Returns everything from which a report follows. Two texts are as good as the captures that they are from."""

    def side(of: VersionSide) -> Hashable:
        period = of.period
        captures = period.first, period.last, of.compared
        return of.vendor_name, of.number, captures, len(period.observations), of.held

    between = tuple((of.number, of.period.first, of.period.last) for of in source.between)
    alternations = tuple(
        (alternation.since, alternation.until, alternation.times, alternation.ongoing)
        for alternation in source.alternations
    )
    return side(source.old), side(source.new), between, alternations


def _citation(
    request: Request, author: str, source: ReportSource, address: str, change: int | None, path: tuple[str, ...]
) -> Citation:
    """Returns the citation of a comparison, with the captures that its texts are from.

    change, path: the number of the change that is cited, and the headings above it; None and () for all changes.
    """
    library = room_of(request).store.library
    old, new = (
        (library.capture((side.compared or capture).capture_id).capture, side)
        for side, capture in ((source.old, source.old.period.last), (source.new, source.new.period.first))
    )
    older = citation_of(request, author, old[0], old[1].document, old[1].period.version_id, address)
    version_id = new[1].period.version_id
    return citation_of(
        request, author, new[0], new[1].document, version_id, address, change=change, path=path, older=older
    )


def _steps(history: PolicyHistory, source: ReportSource) -> tuple[_Step | None, _Step | None]:
    """Returns the change of the history that led to the old version, and the one that followed the new version."""
    entries = chain(history.settled)
    old, new = (
        entry_of(entries, side.period.version_id, side.period.first.captured_at) for side in (source.old, source.new)
    )
    before, _ = neighbours(entries, old)
    _, after = neighbours(entries, new)
    return (
        _Step(before, entries[old]) if before and old is not None else None,
        _Step(entries[new], after) if after and new is not None else None,
    )


ROUTES = [
    Route("/{vendor:slug}/{policy:slug}/-/compare", choose),
    Route("/{vendor:slug}/{policy:slug}/{old}..{new}", comparison),
]
