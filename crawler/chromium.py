"""Starts the system's Chromium without access to the network, and watches its memory."""

import os
import re
import shutil
import signal
import socket
from contextlib import suppress
from threading import Event, Thread

from playwright.async_api import Browser as Chromium
from playwright.async_api import Error as PlaywrightError
from scrapy_playwright.provider import PlaywrightBrowserProvider

from core.escaping import escape_line
from core.process_memory import descendants, resident_memory
from crawler.failures import PageNotTakenError

# Chromium's program has different names on different systems. The first installed program in this order is used.
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# With these arguments, Chromium resolves no host names, and sends no UDP datagrams except through its proxy.
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
)
# The interval, in seconds, at which Chromium's memory is measured. A page may fill a GB in a second. A measurement
# takes 10 ms, because Chromium has more than a hundred threads.
_WATCH_SECONDS = 0.2


class SystemChromium(PlaywrightBrowserProvider):  # type: ignore[misc]  # scrapy-playwright has no types
    """A browser provider for scrapy-playwright that starts the Chromium installed on the system."""

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
            return await self.browser_type.launch(  # type: ignore[no-any-return]  # scrapy-playwright has no types
                executable_path=path,
                args=_ARGUMENTS,
                proxy={"server": f"http://127.0.0.1:{self._dead_end.getsockname()[1]}", "bypass": "<-loopback>"},
                chromium_sandbox=os.geteuid() != 0,  # Chromium can't start its sandbox as root
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except (PlaywrightError, OSError) as error:
            raise PageNotTakenError(f"{path} could not be started: {_launch_failure(error)}") from None


class MemoryWatch:
    """Ends Chromium's processes if they take more memory than a limit.

    Chromium needs a watch: it reserves terabytes of address space, so RLIMIT_AS can't limit it, and control groups need
    rights that an ordinary account lacks. The watch has a thread of its own, because the crawl's thread may be busy.
    """

    def __init__(self, process_id: int, limit: int) -> None:
        """Starts the watch. process_id: Chromium's main process. limit: the limit for all processes, in bytes."""
        self.has_ended_processes = False
        self._process_id = process_id
        self._limit = limit
        self._stopped = Event()
        Thread(target=self._watch, name="chromium-memory", daemon=True).start()

    def stop(self) -> None:
        """Ends the watch."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(_WATCH_SECONDS):
            processes = descendants(self._process_id)
            if resident_memory(processes) > self._limit:
                self.has_ended_processes = True
                for process_id in processes:
                    with suppress(ProcessLookupError):
                        os.kill(process_id, signal.SIGKILL)
                return


async def process_id_of(browser: Chromium) -> int:
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
