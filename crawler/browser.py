"""Renders pages in Chromium. Chromium itself has no access to the network (see crawler.chromium).

The scripts of a page are untrusted programs. So this module intercepts every request of the page, and passes it to the
crawl's downloader. The rules of the crawl then apply to the page's requests, too: no private addresses, limits on the
number and size of HTTP responses, and robots.txt.
"""

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from playwright.async_api import CDPSession, Page, Route
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Request as PageRequest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from core.addresses import without_userinfo
from core.captures import Capture, sha256_hex
from core.escaping import escape_line
from crawler.captures import header_pairs
from crawler.chromium import SystemChromium, first_line
from crawler.environment import environment_of
from crawler.failures import PageNotTakenError, RequestNotSentInterrupt, explain
from crawler.interruption import is_interrupted
from crawler.location_fetch import LocationFetch
from crawler.page_bytes import PageBytes, with_page_bytes
from crawler.page_clock import PageClock, clock_of, with_clock
from formats.multipart import Observed, compose

_BLANK = "about:blank"
# A script that removes WebRTC and WebTransport from a page. Both send datagrams, which can't be intercepted.
_REMOVE_DATAGRAM_APIS = """for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport"])
    Object.defineProperty(globalThis, name, {value: undefined})"""
# The types of resources that a page may load: scripts, the data that scripts request, and style sheets. Style sheets
# are loaded because some scripts wait for style sheets. Images, fonts, videos and frames don't change a policy's text
# and are not loaded.
_LOADED_TYPES = frozenset({"script", "xhr", "fetch", "stylesheet"})
# Time limit in seconds for the start of Chromium. Playwright has the same limit.
_LAUNCH_TIMEOUT = 30.0
# Time limit in seconds for returning the HTML of the finished page, for closing the page, and for ending Chromium.
_GRACE = 10.0
# The interval, in seconds, at which this module checks whether a page's text has changed.
_POLL = 0.25
# A JavaScript expression for the root element. `document.documentElement` is not reliable: an element of the page can
# have the name `documentElement`, and the browser then returns that element.
_ROOT = "Object.getOwnPropertyDescriptor(Document.prototype, 'documentElement').get.call(document)"
# A JavaScript expression for the length and a checksum of the page's text. Digits are left out: on a page with a clock,
# they never stop changing.
_TEXT = f"""(() => {{
    const text = ({_ROOT}?.innerText ?? "").replace(/[0-9]+/g, "").trim()
    let sum = 0
    for (let index = 0; index < text.length; index++) sum = (Math.imul(sum, 31) + text.charCodeAt(index)) | 0
    return [text.length, sum]
}})()"""
# A JavaScript function that returns the page's present HTML, or null if the HTML has more characters than the limit.
_HTML = f"""(limit => {{
    const type = Object.getOwnPropertyDescriptor(Document.prototype, 'doctype').get.call(document)
    const html = (type ? new XMLSerializer().serializeToString(type) : "") + ({_ROOT}?.outerHTML ?? "")
    return html.length > limit ? null : html
}})"""
# Response headers that are not passed on to the browser. Most of these headers describe the encoded body, but the
# browser receives the decoded body. Content-Disposition would start a download.
_HEADERS_NOT_PASSED_ON = frozenset(
    {"content-encoding", "content-length", "transfer-encoding", "connection", "content-disposition"}
)
# Request headers of the browser that are not sent to the site. The downloader sets its own headers, and identifies
# itself as clausewatch.
_HEADERS_NOT_SENT = re.compile(
    r":.*|host|user-agent|accept-encoding|connection|content-length|sec-ch-.*", re.IGNORECASE
)


class _PageFaultError(Exception):
    """A page whose own behaviour prevents rendering. The message becomes part of the capture."""


