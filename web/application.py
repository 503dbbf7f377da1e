"""Puts the room together: its pages, and what surrounds every answer."""

from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount, Route

from core.exceptions import ClausewatchError
from web.conditional import ConditionalMiddleware
from web.errors import error_response
from web.headers import SecurityHeadersMiddleware
from web.pages import home, unsubscribe
from web.rendering import static_file
from web.room import NotFoundError, Room

# A page of another site could reach a server on this machine under a name of its own (DNS rebinding). So the room
# answers only to its own names.
_LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def create_application(room: Room, hosts: tuple[str, ...] = ()) -> Starlette:
    """Returns the ASGI application of a room.

    hosts: further names of hosts under which readers may reach it, besides this machine's and the public address's.
    """
    public = urlsplit(room.public_url)
    routes = [Route("/-/static/{name}", static_file), *home.ROUTES, *unsubscribe.ROUTES]
    application = Starlette(
        routes=[Mount(public.path, routes=routes)] if public.path else routes,
        middleware=[
            Middleware(SecurityHeadersMiddleware),
            Middleware(
                TrustedHostMiddleware,
                allowed_hosts=[*_LOOPBACK_HOSTS, *filter(None, (public.hostname, *hosts))],
                www_redirect=False,
            ),
            Middleware(ConditionalMiddleware),
        ],
        exception_handlers={
            HTTPException: error_response,
            NotFoundError: error_response,
            ClausewatchError: error_response,
            Exception: error_response,
        },
    )
    application.state.room = room
    application.state.prefix = public.path
    return application
