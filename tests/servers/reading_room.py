"""`clausewatch serve` as a process, the histories that readers find in it, and a Chromium that shows its pages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, expect

from core.captures import Capture, sha256_hex
from core.declarations import sound_vendors
from core.limits import call_here
from core.policies import PolicyKey
from core.settings import CHECKOUT
from demo.captures import archived_pages, declaration
from storage import Store
from tests.keeping import keep
from tests.shared_material import SHARED
from tests.stored_captures import POLICY, URL, capture_of, page

TOKEN = "a token that nobody guesses"
#: What a vendor might write to take over a reader's browser. Each is the text of a clause.
HOSTILE = (
    "<script>alert('script')</script> is what we call a clause of ours.",
    "<svg onload=alert('svg')><image href=x onerror=alert('image')></svg> stands here, too.",
    "</style><style>* { display: none !important }</style> hides nothing on this page.",
    "We keep \N{RIGHT-TO-LEFT OVERRIDE}data\N{POP DIRECTIONAL FORMATTING} {{ 7 * 7 }} ${7*7} &lt;b&gt; for a year.",
    "\" onmouseover=\"alert('attribute') ' autofocus onfocus='alert(1)",
)
#: A clause of about a megabyte.
LONG = "We share personal data with partners. " * 27_000
# How long a page may take, in milliseconds.
_PATIENCE = 60_000
_GONE = "<!DOCTYPE html><title>Not found</title><h1>404 Not found</h1><p>This page does not exist. No. {}</p>"


def command(*arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """Starts `clausewatch serve`, and connects its standard error to a pipe. settings: added to the environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.main", "serve", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(*arguments: str, **settings: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Starts the reading room on a free port. Yields its process and its port."""
    with command("--port", "0", *arguments, **settings) as process:
        assert process.stderr
        try:
            line = process.stderr.readline()
            match = re.fullmatch(r"The reading room is at http://[^/]*:(\d+)/.*\n", line)
            assert match, line + process.stderr.read()
            yield process, int(match[1])
        finally:
            process.kill()


def stored_histories(folder: Path) -> dict[str, str]:
    """Stores the captures of the demo, of HESK if ../shared is there, and of a hostile vendor.

    Returns the settings by which a command finds them. The hostile vendor also has three quarantined captures.
    """
    vendors = folder / "vendors"
    vendors.mkdir()
    (vendors / "lanternpost.yaml").write_text(declaration("https://www.lanternpost.example/"), encoding="utf-8")
    shutil.copy(CHECKOUT / "vendors" / "hesk.yaml", vendors)
    (vendors / "marmot.yaml").write_text(
        f"name: {'Marmot <script>alert(1)</script>'!r}\nhomepage: https://www.marmot.example/\n"
        f"policies:\n  privacy:\n    locations:\n      - url: {URL}\n",
        encoding="utf-8",
    )
    declared = sound_vendors(vendors)[0]
    url = f"sqlite:///{folder / 'clausewatch.db'}"
    with Store.open(url) as store:
        for archived in archived_pages():
            if archived.body:
                captured = _capture("lanternpost", archived.at, archived.url, archived.body)
                keep(store, captured, archived.body, declared["lanternpost"].policies["privacy"])
        for path in sorted(SHARED.glob("captures/hesk-*.html")):
            at = datetime.strptime(path.stem.partition("-")[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            policy = declared["hesk"].policies["privacy"]
            location = policy.locations[0 if at.year < 2015 else 1]
            keep(store, _capture("hesk", at, location.url, path.read_bytes()), path.read_bytes(), policy)
        clauses = "</p><p>".join(map(escape, HOSTILE))
        for day, text in enumerate(
            (clauses, clauses.replace("a year", "&#0;&#xD800; two years"), f"{clauses}<p>{LONG}")
        ):
            keep(store, capture_of(page(text), 100 * day), page(text), POLICY)
            keep(store, capture_of(page(text), 100 * day + 50), page(text), POLICY)
        for number in range(3):
            payload = _GONE.format(number).encode()
            keep(store, capture_of(payload, 400 + number, status=404), payload, POLICY)
        for slug in declared:
            store.lineages.refresh(PolicyKey(slug, "privacy"), call_here)
        store.clause_index.refresh([PolicyKey(slug, "privacy") for slug in declared])
    return {
        "CLAUSEWATCH_DATABASE_URL": url,
        "CLAUSEWATCH_VENDORS": str(vendors),
        "CLAUSEWATCH_OPERATOR_TOKEN": TOKEN,
        "CLAUSEWATCH_PUBLIC_URL": "",
    }


def _capture(vendor: str, at: datetime, url: str, payload: bytes) -> Capture:
    return Capture(
        vendor=vendor,
        policy="privacy",
        source="wayback",
        captured_at=at,
        url=url,
        asked_url=url,
        status=200,
        media_type="text/html; charset=utf-8",
        sha256=sha256_hex(payload),
    )


@dataclass
class Reader:
    """A reader with a browser in front of the room. What the browser does that it must not is in `troubles`."""

    address: str
    context: BrowserContext
    page: Page
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Opens a page of the room."""
        self.page.goto(self.address + path)

    def path(self) -> str:
        """Returns the path of the page that is open."""
        return self.page.url.removeprefix(self.address)

    def tab_to(self, selector: str) -> None:
        """Presses Tab until an element that the selector finds has the focus."""
        for _ in range(300):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector} on {self.path()}")

    def note_console(self, message: ConsoleMessage) -> None:
        # A browser reports that the frame of a stored page runs no script, and that a page has the status 404 or 422.
        expected = re.search("sandboxed|status of (404|422)", message.text)
        if message.type in ("error", "warning") and not expected:
            self.troubles.append(message.text)

    def note_dialog(self, dialog: Dialog) -> None:
        self.troubles.append(f"a dialog says {dialog.message}")
        dialog.dismiss()

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "about:")):
            self.troubles.append(f"{self.path()} asks for {request.url}")


@contextmanager
def reading(chromium: Browser, address: str, **options: Any) -> Iterator[Reader]:
    """Yields a reader in a context of its own. Afterwards, the test fails if there was any trouble.

    options: of Playwright's `new_context`.
    """
    with chromium.new_context(**options) as context:
        # The first comparison starts a process, which takes long on a busy machine.
        context.set_default_timeout(_PATIENCE)
        expect.set_options(timeout=_PATIENCE)
        reader = Reader(address, context, context.new_page())
        reader.page.on("console", reader.note_console)
        reader.page.on("pageerror", lambda error: reader.troubles.append(str(error)))
        reader.page.on("dialog", reader.note_dialog)
        reader.page.on("request", reader.note_request)
        yield reader
        assert reader.troubles == []
