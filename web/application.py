"""Puts the room together: its pages, and what surrounds every answer."""

from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from core.exceptions import ClausewatchError
from intake.worker_pool import ClosedPoolError
from web import api, feeds
from web.conditional import ConditionalMiddleware
from web.errors import error_response
from web.head_requests import HeadMiddleware
from web.headers import SecurityHeadersMiddleware
from web.hosts import HostsMiddleware
from web.operators import Operators, OperatorsMiddleware
from web.pages import (
    captures,
    clause,
    comparison,
    home,
    policy,
    review,
    search,
    subscribe,
    unsubscribe,
    vendor,
    version,
)
from web.quotas import MailQuota
from web.rendering import static_file
from web.room import NotFoundError, Room


def create_application(room: Room, hosts: tuple[str, ...] = ()) -> Starlette:
    """Returns the ASGI application of a room.

    hosts: further names under which readers may reach it, besides this machine's and the public address's
        (`web.hosts`).
    """
    public = urlsplit(room.public_url)
    operators = Operators(room.operator_token, secure=public.scheme == "https", path=public.path or "/")
    # The first route that fits an address answers, so the addresses that begin with `/-/` come before those of vendors,
    # and feeds before policies.
    routes = [
        Route("/-/static/{name}", static_file),
        *api.routes(room, public.path),
        *subscribe.ROUTES,
        *unsubscribe.ROUTES,
        *review.ROUTES,
        *captures.ROUTES,
        *feeds.ROUTES,
        *home.ROUTES,
        *search.ROUTES,
        *vendor.ROUTES,
        *policy.ROUTES,
        *comparison.ROUTES,
        *version.ROUTES,
        *clause.ROUTES,
    ]
    application = Starlette(
        routes=[Mount(public.path, routes=routes)] if public.path else routes,
        middleware=[
            Middleware(SecurityHeadersMiddleware),
            Middleware(HostsMiddleware, hosts=[*filter(None, (public.hostname, *hosts))]),
            Middleware(HeadMiddleware),
            Middleware(ConditionalMiddleware),
            Middleware(OperatorsMiddleware, operators=operators),
        ],
        exception_handlers={
            HTTPException: error_response,
            NotFoundError: error_response,
            ClausewatchError: error_response,
            ClosedPoolError: error_response,
            Exception: error_response,
        },
    )
    application.state.room = room
    application.state.operators = operators
    application.state.mail_quota = MailQuota()
    application.state.prefix = public.path
    return application