class Browser:
    """The crawl's browser. It renders one page at a time. Chromium is started when the first page is to be rendered."""

    def __init__(self, crawler: Crawler) -> None:
        # scrapy-playwright's log is switched off, because this class reports every failure as a failure of the page.
        logging.getLogger("scrapy-playwright").setLevel(logging.CRITICAL + 1)
        self._crawler = crawler
        self._turn = asyncio.Lock()
        self._handler: ScrapyPlaywrightDownloadHandler | None = None
        self._chromium: SystemChromium

    async def render(self, fetch: LocationFetch, response: Response) -> Observed:
        """Renders the next page of a fetch. Returns one capture that contains the page as served and as rendered.

        If the page's own behaviour prevents rendering, the capture contains the reason and will be quarantined.

        PageNotTakenError if this machine can't render pages. RequestNotSentInterrupt if the crawl ends early.

        response: the server's response to the request for the page.
        """
        async with self._turn:
            if is_interrupted(self._crawler):
                raise RequestNotSentInterrupt("the crawl was interrupted")
            handler = await self._started_handler()
            visit = _PageVisit(self._crawler, response)
            html, fault = b"", ""
            try:
                html, fault = await visit.rendered(handler)
            except (_PageFaultError, PlaywrightError, TimeoutError) as error:
                fault = self._chromium.memory_fault or _fault(error)
            finally:
                # If Chromium doesn't open or close this page, it would not open the next page, either.
                is_closed = await visit.close()
                if not is_closed or (fault and visit.page is None) or self._chromium.memory_fault:
                    self._chromium.end()
                    await self.close()
            # An interrupted crawl makes no capture of the page, because the page may be incomplete: Ctrl-C also ends
            # Chromium.
            if is_interrupted(self._crawler):
                raise RequestNotSentInterrupt("the crawl was interrupted")
            if visit.page is None:
                raise PageNotTakenError(
                    f"Chromium ended before it could open the page ({fault}); the next crawl tries again"
                )
            served = _chained([fetch.as_served(document) for document in visit.documents])
            rendered = [(_rendered_capture(served[-1][0], html, visit), html)] if html else []
            return compose("alternative", [*served, *rendered], fault)

    async def close(self) -> None:
        """Ends Chromium and Playwright's driver if they were started. They are started again for the next page."""
        handler, self._handler = self._handler, None
        if handler is not None:
            with suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await handler.close()
            self._chromium.end_driver()

    async def _started_handler(self) -> ScrapyPlaywrightDownloadHandler:
        """Returns scrapy-playwright's handler with Playwright running. The handler starts Chromium for the first page.

        The handler normally starts its browser provider when Scrapy's engine starts. This handler is created later, so
        this method starts the provider.
        """
        if self._handler is None:
            try:
                handler = ScrapyPlaywrightDownloadHandler(self._crawler)
                handler.config.target_closed_max_retries = 0  # a page that crashes the browser is not opened again
                memory_limit = environment_of(self._crawler.settings).browser_memory_limit
                handler.browser_provider = self._chromium = SystemChromium(handler.config, memory_limit)
                await handler.browser_provider.start()
            except (PlaywrightError, OSError) as error:
                raise PageNotTakenError(
                    f"Playwright, which controls Chromium, could not be started: {first_line(error)}; in clausewatch's "
                    "folder, run: pip install --editable '.[browser]'"
                ) from None
            self._handler = handler
        return self._handler


