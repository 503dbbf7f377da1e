"""Text from a hostile page is shown as text, and never gets into a shell, a path, a header or a link."""

import email
import email.policy
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from docx.oxml import parse_xml
from selectolax.lexbor import LexborHTMLParser

from core.escaping import UNSAFE_CLASS
from core.settings import load_settings
from demo.captures import OLD_ADDRESS
from reports import REPORT_FORMATS
from storage import Store
from tests.conftest import Clausewatch
from tests.reports.report_examples import TEXT_FORMATS

# A mark that every text on the page contains. Any place in which the tests find the mark contains text from the page.
MARK = "h0st1le"
TEXTS = (
    f"$(touch {MARK}); `touch {MARK}` | sh & rm -rf ~/{MARK}",
    f"../../../../tmp/{MARK}.txt\x00",
    f"Privacy\r\nBcc: {MARK}@client.example\r\n\r\n<script>{MARK}</script>",
    f"\x1b]0;{MARK}\x07\x9b31m\u202e{MARK}\u2066",
    f"</w:t></w:r><w:ins w:id='{MARK}'/> =cmd|' /C {MARK}'!A0 {{ INCLUDETEXT {MARK} }}",
    f"{{{{ 7 * 7 }}}}{{% include '{MARK}' %}} %s {{0.__class__}} ${{{MARK}}}",
    f"[{MARK}](javascript:alert(1)) <https://{MARK}.example/> ![](http://{MARK}.example/p.png)",
)
UNSAFE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{UNSAFE_CLASS}]")
_watching: list[list[tuple[str, tuple[Any, ...]]]] = []
_hooked = False


@contextmanager
def watched() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """Collects Python's audit events while the context is open: files, processes, connections, code."""
    global _hooked
    events: list[tuple[str, tuple[Any, ...]]] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        for collected in _watching:
            collected.append((event, arguments))

    if not _hooked:
        sys.addaudithook(note)  # added only once, since audit hooks can't be removed
        _hooked = True
    _watching.append(events)
    try:
        yield events
    finally:
        _watching.remove(events)


def page(sentence: str) -> bytes:
    clauses = "".join(
        f"<h2 id='{MARK}'>{text.replace('<', '&lt;')}</h2><p>We share your personal data: "
        f"<a href=\"javascript:{MARK}\" title='{MARK}'>{text.replace('<', '&lt;')}</a>, "
        f"<a href='file:///etc/{MARK}'>x</a> <a href='https://{MARK}.example/'>y</a></p>"
        for text in TEXTS
    )
    title = TEXTS[2].replace("<", "&lt;") + TEXTS[3]
    return (
        f"<!DOCTYPE html><html lang=en><title>{title}</title><h1>Privacy policy {MARK}</h1><p>{sentence}</p>"
        f"<p>We collect the personal data that you give us, and our servers keep it.</p>{clauses}</html>"
    ).encode()


@pytest.fixture
def ingested(clausewatch: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clausewatch:
    """Stores two versions of the page, and provides the commands for this store. The current folder is empty."""
    for year, sentence in ((2021, "We keep it for a year."), (2022, f"We keep it {MARK} for ever.")):
        path = tmp_path / f"{year}.html"
        path.write_bytes(page(sentence))
        arguments = ("--vendor", "lanternpost", "--captured-at", str(year), "--url", OLD_ADDRESS)
        assert "0 quarantined" in clausewatch("ingest", path, *arguments).stderr
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return clausewatch


def test_no_command_passes_page_text_to_a_shell_path_or_connection(ingested: Clausewatch, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with watched() as events:
        for form in REPORT_FORMATS:
            ingested("report", "lanternpost", "2021", "2022", "--format", form, "--output", out / f"report.{form}")
            ingested("diff", tmp_path / "2021.html", tmp_path / "2022.html", "--format", form, "-o", out / f"d.{form}")
        for command in ("captures", "versions", "show"):
            ingested(command, "lanternpost")
        ingested("review")
        ingested("status", "--metrics", out / "status.prom")
        ingested("reextract")
        ingested("export", "lanternpost", "--warc", out / "evidence.warc.gz")
        ingested("ingest", out / "evidence.warc.gz", "--vendor", "lanternpost")
    assert len(events) > 1000
    assert [(event, arguments) for event, arguments in events if MARK in repr(arguments)] == []
    assert list((tmp_path / "here").iterdir()) == []
    names = {path.name for path in out.iterdir()}
    assert names == {"status.prom", "evidence.warc.gz"} | {
        f"{name}.{form}" for name in ("report", "d") for form in REPORT_FORMATS
    }


def test_no_command_prints_control_characters(ingested: Clausewatch, tmp_path: Path) -> None:
    shown = [ingested(command, "lanternpost") for command in ("captures", "versions", "show")]
    for form in TEXT_FORMATS:
        shown.append(ingested("report", "lanternpost", "2021", "2022", "--format", form))
        shown.append(ingested("diff", tmp_path / "2021.html", tmp_path / "2022.html", "--format", form))
    for result in shown:
        assert not UNSAFE.search(result.stdout + result.stderr)
    assert MARK in "".join(result.stdout for result in shown)


def test_a_word_document_has_no_links_or_fields_of_the_page(ingested: Clausewatch, tmp_path: Path) -> None:
    ingested("report", "lanternpost", "2021", "2022", "--format", "docx", "--output", tmp_path / "r.docx")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "r.docx").read_bytes())) as archive:
        for name in archive.namelist():
            assert MARK not in name
            if not name.endswith((".xml", ".rels")):
                continue
            root = parse_xml(archive.read(name))
            for node in root.iter():
                assert MARK not in "".join(node.attrib.values())
                assert node.get("TargetMode") is None
                if str(node.tag).rpartition("}")[2] in ("instrText", "fldSimple"):
                    assert list(node.attrib.values()) == ["PAGE"]
        assert MARK.encode() in archive.read("word/document.xml")


def test_an_html_report_has_no_scripts_or_links_of_the_page(ingested: Clausewatch) -> None:
    html = LexborHTMLParser(ingested("report", "lanternpost", "2021", "2022", "--format", "html").stdout)
    assert html.css("iframe, object, embed, img, base, link, meta[http-equiv=refresh]") == []
    for node in html.css("script, style"):  # the report's script and style
        assert MARK not in node.text()
    for node in html.css("*"):
        assert MARK not in "".join(value or "" for value in node.attributes.values())


def test_an_e_mail_has_no_headers_or_file_name_of_the_page(ingested: Clausewatch, tmp_path: Path) -> None:
    with Store.open(load_settings().database_url) as store:
        store.subscriptions.subscribe("reader@example.org", (), datetime(2021, 6, 1, tzinfo=UTC))
    mail = tmp_path / "mail"
    with watched() as events:
        ingested("digest", "--to", mail)
    assert [(event, arguments) for event, arguments in events if MARK in repr(arguments)] == []
    (path,) = mail.iterdir()
    assert re.fullmatch(r"[0-9TZ]+-reader-at-example-org-1\.eml", path.name)
    data = path.read_bytes()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert set(message.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Feedback-ID"),
        *("List-Id", "List-Unsubscribe", "MIME-Version", "Content-Type"),
    }
    assert not UNSAFE.search(str(message["Subject"]))
    text = message.get_body(("plain",))
    assert text is not None
    assert MARK in text.get_content()
    assert not UNSAFE.search(text.get_content())
