"""A reader's ways through the reading room in Chromium, and what holds on every page whatever the screen."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from core.settings import CHECKOUT
from tests.servers.reading_room import HOSTILE, LONG, TOKEN, Reader, reading, serving, stored_histories
from tests.servers.rendered_pages import CHROMIUM, needs_chromium
from tests.shared_material import SHARED, needs_shared

pytestmark = needs_chromium

_NODE = CHECKOUT / "tests" / "browser" / "node_modules"
_AXE, _VALIDATOR = _NODE / "axe-core" / "axe.min.js", _NODE / ".bin" / "html-validate"
_needs_npm = pytest.mark.skipif(
    not (_AXE.exists() and _VALIDATOR.exists()), reason="axe-core and html-validate are not installed: see the Makefile"
)
#: Every kind of page, over the demo's history and the hostile vendor's.
_KINDS = (
    "/",
    "/?name=nobody",
    "/lanternpost",
    "/lanternpost/privacy",
    "/lanternpost/privacy/2021",
    "/lanternpost/privacy/2021..2023",
    "/lanternpost/privacy/2023..2021",
    "/lanternpost/privacy/captures",
    "/-/captures/1",
    "/-/search",
    "/-/search?q=logs&vendor=lanternpost",
    "/-/search?q=nothinglikethis",
    "/-/operator",
    "/-/review",
    "/-/api",
    "/nobody",
    "/marmot",
    "/marmot/privacy/1..2",
    "/marmot/privacy/1..2?cite=1",
    "/marmot/privacy/2",
)
_HESK_KINDS = ("/hesk", "/hesk/privacy", "/hesk/privacy/2010..2016", "/hesk/privacy/2016", "/hesk/privacy/captures")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a room, served by a process."""
    settings = stored_histories(tmp_path_factory.mktemp("room"))
    with serving(**settings) as (_, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as chromium,
    ):
        yield chromium


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def reader(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A reader whose browser runs scripts, and one whose browser doesn't."""
    with reading(chromium, address, java_script_enabled=request.param) as reader:
        yield reader


@pytest.fixture
def typist(chromium: Browser, address: str) -> Iterator[Reader]:
    """A reader with a keyboard alone."""
    with reading(chromium, address) as reader:
        yield reader


def test_a_reader_finds_a_vendor_and_reads_its_newest_change(reader: Reader) -> None:
    reader.open("/")
    reader.page.get_by_label("Name contains").fill("lantern")
    reader.page.get_by_role("button", name="Filter").click()
    reader.page.get_by_role("row").get_by_role("link", name="Lanternpost", exact=True).click()
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("Lanternpost")
    reader.page.locator("p", has_text="Last changed").get_by_role("link").click()
    expect(reader.page.get_by_role("heading", level=1)).to_have_text(re.compile(r"version \d → version \d"))
    expect(reader.page.locator("article ins").first).to_be_visible()
    reader.page.get_by_role("link", name="Change before").click()
    expect(reader.page.locator("article del").first).to_be_visible()


def test_a_bar_of_the_timeline_leads_back_to_its_change(reader: Reader) -> None:
    reader.open("/lanternpost/privacy")
    reader.page.locator("svg.timeline a").nth(1).click()
    expect(reader.page.get_by_role("heading", level=1)).to_contain_text("version 1 → version 2")
    reader.page.get_by_role("link", name="Text of version 1").click()
    expect(reader.page.locator(".clause", has_text="deleted after 30 days")).to_be_visible()


def test_two_versions_chosen_in_the_form_are_compared(reader: Reader) -> None:
    reader.open("/lanternpost/privacy")
    reader.page.get_by_label("Compare").select_option(label="1 – 2021-03-04")
    reader.page.get_by_label("with").select_option(label="3 – 2023-01-15")
    reader.page.get_by_role("button", name="Compare").click()
    expect(reader.page.get_by_role("heading", level=1)).to_contain_text("version 1 → version 3")
    reader.page.get_by_label("From").fill("2022")
    reader.page.get_by_label("to", exact=True).fill("2024-05-05")
    reader.page.get_by_role("button", name="Compare").click()
    assert reader.path() == "/lanternpost/privacy/2022..2024-05-05"
    expect(reader.page.locator(".citation")).to_contain_text("Old text: ")


def test_the_text_on_a_date_stands_between_two_captures(reader: Reader) -> None:
    reader.open("/lanternpost/privacy")
    reader.page.get_by_label("The text on a date").fill("2022-01-01")
    reader.page.get_by_role("button", name="Read").click()
    assert reader.path() == "/lanternpost/privacy/2022-01-01"
    expect(reader.page.get_by_role("heading", name="The text on 2022-01-01")).to_be_visible()
    reader.page.locator("section.on-date li", has_text="First capture after").get_by_role("link").first.click()
    expect(reader.page.get_by_role("heading", level=1)).to_contain_text("Capture ")


def test_a_change_is_cited_from_the_link_beside_it(reader: Reader) -> None:
    reader.open("/lanternpost/privacy/1..3")
    reader.page.locator("article").nth(1).get_by_role("link", name="cite change").click()
    expect(reader.page.get_by_role("heading", name="Cite change")).to_be_in_viewport()
    expect(reader.page.locator(".citation")).to_contain_text("#change-")


def test_a_clause_is_followed_from_the_date_beside_it(reader: Reader) -> None:
    reader.open("/lanternpost/privacy/3")
    clause = reader.page.locator(".clause", has_text="Logs are deleted after 90 days")
    clause.get_by_role("link", name="through time").click()
    events = reader.page.locator("ol.events > li")
    expect(events).to_have_count(2)
    expect(events.nth(1).locator("del").first).to_have_text("30")
    expect(events.nth(1).locator("ins").first).to_have_text("90")
    reader.page.get_by_role("link", name="The change in its comparison").last.click()
    change = reader.page.locator("article:target")
    expect(change.locator(".inline")).to_contain_text("Logs are deleted after")


def test_a_phrase_is_found_and_its_trace_opened(reader: Reader) -> None:
    reader.open("/")
    reader.page.get_by_label("Search all clauses").fill('"Logs are deleted"')
    reader.page.get_by_role("button", name="Search").click()
    expect(reader.page.locator("mark").first).to_be_visible()
    reader.page.locator(".hits h3 a").first.click()
    expect(reader.page.get_by_role("heading", level=1)).to_have_text("A clause through time")
    expect(reader.page.locator("blockquote")).to_contain_text("Logs are deleted after")


def test_evidence_shows_the_stored_page_in_its_frame(reader: Reader) -> None:
    reader.open("/lanternpost/privacy/1")
    reader.page.get_by_role("row", name="First captured").get_by_role("link").click()
    frame = reader.page.frame_locator("iframe.stored")
    expect(frame.get_by_text("Logs are deleted after 30 days")).to_be_visible()
    expect(reader.page.locator(".facts .checksum")).to_have_text(re.compile("[0-9a-f]{64}"))
    expect(reader.page.get_by_role("heading", name="Cite this capture")).to_be_visible()


def test_a_page_names_the_feed_of_its_policy(reader: Reader) -> None:
    reader.open("/lanternpost/privacy")
    announced = reader.page.locator("link[type='application/atom+xml']").last.get_attribute("href")
    link = reader.page.get_by_role("link", name="Feed of changes").get_attribute("href")
    assert announced == link == "/lanternpost/privacy/feed.atom"
    answer = reader.context.request.get(reader.address + link)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert "<ins" in answer.text() or "&lt;ins" in answer.text()


def test_an_operator_signs_in_and_decides_on_a_capture(reader: Reader) -> None:
    reader.open("/")
    reader.page.get_by_role("link", name="For operators").click()
    reader.page.get_by_label("Your name").fill("Ann")
    reader.page.get_by_label("The operators' token").fill(TOKEN)
    reader.page.get_by_role("button", name="Sign in").click()
    reader.page.locator("table", has_text="Marmot").get_by_role("link").first.click()
    expect(reader.page.frame_locator("iframe.stored").get_by_text("This page does not exist")).to_be_visible()
    number = reader.path()
    reader.page.get_by_label("this capture only").check()
    reader.page.get_by_label("Note").fill("an error page")
    reader.page.get_by_role("button", name="Reject").click()
    reader.open(number)
    expect(reader.page.get_by_text("Rejected by Ann at")).to_contain_text("an error page")


def test_a_keyboard_alone_leads_to_a_change_and_its_clause(typist: Reader) -> None:
    page = typist.page
    typist.open("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    typist.tab_to("tbody th a[href='/lanternpost']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lanternpost")
    typist.tab_to("a[href*='..']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/privacy/@*")
    page.keyboard.press("j")
    expect(page.locator("article").first).to_be_focused()
    typist.tab_to("article a[href*='/clause/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clause/*")


def test_keys_step_from_change_to_change(typist: Reader) -> None:
    page = typist.page
    typist.open("/lanternpost/privacy/2021..2023")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("article").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("article").first).to_be_focused()


def test_a_keyboard_alone_searches_compares_and_decides(typist: Reader) -> None:
    page = typist.page
    typist.open("/lanternpost/privacy")
    typist.tab_to("#q")
    page.keyboard.type("logs jkjk")
    expect(page.locator("#q")).to_have_value("logs jkjk")
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/search?q=logs+jkjk")
    typist.open("/lanternpost/privacy")
    typist.tab_to("svg.timeline a")
    typist.tab_to("select[name=old]")
    page.keyboard.press("End")
    typist.tab_to("form.compare button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("version 1 →")
    typist.open("/-/operator")
    typist.tab_to("#name")
    page.keyboard.type("Ben")
    page.keyboard.press("Tab")
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/review")
    typist.tab_to("tbody th a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your decision")).to_be_visible()
    typist.tab_to("input[name=scope]")
    page.keyboard.press("ArrowDown")
    typist.tab_to("button[value=rejected]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Rejected by Ben at")).to_contain_text("for this capture only")


