"""Turns errors into pages: one sentence that says what to do, and no traceback."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.exceptions import ClausewatchError, DateOrderError, StoppedWorkError, UsageError
from intake.worker_pool import ClosedPoolError
from views import addresses
from web.headers import HEADERS, PRIVATE
from web.rendering import page, prefix_of
from web.room import NotFoundError

# After how many seconds a reader may ask again for what the database could not give.
_RETRY_SECONDS = "30"
_LOGGER = logging.getLogger("clausewatch.web")


def error_response(request: Request, error: Exception) -> Response:
    """Returns the answer to a request that failed, as JSON for the API and as a page for everything else."""
    status, sentence = _status_and_sentence(error)
    path = request.url.path.removeprefix(prefix_of(request))
    if path.startswith(f"{addresses.API}/"):
        response: Response = JSONResponse({"error": sentence}, status)
    else:
        response = page(request, "error.html.j2", status, sentence=sentence)
    # Starlette answers an unexpected error outside all middleware.
    response.headers.update(HEADERS)
    if request.scope.get("is_operator"):
        response.headers["Cache-Control"] = PRIVATE
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    if status == 503:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _status_and_sentence(error: Exception) -> tuple[int, str]:
    match error:
        case DateOrderError():
            return 422, f"{error}."
        case NotFoundError() | UsageError():
            return 404, str(error)
        case HTTPException(status_code=404):
            return 404, "There is no page at this address."
        case HTTPException(status_code=405):
            return 405, "This address can only be read."
        case HTTPException():
            return error.status_code, error.detail
        case ClosedPoolError():
            return 503, "The reading room is being stopped. Try again in a minute."
        case StoppedWorkError():
            return 422, f"These texts could not be compared: {error}"
        case ClausewatchError():
            _LOGGER.error("%s", error)
            return 503, "The database can't be read at the moment. Try again in a minute."
    return 500, "This page failed. The operator finds the reason in the log of the server."