class _PageVisit:
    """The visit of one page with the browser. The visit shows the page and answers the page's requests.

    documents: the HTTP responses that the browser has shown: first the page itself, then each page to which scripts
        navigated.
    page: Playwright's page; None until Chromium has opened it.
    begun_at: when the page was first shown.
    browser_version: the version of Chromium.
    """

    def __init__(self, crawler: Crawler, response: Response) -> None:
        self._crawler = crawler
        self.documents = [response]
        self.page: Page | None = None
        self.begun_at = datetime.now(UTC)
        self.browser_version = ""
        settings = crawler.settings
        self._user_agent = settings["USER_AGENT"]
        self._quiet = settings.getfloat("BROWSER_QUIET")
        page_clock = clock_of(response.meta, settings.getfloat("DOWNLOAD_TIMEOUT"))
        self._time = min(settings.getfloat("BROWSER_TIMEOUT"), page_clock.seconds_left)
        self._clock = PageClock(self._time)
        self._ends = monotonic() + self._time
        self._bytes_left = self._byte_limit = settings.getint("DOWNLOAD_MAXSIZE")
        self._page_bytes = PageBytes(self._byte_limit)
        self._requests_left = settings.getint("BROWSER_REQUESTS")
        self._redirect_limit = settings.getint("REDIRECT_MAX_TIMES")
        self._loading = 0
        self._loaded_at = monotonic()
        self._navigation_expected = False
        self._sent_to: tuple[str, dict[str, str]] | None = None
        self._fault = ""
        self._session: CDPSession
        self._isolated_world: int | None = None

    async def rendered(self, handler: ScrapyPlaywrightDownloadHandler) -> tuple[bytes, str]:
        """Shows the page and waits until its text has settled. Returns the page's HTML in UTF-8, and a fault.

        The fault is the reason why the text did not settle in time; an empty string if the text has settled.
        _PageFaultError, PlaywrightError or TimeoutError if there is no HTML to return.
        """
        blank = Request(
            _BLANK,  # scrapy-playwright only opens the page; the methods below navigate the page and limit the time
            meta={
                "playwright": True,
                "playwright_include_page": True,
                "playwright_context": str(id(self)),  # a new context, so that pages share no cookies and no storage
                "playwright_context_kwargs": {
                    "accept_downloads": False,
                    "locale": "en",
                    "service_workers": "block",
                    "timezone_id": "UTC",
                    "user_agent": self._user_agent,
                },
                "playwright_page_init_callback": self._prepare,
            },
        )
        async with asyncio.timeout(_LAUNCH_TIMEOUT + self._time):
            await handler.download_request(blank)
        page = self.page
        if page is None:
            raise _PageFaultError("its requests could not be intercepted")
        self._session = await page.context.new_cdp_session(page)
        self.begun_at = datetime.now(UTC)
        self._ends = monotonic() + self._time
        with self._clock.running():
            await self._show_last_document(page)
            fault = await self._settle(page)
        async with asyncio.timeout(_GRACE):
            html = await self._evaluate(f"{_HTML}({self._byte_limit})")
        if html is None:
            raise _PageFaultError(f"rendered, it has more than {self._byte_limit} characters")
        payload: bytes = html.encode("utf-8", "replace")
        if len(payload) + sum(len(document.body) for document in self.documents) > self._byte_limit:
            raise _PageFaultError(f"as it was served and rendered, it has more than {self._byte_limit} bytes")
        return payload, fault

    async def close(self) -> bool:
        """Closes the page and all windows that the page has opened. Returns whether they were closed in time."""
        self._ends = 0
        if self.page is not None:
            try:
                async with asyncio.timeout(_GRACE):
                    await self.page.context.close()
            except TimeoutError:
                return False
            except PlaywrightError:  # Chromium has crashed, and will be started again
                return True
        return True

    # --- requests of the page ----------------------------------------------------------------------------------------

    async def _prepare(self, page: Page, _: Request) -> None:
        """Registers the methods that answer the page's requests. Called before the page shows anything."""
        context = page.context

        async def close(popup: Page) -> None:
            with suppress(PlaywrightError):
                await popup.close()

        await context.route("**/*", _refuse)  # for other windows; for this page, the route set below takes precedence
        await context.route_web_socket("**/*", lambda channel: channel.close())
        await context.add_init_script(_REMOVE_DATAGRAM_APIS)
        context.on("page", close)
        await page.route("**/*", self._answer)
        self.browser_version = context.browser.version if context.browser else ""
        self.page = page

    async def _answer(self, route: Route, request: PageRequest) -> None:
        try:
            if request.is_navigation_request() and self.page is not None and request.frame == self.page.main_frame:
                await self._answer_navigation(route, request)
            else:
                await self._answer_load(route, request)
        except PlaywrightError:  # the page has cancelled the request, or Chromium rejects a header of the response
            await _refuse(route)

    async def _answer_navigation(self, route: Route, request: PageRequest) -> None:
        """Answers with the document to show. Aborts every other navigation, and records the navigation's target."""
        if self._navigation_expected:
            self._navigation_expected = False
            document = self.documents[-1]
            await route.fulfill(status=document.status, headers=_headers(document), body=document.body)
            return
        if request.method == "GET":
            self._sent_to = request.url, await request.all_headers()
        else:
            self._fault = "its scripts submit a form"
        await route.abort()

    async def _answer_load(self, route: Route, request: PageRequest) -> None:
        """Passes the downloader's response to the page. Aborts the request if the page has reached a limit."""
        is_allowed = request.resource_type in _LOADED_TYPES and request.method in ("GET", "POST")
        bytes_left = min(self._bytes_left, self._page_bytes.left)
        if not is_allowed or self._requests_left <= 0 or bytes_left <= 0 or self._is_over():
            await route.abort()
            return
        self._requests_left -= 1
        self._loading += 1
        try:
            response = await self._download(
                request.url, request.method, await request.all_headers(), request.post_data_buffer or b""
            )
        except Exception:  # after any failure, the script receives no response
            response = None
        finally:
            self._loading -= 1
            self._loaded_at = monotonic()
        if response is None or 300 <= response.status < 400:
            await route.abort()
        else:
            await route.fulfill(status=response.status, headers=_headers(response), body=response.body)

    async def _download(self, url: str, method: str, headers: dict[str, str], body: bytes) -> Response:
        """Fetches an address with the crawl's downloader, and returns the response after all redirects.

        Raises the downloader's exceptions.
        """
        request = Request(
            url,
            NO_CALLBACK,
            method=method,
            headers={name: value for name, value in headers.items() if not _HEADERS_NOT_SENT.fullmatch(name)},
            body=body,
            dont_filter=True,
            meta={
                "in_browser": True,
                "download_slot": "browser",
                "download_maxsize": self._bytes_left,
                "decoded_maxsize": self._bytes_left,
                "dont_merge_cookies": True,  # the browser keeps the page's cookies
                "dont_cache": True,
                "redirect_times": len(self.documents) - 1,
                **with_clock(self._clock),
                **with_page_bytes(self._page_bytes),
            },
        )
        response = await self._crawler.engine.download_async(request)
        if len(response.body) > self._bytes_left:  # other HTTP responses have used up bytes since this request was sent
            raise DownloadCancelledError(f"with it, the page has loaded more than {self._byte_limit} bytes")
        self._bytes_left -= len(response.body)
        return response

    # --- waiting for the page ----------------------------------------------------------------------------------------

    async def _settle(self, page: Page) -> str:
        """Waits until the page's text has settled: it has not changed for BROWSER_QUIET seconds and nothing is loading.

        Some pages never stop loading. So when the time limit is reached, loading no longer counts: the text has settled
        if it has not changed for BROWSER_QUIET seconds.

        Returns an empty string if the text has settled; otherwise returns the reason why the text has not settled.
        _PageFaultError if the page can't be shown at all.
        """
        last_text, unchanged_since = None, monotonic()
        while not self._is_over():
            if self._fault:
                raise _PageFaultError(self._fault)
            if self._sent_to:
                await self._follow(page, *self._sent_to)
                last_text = None
            begun = monotonic()
            try:
                async with asyncio.timeout(self._ends - begun + _POLL):
                    text = await self._evaluate(_TEXT)
            except TimeoutError:
                raise _PageFaultError(f"its scripts did not come to an end in {self._time:.0f} seconds") from None
            except PlaywrightError as error:
                if "context" not in str(error) or page.is_closed():
                    raise
                text = self._isolated_world = None  # another document has replaced this one
            now = monotonic()
            if text != last_text:
                last_text, unchanged_since = text, now
            elif text and text[0] and not self._loading and now - max(unchanged_since, self._loaded_at) >= self._quiet:
                return ""
            # Measuring the text of a large page takes long. The pause is at least twice as long as the measurement, so
            # that two thirds of the time are left to the page.
            await asyncio.sleep(max(_POLL, 2 * (now - begun)))
        if self._sent_to:
            raise _PageFaultError(f"its scripts still send the browser on after {self._time:.0f} seconds")
        is_quiet = monotonic() - unchanged_since >= self._quiet
        return "" if is_quiet else f"its text still changed after {self._time:.0f} seconds"

    async def _follow(self, page: Page, url: str, headers: dict[str, str]) -> None:
        """Fetches and shows the page to which scripts or a refresh navigated. _PageFaultError if the fetch fails."""
        if len(self.documents) > self._redirect_limit:
            raise _PageFaultError("its scripts send the browser on without end")
        target = escape_line(without_userinfo(url))
        try:
            response = await self._download(url, "GET", headers, b"")
        except Exception as error:
            raise _PageFaultError(f"its scripts send the browser to {target}: {explain(error, url)}") from None
        if not isinstance(response, HtmlResponse) or 300 <= response.status < 400:
            raise _PageFaultError(
                f"its scripts send the browser to {escape_line(without_userinfo(url))}, which is no HTML page"
            )
        self.documents.append(response)
        await self._show_last_document(page)

    async def _show_last_document(self, page: Page) -> None:
        """Ends all scripts of the previous document by showing a blank page, and then shows the last document."""
        timeout = self._time * 1000
        await page.goto(_BLANK, timeout=timeout)
        self._sent_to = self._isolated_world = None
        self._navigation_expected = True
        await page.goto(self.documents[-1].url, wait_until="commit", timeout=timeout)

    async def _evaluate(self, expression: str) -> Any:
        """Returns the value of a JavaScript expression.

        The expression is evaluated in an isolated world, so that the page's scripts can't manipulate the result.
        PlaywrightError if another document replaces the page's document during the evaluation.
        """
        if self._isolated_world is None:
            frame = (await self._session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
            world = await self._session.send("Page.createIsolatedWorld", {"frameId": frame})
            self._isolated_world = world["executionContextId"]
        answer = await self._session.send(
            "Runtime.evaluate",
            {"expression": expression, "contextId": self._isolated_world, "returnByValue": True},
        )
        return answer["result"].get("value")

    def _is_over(self) -> bool:
        return monotonic() >= self._ends or is_interrupted(self._crawler)


def _chained(served: list[Observed]) -> list[Observed]:
    """Returns the documents that a browser showed one after the other, with complete redirects.

    A script's navigation counts as a redirect. So the redirects of a document begin with the addresses of all documents
    that the browser showed earlier.
    """
    earlier_addresses: tuple[str, ...] = ()
    chained = []
    for capture, payload in served:
        chained.append((replace(capture, redirects=(*earlier_addresses, *capture.redirects)), payload))
        earlier_addresses = (*earlier_addresses, *capture.redirects, capture.url)
    return chained


def _rendered_capture(served: Capture, html: bytes, visit: _PageVisit) -> Capture:
    """Returns the capture of the rendered HTML. served: the capture of the last document that the server sent."""
    now = datetime.now(UTC)
    return replace(
        served,
        captured_at=now,
        headers=(),
        media_type="text/html; charset=utf-8",
        sha256=sha256_hex(html),
        requested_at=visit.begun_at,
        answered_at=now,
        rendered_by=f"Chromium {visit.browser_version}",
    )


async def _refuse(route: Route, *_: Any) -> None:
    try:
        await route.abort()
    except PlaywrightError:  # the page has cancelled the request, or is closed
        # Playwright's task would wait without end for an answer to the request. So the task is cancelled.
        raise asyncio.CancelledError from None


def _headers(response: Response) -> dict[str, str]:
    """Returns a response's headers in the form that Playwright requires: one string for each name.

    If a name has several values, they are joined by commas. Only cookies are joined by line feeds, because a cookie may
    contain a comma.
    """
    joined: dict[str, str] = {}
    for name, value in header_pairs(response):
        name = name.lower()
        if name in _HEADERS_NOT_PASSED_ON or not value.isprintable():
            continue
        separator = "\n" if name == "set-cookie" else ", "
        joined[name] = f"{joined[name]}{separator}{value}" if name in joined else value
    return joined


def _fault(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the browser came to no end with it"
    return str(error) if isinstance(error, _PageFaultError) else f"the browser could not show it: {first_line(error)}"