@needs_shared
def test_since_when_hesk_mentions_no_clear_gifs_is_found_by_search(reader: Reader) -> None:
    reader.open("/-/search?q=%22clear+gifs%22&vendor=hesk")
    reader.page.locator(".hits li", has_text="gone between").first.locator("h3 a").click()
    expect(reader.page.locator("ol.events > li.removed")).to_contain_text("2016-10-18")
    reader.open("/hesk/privacy")
    reader.page.locator("svg.timeline a").last.click()
    expect(reader.page.locator(".summary")).to_contain_text("9 removed")


# What axe-core finds depends on the width and on the colours, hardly on both at once, and takes much of the time: so it
# examines each width in one of the two colour schemes.
@_needs_npm
@pytest.mark.parametrize(("width", "schemes"), [(390, ("light", "dark")), (1280, ("dark", "light"))])
def test_every_page_fits_is_accessible_and_stays_at_home(
    chromium: Browser, address: str, width: int, schemes: tuple[Literal["light", "dark"], ...]
) -> None:
    script = _AXE.read_text(encoding="utf-8")
    faults = []
    with reading(chromium, address, viewport={"width": width, "height": 800}) as reader:
        for path in _paths(reader):
            reader.open(path)
            for scheme in schemes:
                reader.page.emulate_media(color_scheme=scheme)
                scrolled = reader.page.evaluate("document.documentElement.scrollWidth")
                if scrolled > width:
                    faults.append(f"{path} is {scrolled} pixels wide ({scheme})")
            reader.page.evaluate(script)
            violations = reader.page.evaluate(
                "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map("
                "rule => [rule.id, rule.nodes.map(node => node.html)]))"
            )
            faults += [f"{path}: {json.dumps(violation)}" for violation in violations]
    assert faults == []


