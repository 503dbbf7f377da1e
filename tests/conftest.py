"""Fixtures that several test folders share: the command line on an empty database, and databases for storage tests."""

import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.limits import call_here
from demo.captures import NEW_ADDRESS, OLD_ADDRESS
from scripts.main import cli
from tests.databases import database_url as database_url
from tests.databases import empty_sqlite as empty_sqlite
from tests.databases import postgresql_database as postgresql_database
from tests.databases import postgresql_url as postgresql_url
from tests.databases import shared_compiled_statements as shared_compiled_statements
from tests.databases import store as store
from tests.databases import without_fsync as without_fsync
from tests.keeping import InThisProcess
from tests.shared_material import pytest_collection_modifyitems as pytest_collection_modifyitems

Clausewatch = Callable[..., Result]

_DECLARATION = f"""\
name: Lanternpost
homepage: https://www.lanternpost.example/
policies:
  privacy:
    locations:
      - url: {OLD_ADDRESS}
        until: 2023-01-01
      - url: {NEW_ADDRESS}
        since: 2022-06-01
"""


@pytest.fixture
def clausewatch(tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Clausewatch:
    """Returns a function that runs the command `clausewatch` in this process and checks the exit status.

    The database is empty at first. The only declared vendor is the demo's vendor, lanternpost.
    """
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "lanternpost.yaml").write_text(_DECLARATION, encoding="utf-8")
    shutil.copy(empty_sqlite, tmp_path / "clausewatch.db")
    monkeypatch.setenv("CLAUSEWATCH_VENDORS", str(tmp_path / "vendors"))
    monkeypatch.setattr("intake.service.reading_workers", lambda limits: InThisProcess())
    for module in ("digest_delivery", "commands.changes", "commands.digest", "commands.report"):
        monkeypatch.setattr(f"scripts.{module}.limited_calls", lambda limits: nullcontext(call_here))
    for module in ("intake.derived", "scripts.commands.blame", "scripts.commands.trace"):
        monkeypatch.setattr(f"{module}.comparing_calls", lambda limits: nullcontext(call_here))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'clausewatch.db'}")

    def run(*arguments: str | Path, exit_code: int = 0) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        return result

    return run
