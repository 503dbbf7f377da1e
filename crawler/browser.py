"""Pages as a browser shows them: what is served comes in through the crawl's own downloader, Chromium only renders it.

A page's scripts are programs of strangers. Every request they cause is answered here, from what the downloader gets:
with the same refusal of private addresses, the same caps and the same robots.txt as all that is crawled. Chromium
itself has no way to the network: it knows no host, and its proxy is a port at which nobody listens.
"""

import asyncio
import logging
import os
import re
import shutil
import socket
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from playwright.async_api import Browser as Chromium
from playwright.async_api import CDPSession, Page, Route
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Request as PageRequest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.provider import PlaywrightBrowserProvider

from core.captures import Capture, sha256_hex
from core.escaping import escape_line
from crawler.captures import header_pairs
from crawler.failures import NotAsked, NotTaken, explain
from crawler.location_fetch import LocationFetch
from formats.multipart import Observed, compose

logging.getLogger("scrapy-playwright").setLevel(logging.CRITICAL + 1)  # what goes wrong is told here

_BLANK = "about:blank"
# Under what names systems have it.
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
)
# What sends datagrams, which no request is asked for.
_WITHOUT = """for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport"])
    Object.defineProperty(globalThis, name, {value: undefined})"""
# Scripts and what they ask for, and the sheets some of them wait for. A text needs no image, font, film or frame.
_WANTED = frozenset({"script", "xhr", "fetch", "stylesheet"})
# Seconds to hand a page over, and to close it; and between two looks at it.
_GRACE = 10.0
_POLL = 0.25
# The root by its getter: an element of the page may have taken its name. Digits are left out: a clock never stops.
_ROOT = "Object.getOwnPropertyDescriptor(Document.prototype, 'documentElement').get.call(document)"
_TEXT = f"""(() => {{
    const text = ({_ROOT}?.innerText ?? "").replace(/[0-9]+/g, "").trim()
    let sum = 0
    for (let place = 0; place < text.length; place++) sum = (Math.imul(sum, 31) + text.charCodeAt(place)) | 0
    return [text.length, sum]
}})()"""
# The page as it is now, unless it has more characters than allowed.
_HTML = f"""(most => {{
    const type = Object.getOwnPropertyDescriptor(Document.prototype, 'doctype').get.call(document)
    const html = (type ? new XMLSerializer().serializeToString(type) : "") + ({_ROOT}?.outerHTML ?? "")
    return html.length > most ? null : html
}})"""
# Headers that tell how a body travelled, and one that would make a download of it.
_NOT_PASSED_ON = frozenset(
    {"content-encoding", "content-length", "transfer-encoding", "connection", "content-disposition"}
)
# Of what a script sends: what the downloader itself says, and which browser it takes this for.
_NOT_SENT = re.compile(r":.*|host|user-agent|accept-encoding|connection|content-length|sec-ch-.*", re.IGNORECASE)


class _Fault(Exception):
    """A page that cannot be rendered, by its own doing."""