@_needs_npm
def test_every_page_is_valid_html(chromium: Browser, address: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("pages")
    with reading(chromium, address) as reader:
        paths = [*_paths(reader), *(_HESK_KINDS if SHARED.is_dir() else ())]
        for number, path in enumerate(paths):
            answer = reader.context.request.get(address + path)
            (folder / f"{number}.html").write_bytes(answer.body())
    names = sorted(folder.iterdir())
    command: list[str | Path] = [_VALIDATOR, "--preset", "standard", "--formatter", "text", *names]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stdout) == (0, "")
    assert len(names) > len(_KINDS)


def _paths(reader: Reader) -> list[str]:
    """Returns the address of every kind of page, also those that only operators see. Signs the reader in."""
    kinds = [*_KINDS]
    reader.open("/-/operator")
    reader.page.get_by_label("Your name").fill("Ann")
    reader.page.get_by_label("The operators' token").fill(TOKEN)
    reader.page.get_by_role("button", name="Sign in").click()
    # A quarantined capture with the form of a decision, and the clause that search finds first.
    reader.open("/marmot/privacy/captures?verdict=quarantined")
    kinds.append(reader.page.locator("tbody th a").last.get_attribute("href") or "")
    reader.open("/-/search?q=logs")
    kinds.append(reader.page.locator(".hits h3 a").first.get_attribute("href") or "")
    return kinds


