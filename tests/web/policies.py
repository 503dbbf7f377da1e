"""A reading room over a fictional policy with four versions, one of them hostile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.declarations import Vendor
from core.limits import call_here
from core.policies import PolicyKey
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, URL, capture_of, page
from web import Room

KEY = PolicyKey("marmot", "privacy")
VENDOR = Vendor(slug="marmot", name="Marmot Mail", homepage="https://www.marmot.example/", policies={"privacy": POLICY})
HOSTILE = 'We keep <script>alert(1)</script> and \u202e"><img src=x onerror=alert(2)> {{ 7*7 }} for 90 days after that.'
_ESCAPED = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
#: The variable sentence of each version, in order of time.
SENTENCES = (
    "We keep your messages for 30 days after you delete them.",
    "We keep your messages for 90 days after you delete them.",
    _ESCAPED,
    "We keep your messages for 90 days after you delete them, and share them with nobody.",
)
#: The days after `tests.stored_captures.BEGIN` (2019-03-04) on which each version is captured first.
DAYS = (0, 10, 20, 30)
_DECLARATION = f"""name: Marmot Mail
homepage: https://www.marmot.example/
policies:
  privacy:
    locations: [{{url: {URL}}}]
  cookies:
    locations: [{{url: https://www.marmot.example/cookies, since: 2020-01-01}}]
"""


@contextmanager
def marmot_room(folder: Path) -> Iterator[Room]:
    """Yields a room over the policy. folder: an empty folder."""
    (folder / "vendors").mkdir()
    (folder / "vendors" / "marmot.yaml").write_text(_DECLARATION, encoding="utf-8")
    url = f"sqlite:///{folder / 'store.db'}"
    with Store.open(url) as store:
        for day, sentence in zip(DAYS, SENTENCES, strict=True):
            for later in (0, 1):
                payload = page(sentence)
                assert keep(store, capture_of(payload, day + later), payload, POLICY).verdict.name == "accepted"
        store.lineages.refresh(KEY, call_here)
    with Store.open(url, read_only=True) as store:
        yield Room(store, folder / "vendors", call_here)
