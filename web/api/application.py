"""Puts the API together: its routes, its errors, and its OpenAPI description."""

from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from core.exceptions import ClausewatchError
from views import addresses
from web.api import finding, policies, texts
from web.api.answers import answer, api_address
from web.api.descriptions import describe
from web.errors import error_response
from web.rendering import page
from web.room import NotFoundError, Room

_ABOUT = (
    "What the room knows, as JSON, read-only: the vendors and policies that are watched, the texts that were captured, "
    "and what changed. The shapes are those that the commands print with `--format json`."
)
_VERSION = "1"


def routes(room: Room, prefix: str) -> list[BaseRoute]:
    """Returns the routes of the API, and of the page that describes it for people.

    prefix: the path under which the room is reached; '' if it is the root of its host.
    """
    api = _create_api(room, prefix)
    return [Route(addresses.API_PAGE, partial(_description_page, api)), Mount(addresses.API, app=api)]


def _create_api(room: Room, prefix: str) -> FastAPI:
    # The pages of FastAPI that describe an API load scripts from elsewhere, so the room has a page of its own.
    api = FastAPI(
        title="clausewatch",
        version=_VERSION,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.add_exception_handler(RequestValidationError, _invalid)
    for error in (HTTPException, NotFoundError, ClausewatchError, Exception):
        api.add_exception_handler(error, error_response)
    api.state.room, api.state.prefix = room, prefix
    for part in (policies, texts, finding):
        api.include_router(part.router)
    api.add_route("/openapi.json", lambda request: answer(_description(request.app, api_address(request, ""))))
    return api


def _invalid(request: Request, error: Exception) -> Response:
    """Says in one sentence what is wrong with the first parameter that is not valid."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    first = error.errors()[0]
    name, fault = str(first["loc"][-1]), str(first["msg"])
    sentence = f"{name}: {fault[:1].lower()}{fault[1:]}"
    if first["type"] == "missing":
        sentence = f"{name}: this parameter is missing"
    return error_response(request, HTTPException(422, sentence))


def _description(api: FastAPI, address: str) -> dict[str, Any]:
    """Returns the OpenAPI description. address: the address of the API, relative to the host."""
    if "servers" not in (schema := api.openapi()):
        describe(schema)
        _drop_pydantic_errors(schema)
        schema["servers"] = [{"url": address}]
    return schema


def _drop_pydantic_errors(schema: dict[str, Any]) -> None:
    """Removes the shapes of errors that FastAPI describes by itself: the API answers with a sentence."""
    for name in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(name, None)


def _description_page(api: FastAPI, request: Request) -> Response:
    schema = _description(api, api_address(request, ""))
    # The path of each route, and how it is called.
    operations = [(path, operation) for path, methods in schema["paths"].items() for operation in methods.values()]
    return page(request, "api.html.j2", schema=schema, operations=operations, shapes=schema["components"]["schemas"])
