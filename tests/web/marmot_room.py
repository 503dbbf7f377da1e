"""A reading room over a small history of a fictional policy, which a module's tests share."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from core.limits import call_here
from core.policies import PolicyKey
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, URL, capture_of, page
from web import Room

KEY = PolicyKey("marmot", "privacy")
NAME = "Marmot <b>Mail</b>"
#: The sentences of the three versions, and the days of their captures.
HOSTILE = "We keep <script>alert(1)</script> logs for 30 days after you close your account with us."
SENTENCES = (
    (HOSTILE, (0, 10)),
    (HOSTILE.replace("30 days", "90 days"), (300, 310)),
    (HOSTILE.replace("30 days", "90 days").replace("logs", "logs and messages"), (700, 720)),
)
_GONE = b"<!DOCTYPE html><title>Not found</title><h1>404 Not found</h1><p>This page does not exist.</p>"


@contextmanager
def marmot_room(folder: Path) -> Iterator[Room]:
    """Yields a room over three versions of the policy, and a quarantined capture after them.

    `vole` is declared, too, and was never captured.
    """
    database = f"sqlite:///{folder}/marmot.db"
    vendors = folder / "vendors"
    vendors.mkdir()
    for slug, name, url in (("marmot", NAME, URL), ("vole", "Vole", "https://www.vole.example/privacy")):
        homepage = url.removesuffix("privacy")
        declaration = (
            f"name: {name!r}\nhomepage: {homepage}\npolicies:\n  privacy:\n    locations:\n      - url: {url}\n"
        )
        (vendors / f"{slug}.yaml").write_text(declaration, encoding="utf-8")
    with Store.open(database) as store:
        for sentence, days in SENTENCES:
            for day in days:
                payload = page(escape(sentence))
                keep(store, capture_of(payload, day), payload, POLICY)
        keep(store, capture_of(_GONE, 800, status=404), _GONE, POLICY)
        store.lineages.refresh(KEY, call_here)
    with Store.open(database, read_only=True) as store:
        yield Room(store, vendors, call_here)