class SystemChromium(PlaywrightBrowserProvider):  # type: ignore[misc]  # has no types
    """Chromium as the system has it, cut off from the network."""

    async def launch_browser(self) -> Chromium:
        """See scrapy-playwright. NotTaken, which says what is missing."""
        path = next(filter(None, map(shutil.which, _NAMES)), None)
        if path is None:
            raise NotTaken("Chromium is not installed: install your system's package, such as chromium")
        self._dead_end = socket.socket()
        self._dead_end.bind(("127.0.0.1", 0))  # taken, so that nobody else listens there
        try:
            return await self.browser_type.launch(  # type: ignore[no-any-return]  # has no types
                executable_path=path,
                args=_ARGUMENTS,
                proxy={"server": f"http://127.0.0.1:{self._dead_end.getsockname()[1]}", "bypass": "<-loopback>"},
                chromium_sandbox=os.geteuid() != 0,  # as root it refuses to have one
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except PlaywrightError as error:
            raise NotTaken(f"{path} could not be started: {_said(error)}") from None


class Browser:
    """Renders pages, one at a time; Chromium is started for the first of them."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._turn = asyncio.Lock()
        self._handler: ScrapyPlaywrightDownloadHandler | None = None

    async def render(self, fetch: LocationFetch, response: Response) -> Observed:
        """The page of a place that is to be got next, as it was served and as the browser shows it: one capture.

        Where the page itself keeps the browser from showing it, the capture says so and is quarantined by that.
        NotTaken when this machine cannot render; NotAsked when the crawl ends early.
        """
        async with self._turn:
            if not self._crawler.engine.running:
                raise NotAsked("the crawl was interrupted")
            handler = await self._started()
            visit = _Visit(self._crawler, response)
            html, fault = b"", ""
            try:
                html, fault = await visit.rendered(handler)
            except (_Fault, PlaywrightError, TimeoutError) as error:
                fault = _fault(error)
            finally:
                await visit.close()
            if not self._crawler.engine.running:  # the interrupt reached Chromium, too, or ended the wait
                raise NotAsked("the crawl was interrupted")
            if visit.page is None:
                raise NotTaken(f"Chromium could not open a page: {fault}")
            served = _in_a_row([fetch.served(document) for document in visit.documents])
            shown = [(_shown(served[-1][0], html, visit), html)] if html else []
            return compose("alternative", [*served, *shown], fault)

    async def close(self) -> None:
        """Ends Chromium, if it was started."""
        if self._handler is not None:
            with suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self._handler.close()

    async def _started(self) -> ScrapyPlaywrightDownloadHandler:
        """With Chromium running. What it does by itself when a crawl begins, and for a page, is done here for both."""
        try:
            if self._handler is None:
                handler = ScrapyPlaywrightDownloadHandler(self._crawler)
                handler.config.target_closed_max_retries = 0  # a page that ends the browser is not shown to it again
                await handler._launch()
                self._handler = handler
            await self._handler._maybe_launch_browser()
        except (PlaywrightError, OSError) as error:
            raise NotTaken(f"Playwright could not be started: {_line(error)}") from None
        return self._handler


class _Visit:
    """A page in the browser, and what its scripts ask for.

    documents: what was served, the page asked for first, then those its scripts sent the browser to.
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
        self._time = settings.getfloat("BROWSER_TIMEOUT")
        self._ends = monotonic() + self._time
        self._bytes_left = self._most = settings.getint("DOWNLOAD_MAXSIZE")
        self._requests_left = settings.getint("BROWSER_REQUESTS")
        self._redirects = settings.getint("REDIRECT_MAX_TIMES")
        self._loading = 0
        self._loaded_at = monotonic()
        self._expected = False
        self._sent_to: tuple[str, dict[str, str]] | None = None
        self._fault = ""
        self._session: CDPSession
        self._world: int | None = None

    async def rendered(self, handler: ScrapyPlaywrightDownloadHandler) -> tuple[bytes, str]:
        """The page as it is when its text has settled, in UTF-8; and why that is not the whole of it, if so.

        _Fault, PlaywrightError, TimeoutError when there is nothing to show.
        """
        blank = Request(
            _BLANK,  # where it goes, and how long it may take for that, is decided here
            meta={
                "playwright": True,
                "playwright_include_page": True,
                "playwright_context": str(id(self)),  # one each: no cookie or store is shared
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
        async with asyncio.timeout(self._time):
            await handler.download_request(blank)
        page = self.page
        if page is None:
            raise _Fault("its requests could not be answered for it")
        self._session = await page.context.new_cdp_session(page)
        self._ends = monotonic() + self._time
        await self._go(page)
        fault = await self._settle(page)
        async with asyncio.timeout(_GRACE):
            html = await self._look(f"{_HTML}({self._most})")
        if html is None:
            raise _Fault(f"rendered, it has more than {self._most} characters")
        payload: bytes = html.encode("utf-8", "replace")
        if len(payload) + sum(len(document.body) for document in self.documents) > self._most:
            raise _Fault(f"as it was served and rendered, it has more than {self._most} bytes")
        return payload, fault

    async def _look(self, expression: str) -> Any:
        """What an expression says of the page, in a world of its own, where the page's scripts have changed nothing.

        PlaywrightError when the document gives way to another meanwhile.
        """
        if self._world is None:
            frame = (await self._session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
            made = await self._session.send("Page.createIsolatedWorld", {"frameId": frame})
            self._world = made["executionContextId"]
        where = {"contextId": self._world, "returnByValue": True}
        answer = await self._session.send("Runtime.evaluate", {"expression": expression, **where})
        return answer["result"].get("value")

    async def close(self) -> None:
        """Closes the page and all that it opened."""
        self._ends = 0
        if self.page is not None:
            with suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self.page.context.close()

    async def _prepare(self, page: Page, _: Request) -> None:
        context = page.context

        async def close(popup: Page) -> None:
            with suppress(PlaywrightError):
                await popup.close()

        await context.route("**/*", _refuse)  # of other pages
        await context.route_web_socket("**/*", lambda channel: channel.close())
        await context.add_init_script(_WITHOUT)
        context.on("page", close)
        await page.route("**/*", self._answer)
        self.browser_version = context.browser.version if context.browser else ""
        self.page = page

    async def _answer(self, route: Route, asked: PageRequest) -> None:
        try:
            if asked.is_navigation_request() and self.page is not None and asked.frame == self.page.main_frame:
                await self._navigate(route, asked)
            else:
                await self._load(route, asked)
        except PlaywrightError:  # nobody waits for it any more, or it holds what no browser takes
            await _refuse(route)

    async def _navigate(self, route: Route, asked: PageRequest) -> None:
        if self._expected:
            self._expected = False
            document = self.documents[-1]
            await route.fulfill(status=document.status, headers=_headers(document), body=document.body)
            return
        if asked.method == "GET":
            self._sent_to = asked.url, await asked.all_headers()
        else:
            self._fault = "its scripts submit a form"
        await route.abort()

    async def _load(self, route: Route, asked: PageRequest) -> None:
        wanted = asked.resource_type in _WANTED and asked.method in ("GET", "POST")
        if not wanted or self._requests_left <= 0 or self._bytes_left <= 0 or self._is_over():
            await route.abort()
            return
        self._requests_left -= 1
        self._loading += 1
        try:
            response = await self._get(
                asked.url, asked.method, await asked.all_headers(), asked.post_data_buffer or b""
            )
        except Exception:  # whatever it is, the script has to do without
            response = None
        finally:
            self._loading -= 1
            self._loaded_at = monotonic()
        if response is None or 300 <= response.status < 400:
            await route.abort()
        else:
            await route.fulfill(status=response.status, headers=_headers(response), body=response.body)

    async def _get(self, url: str, method: str, headers: dict[str, str], body: bytes) -> Response:
        """What the downloader gets for the page, redirects followed. Raises what the downloader does."""
        request = Request(
            url,
            NO_CALLBACK,
            method=method,
            headers={name: value for name, value in headers.items() if not _NOT_SENT.fullmatch(name)},
            body=body,
            dont_filter=True,
            meta={
                "in_browser": True,
                "download_slot": "browser",
                "download_timeout": max(0.1, self._ends - monotonic()),
                "download_maxsize": self._bytes_left,
                "dont_merge_cookies": True,  # the browser has them
                "dont_cache": True,
                "redirect_times": len(self.documents) - 1,
            },
        )
        response = await self._crawler.engine.download_async(request)
        if len(response.body) > self._bytes_left:  # others were under way meanwhile
            raise DownloadCancelledError(f"with it, the page has loaded more than {self._most} bytes")
        self._bytes_left -= len(response.body)
        return response

    async def _settle(self, page: Page) -> str:
        """Waits until the page's text has not changed for a while and nothing is being loaded.

        What is wrong with it when the time is over, '' if nothing is: what still loads then may be without end. _Fault.
        """
        last, since = None, monotonic()
        while not self._is_over():
            if self._fault:
                raise _Fault(self._fault)
            if self._sent_to:
                await self._follow(page, *self._sent_to)
                last = None
            begun = monotonic()
            try:
                async with asyncio.timeout(self._ends - begun + _POLL):
                    text = await self._look(_TEXT)
            except TimeoutError:
                raise _Fault(f"its scripts did not come to an end in {self._time:.0f} seconds") from None
            except PlaywrightError as error:
                if "context" not in str(error) or page.is_closed():
                    raise
                text = self._world = None  # the document gave way to another
            now = monotonic()
            if text != last:
                last, since = text, now
            elif text and text[0] and not self._loading and now - max(since, self._loaded_at) >= self._quiet:
                return ""
            await asyncio.sleep(max(_POLL, 2 * (now - begun)))  # measuring must not be all the browser does
        if self._sent_to:
            raise _Fault(f"its scripts still send the browser on after {self._time:.0f} seconds")
        return "" if monotonic() - since >= self._quiet else f"its text still changed after {self._time:.0f} seconds"

    async def _follow(self, page: Page, url: str, headers: dict[str, str]) -> None:
        """Goes where the page's scripts, or its refresh, sent the browser. _Fault when that is no page."""
        if len(self.documents) > self._redirects:
            raise _Fault("its scripts send the browser on without end")
        try:
            response = await self._get(url, "GET", headers, b"")
        except Exception as error:
            raise _Fault(f"its scripts send the browser to {escape_line(url)}: {explain(error, url)}") from None
        if not isinstance(response, HtmlResponse) or 300 <= response.status < 400:
            raise _Fault(f"its scripts send the browser to {escape_line(url)}, which is no HTML page")
        self.documents.append(response)
        await self._go(page)

    async def _go(self, page: Page) -> None:
        """Shows the last document. By way of a blank page, so that no script of the one before has a say any more."""
        timeout = self._time * 1000
        await page.goto(_BLANK, timeout=timeout)
        self._sent_to = self._world = None
        self._expected = True
        await page.goto(self.documents[-1].url, wait_until="commit", timeout=timeout)

    def _is_over(self) -> bool:
        return monotonic() >= self._ends or not self._crawler.engine.running


def _in_a_row(served: list[Observed]) -> list[Observed]:
    """Documents as a browser came to them: the addresses of those before are passed through by those after."""
    passed: tuple[str, ...] = ()
    result = []
    for capture, payload in served:
        result.append((replace(capture, redirects=(*passed, *capture.redirects)), payload))
        passed = (*passed, *capture.redirects, capture.url)
    return result


def _shown(served: Capture, html: bytes, visit: _Visit) -> Capture:
    """The capture of what the browser made of what was served."""
    now = datetime.now(UTC)
    return replace(
        served,
        captured_at=now,
        headers=(),
        media_type="text/html; charset=utf-8",
        sha256=sha256_hex(html),
        requested_at=visit.begun_at,
        answered_at=now,
        archive={"rendered_by": f"Chromium {visit.browser_version}"},
    )


async def _refuse(route: Route, *_: Any) -> None:
    with suppress(PlaywrightError):
        await route.abort()


def _headers(response: Response) -> dict[str, str]:
    """An answer's headers as Playwright takes them: several of one name in one line, cookies in several."""
    result: dict[str, str] = {}
    for name, value in header_pairs(response):
        name = name.lower()
        if name in _NOT_PASSED_ON or not value.isprintable():
            continue
        between = "\n" if name == "set-cookie" else ", "
        result[name] = f"{result[name]}{between}{value}" if name in result else value
    return result


def _fault(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the browser came to no end with it"
    return str(error) if isinstance(error, _Fault) else f"the browser could not show it: {_line(error)}"


def _said(error: PlaywrightError) -> str:
    """Why Chromium did not start: the last thing it said itself, where it said anything."""
    if "sandboxing failed" in str(error):
        return "its sandbox needs user namespaces, which this account may not make (user.max_user_namespaces, AppArmor)"
    said = re.findall(r"\[err\] (.+)", str(error))
    return escape_line(said[-1])[:300] if said else _line(error)


def _line(error: Exception) -> str:
    """The first line of what Playwright says, whose others are of its own work."""
    return escape_line(str(error).strip().partition("\n")[0])[:300]
