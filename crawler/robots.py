"""robots.txt as RFC 9309 has it where Scrapy's middleware has it otherwise."""

from logging import getLogger
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse

_FORBID_ALL = b"User-agent: *\nDisallow: /\n"
_log = getLogger(__name__)


class RobotsByTheBook:
    """Gives Scrapy's middleware the robots.txt that follows from what the server answered.

    RFC 9309, section 2.3.1: "unavailable" (4xx) means no rules, "unreachable" (5xx, or no answer at all) means that
    everything is forbidden. Scrapy reads the error page as rules, and takes no answer for permission.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """See Scrapy's downloader middlewares."""
        if not _is_for_robots(request) or response.status < 400:
            return response
        if response.status < 500 and response.status != 429:
            return response.replace(status=200, body=b"")
        return self._forbidden(request, f"status {response.status}")

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """See Scrapy's downloader middlewares."""
        return self._forbidden(request, type(exception).__name__) if _is_for_robots(request) else None

    def _forbidden(self, request: Request, why: str) -> Response:
        _log.warning("%s could not be got (%s): until it can, nothing of that site is fetched", request.url, why)
        return TextResponse(request.url, body=_FORBID_ALL, encoding="utf-8", request=request)


def _is_for_robots(request: Request) -> bool:
    return bool(request.meta.get("dont_obey_robotstxt")) and urlsplit(request.url).path == "/robots.txt"
