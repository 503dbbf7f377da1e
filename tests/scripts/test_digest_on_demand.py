"""`clausewatch digest --since`: a digest of any span of time, written to a folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.settings import load_settings
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import ingested
from tests.reports.digest_examples import parsed_email, plain


def test_a_digest_on_demand_tells_a_span_and_records_nothing(clausewatch: Clausewatch, tmp_path: Path) -> None:
    ingested(clausewatch)
    with Store.open(load_settings().database_url) as store:
        store.subscriptions.subscribe("reader@client.example", (), datetime(2015, 1, 1, tzinfo=UTC))
        before = store.subscriptions.subscribers(), store.outbox.counts()
    result = clausewatch("digest", "--since", "2015", "--vendor", "lanternpost", "--to", tmp_path / "mail")
    (path,) = (tmp_path / "mail").iterdir()
    assert str(path) in result.stdout
    message = parsed_email(path.read_bytes())
    assert message["Subject"].startswith("Lanternpost: ")
    text = plain(message)
    assert "The first capture of the policy is of" in text
    assert "This digest was made on demand." in text
    assert message["List-Unsubscribe"] is None
    with Store.open(load_settings().database_url) as store:
        assert (store.subscriptions.subscribers(), store.outbox.counts()) == before


def test_a_span_without_a_change_writes_nothing(clausewatch: Clausewatch, tmp_path: Path) -> None:
    ingested(clausewatch)
    clausewatch("digest", "--since", "2001", "--until", "2002", "--to", tmp_path / "mail")
    assert not (tmp_path / "mail").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--since", "2016"), "name a folder for it with --to"),
        (("--until", "2016", "--to", "mail"), "give --since"),
        (("--since", "2016", "--until", "2015", "--to", "mail"), "give the earlier date first"),
        (("--since", "2999", "--to", "mail"), "is in the future"),
    ],
)
def test_wrong_arguments_of_a_digest_on_demand_are_explained(
    clausewatch: Clausewatch, arguments: tuple[str, ...], message: str
) -> None:
    assert message in clausewatch("digest", *arguments, exit_code=2).stderr
