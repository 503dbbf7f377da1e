"""A hostile stored page in Chromium: nothing reaches its server, whatever it tries and wherever the reader clicks."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from core.limits import call_here
from storage import Store
from tests.keeping import keep
from tests.servers.rendered_pages import CHROMIUM, needs_chromium
from tests.stored_captures import POLICY, capture_of
from web import Room, create_application

pytestmark = needs_chromium

_HOSTILE = """<!DOCTYPE html><html><head><base href="{0}/base/"><link rel=preconnect href="{0}">
<link rel=dns-prefetch href="{0}"><link rel=stylesheet href="{0}/css"><link rel=prefetch href="{0}/prefetch">
<meta http-equiv=refresh content="0;url={0}/refresh">
<style>@import "{0}/import"; body {{ background: url({0}/bg) }} @font-face {{ font-family: x; src: url({0}/font) }}
</style>
<script src="{0}/js"></script><script>fetch("{0}/fetch"); parent.document.title = "taken"</script></head>
<body onload="fetch('{0}/onload')" background="{0}/back"><p style="font-family: x">hello</p>
<img src="{0}/img" srcset="{0}/set 2x" onerror="fetch('{0}/onerror')"><video src="{0}/v" poster="{0}/p" autoplay>
</video><object data="{0}/object"></object><embed src="{0}/embed"><iframe src="{0}/frame"></iframe>
<iframe srcdoc="<img src={0}/inner>"></iframe><svg onload="fetch('{0}/svg')"><image href="{0}/i"/><use href="{0}/u#a"/>
</svg><form action="{0}/form"><input autofocus onfocus="fetch('{0}/focus')"><button id=click1>send</button></form>
<a id=click2 href="{0}/link" ping="{0}/ping">link</a> <a id=click3 target=_top href="{0}/top">top</a>
<a id=click4 target=_blank href="{0}/blank">blank</a> <a id=click5 href="javascript:fetch('{0}/href')">script</a>"""


@contextmanager
def _connections() -> Iterator[tuple[str, list[bytes]]]:
    """Yields the address of a server, and what each connection to it sends."""
    received: list[bytes] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                received.append(b"")
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", received


@contextmanager
def _room(store: Store, folder: Path) -> Iterator[str]:
    """Serves a room. Yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        application = create_application(Room(store, folder, call_here))
        server = uvicorn.Server(uvicorn.Config(application, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield address
        server.should_exit = True
        thread.join()


def test_a_hostile_page_reaches_no_server_in_its_frame(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with _connections() as (attacker, received):
        html = _HOSTILE.format(attacker)
        with Store.open(url) as store:
            for number, payload in enumerate((html.encode(), ("\ufeff" + html).encode("utf-16-le"))):
                keep(store, capture_of(payload, number, media_type="text/html"), payload, POLICY)
        with (
            Store.open(url, read_only=True) as store,
            _room(store, tmp_path) as room,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as chromium,
        ):
            for number in (1, 2):
                page = chromium.new_page()
                page.goto(f"{room}/-/captures/{number}")
                frame = page.frame_locator("iframe.stored")
                assert frame.locator("p").first.inner_text() == "hello"
                page.wait_for_timeout(500)
                for click in range(1, 6):
                    frame.locator(f"#click{click}").click()
                page.wait_for_timeout(500)
                assert page.title().startswith(f"Capture {number}")
                assert page.url == f"{room}/-/captures/{number}"
                assert page.frames[1].url == f"{room}/-/captures/{number}/page"
                assert len(page.context.pages) == 1
            assert received == []