def test_hostile_clauses_are_text_on_every_page(typist: Reader) -> None:
    page = typist.page
    for path in (
        "/",
        "/marmot",
        "/marmot/privacy",
        "/marmot/privacy/1",
        "/marmot/privacy/2",
        "/marmot/privacy/1..2",
        "/marmot/privacy/1..2?cite=1",
        "/-/captures/1",
        "/-/search?q=script",
        "/-/search?q=clause&vendor=marmot",
    ):
        typist.open(path)
        inside = page.evaluate(
            "[...document.querySelectorAll('main script:not([src]), main svg:not(.timeline, .axis), main style,"
            " main img, [onload], [onmouseover], [onerror], [onfocus], [autofocus]')].map(found => found.outerHTML)"
        )
        assert (path, inside) == (path, [])
    typist.open("/marmot/privacy/1")
    shown = [text.replace("\N{RIGHT-TO-LEFT OVERRIDE}", "") for text in page.locator(".clause .text").all_inner_texts()]
    assert HOSTILE[0] in shown
    assert HOSTILE[1] in shown
    assert HOSTILE[2] in shown
    assert HOSTILE[4] in shown
    assert any("{{ 7 * 7 }} ${7*7} &lt;b&gt;" in text for text in shown)
    page.get_by_text(HOSTILE[4]).hover()
    # What turns the direction of writing around is shown as what it is, and turns nothing around.
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.content()


def test_a_clause_of_a_megabyte_is_shown_whole(typist: Reader) -> None:
    typist.open("/marmot/privacy/3")
    clause = typist.page.locator(".clause .text").filter(has_text="We share personal data with partners.")
    assert len(clause.inner_text()) == len(LONG.strip())
    assert typist.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/lanternpost/privacy/2021..2023", "/lanternpost/privacy/3"])
def test_print_keeps_the_text_and_drops_the_controls(typist: Reader, path: str) -> None:
    page = typist.page
    typist.open(path)
    on_screen = page.locator("main .text:visible").all_inner_texts()
    page.emulate_media(media="print")
    assert page.locator("main .text:visible").all_inner_texts() == on_screen
    expect(page.locator(".citation")).to_be_visible()
    for control in page.locator("header.room, footer.room, .crumbs, .controls, main form").all():
        expect(control).to_be_hidden()
