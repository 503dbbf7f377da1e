"""Renders templates, and answers a request for a page that the browser has already."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response

from core.policies import PolicyKey
from reports.html_report import BASE_STYLE, REPORT_SCRIPT, REPORT_STYLE, environment
from views import addresses
from views.vendor_list import site_of, sites
from web.room import Room

_HERE = Path(__file__).parent
_STATIC_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
#: The files that pages load, by name. A report's styles and script are those of the page that compares two versions.
_STATIC_FILES: Final[Mapping[str, bytes]] = {
    "base.css": BASE_STYLE.encode(),
    "report.css": REPORT_STYLE.encode(),
    "report.js": REPORT_SCRIPT.encode(),
    **{path.name: path.read_bytes() for path in sorted((_HERE / "static").iterdir()) if path.suffix in _STATIC_TYPES},
}


def room_of(request: Request) -> Room:
    """Returns the room that a request is made in."""
    room: Room = request.app.state.room
    return room


def prefix_of(request: Request) -> str:
    """Returns the path under which the room is reached, such as `/watch`; '' if it is the root of its host."""
    prefix: str = request.app.state.prefix
    return prefix


def base_url(request: Request) -> str:
    """Returns the address of the room without a slash at the end, for links that leave the page: feeds, citations."""
    return room_of(request).public_url or f"{request.url.scheme}://{request.url.netloc}{prefix_of(request)}"


def page(request: Request, template: str, /, status: int = 200, **context: Any) -> Response:
    """Returns a page. template: the name of the file in `web/templates`. context: the template's variables."""
    html = _TEMPLATES.get_template(template).render(
        request=request,
        room=room_of(request),
        prefix=prefix_of(request),
        is_operator=request.scope.get("is_operator", False),
        **context,
    )
    return Response(html, status, media_type="text/html")


def fragment(template: str, /, **context: Any) -> str:
    """Returns HTML that is no page, for a feed. template: the name of the file in `web/templates`."""
    return _TEMPLATES.get_template(template).render(**context)


def static_file(request: Request) -> Response:
    """Answers with a style, a script or a picture of the room's own."""
    name = request.path_params["name"]
    if name not in _STATIC_FILES:
        return Response("no such file\n", 404, media_type="text/plain")
    # The address contains the file's checksum, so that a browser need never ask again.
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_STATIC_FILES[name], headers=headers, media_type=_STATIC_TYPES[Path(name).suffix])


def _static_address(name: str) -> str:
    return f"/-/static/{name}?{_CHECKSUMS[name]}"


def _templates() -> Environment:
    templates = environment()
    assert templates.loader is not None  # noqa: S101 - `environment` sets it
    templates.loader = ChoiceLoader([FileSystemLoader(_HERE / "templates"), templates.loader])
    templates.globals["at"] = addresses
    templates.globals["static"] = _static_address
    templates.filters["site"] = site_of
    templates.filters["sites"] = lambda policy: ", ".join(sites(policy))
    templates.filters["policy_key"] = lambda pair: PolicyKey(*pair)
    return templates


_CHECKSUMS: Final[Mapping[str, str]] = {
    name: hashlib.sha256(content).hexdigest()[:12] for name, content in _STATIC_FILES.items()
}
_TEMPLATES: Final = _templates()
