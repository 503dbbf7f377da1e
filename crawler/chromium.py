"""Starts the system's Chromium without access to the network, and ends it."""

import os
import re
import shutil
import socket

from playwright.async_api import Browser as Chromium
from playwright.async_api import Error as PlaywrightError
from scrapy_playwright.handler import Config
from scrapy_playwright.provider import PlaywrightBrowserProvider

from core.escaping import escape_line
from core.process_memory import parent
from crawler import chromium_watch
from crawler.chromium_watch import ChromiumWatch
from crawler.failures import PageNotTakenError

# Chromium's program has different names on different systems. The first installed program in this order is used.
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# With these arguments, Chromium resolves no host names, and sends no UDP datagrams except through its proxy.
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
)


class SystemChromium(PlaywrightBrowserProvider):  # type: ignore[misc]  # scrapy-playwright has no types
    """A browser provider for scrapy-playwright that starts the Chromium installed on the system, and watches it."""

    def __init__(self, config: Config, memory_limit: int) -> None:
        """Doesn't start Chromium yet. memory_limit: the limit for Chromium and Playwright's driver together, in MiB."""
        super().__init__(config)
        self._memory_limit = memory_limit
        self._watch: ChromiumWatch | None = None
        self._process_id = self._driver = 0

    @property
    def memory_fault(self) -> str:
        """The reason why Chromium was ended; '' if it has stayed below the limit on memory."""
        if self._watch is None or not self._watch.is_over_limit:
            return ""
        limit = f"{self._memory_limit} MiB of memory (CLAUSEWATCH_BROWSER_MEMORY_LIMIT)"
        return f"it takes the browser more than {limit}"

    async def launch_browser(self) -> Chromium:
        """Starts Chromium. PageNotTakenError if Chromium isn't installed or doesn't start."""
        path = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        if path is None:
            raise PageNotTakenError("Chromium is not installed: install your system's package, such as chromium")
        try:
            # The proxy's address is a port on which no program listens. The socket stays bound, so that no other
            # program can listen on this port.
            self._dead_end = socket.socket()
            self._dead_end.bind(("127.0.0.1", 0))
            browser: Chromium = await self.browser_type.launch(
                executable_path=path,
                args=_ARGUMENTS,
                proxy={"server": f"http://127.0.0.1:{self._dead_end.getsockname()[1]}", "bypass": "<-loopback>"},
                chromium_sandbox=os.geteuid() != 0,  # Chromium can't start its sandbox as root
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
            self._process_id = await _process_id_of(browser)
            self._driver = parent(self._process_id) or 0
            self._stop_watch()  # of a Chromium that has crashed
            self._watch = ChromiumWatch(self._process_id, self._memory_limit << 20, self._driver or None)
            return browser
        except (PlaywrightError, OSError) as error:
            raise PageNotTakenError(f"{path} could not be started: {_launch_failure(error)}") from None

    def end(self) -> None:
        """Kills Chromium, if it runs."""
        if self._process_id and (parent(self._process_id) or 0) == self._driver:  # the id may have a new owner
            chromium_watch.end(self._process_id)

    def end_driver(self) -> None:
        """Kills Playwright's driver, if it still runs, and ends the watch."""
        self._stop_watch()
        if self._driver and parent(self._driver) == os.getpid():
            chromium_watch.end(self._driver)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None


async def _process_id_of(browser: Chromium) -> int:
    """Returns the id of a browser's main process. PlaywrightError if the browser has ended."""
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    await session.detach()
    process_id: int = next(process["id"] for process in processes if process["type"] == "browser")
    return process_id


def first_line(error: Exception) -> str:
    """Returns the first line of a Playwright error's message. The other lines are Playwright's log."""
    return escape_line(str(error).strip().partition("\n")[0])[:300]


def _launch_failure(error: Exception) -> str:
    """Returns the last line that Chromium itself wrote on stderr, or else the first line of Playwright's error."""
    if "sandboxing failed" in str(error):
        return (
            "the system doesn't let this account create Chromium's sandbox; ask its administrator to allow user "
            "namespaces (the setting user.max_user_namespaces, or AppArmor's profile of Chromium)"
        )
    written_by_chromium = re.findall(r"\[err\] (.+)", str(error))
    return escape_line(written_by_chromium[-1])[:300] if written_by_chromium else first_line(error)
