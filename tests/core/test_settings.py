"""The operator's settings: what a wrong one says, and that they mean the same in every folder."""

import os
from pathlib import Path

import pytest

from core.exceptions import UsageError
from core.settings import CHECKOUT, Settings, load_settings


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "CLAUSEWATCH_CONFIRM_AFTER",
            "soon",
            "='soon': must be a whole number of seconds, at least 5 and at most 1800",
        ),
        ("CLAUSEWATCH_CONFIRM_AFTER", "2", "='2': must be a whole number of seconds, at least 5 and at most 1800"),
        ("CLAUSEWATCH_HOLD_DAYS", "nan", "='nan': must be a number of days, at least 0 and at most 365"),
        ("CLAUSEWATCH_TIME_LIMIT", "0", "='0': must be a number of seconds, more than 0 and at most 3600"),
        ("CLAUSEWATCH_MEMORY_LIMIT", "2GB", "='2GB': must be a whole number of MiB, at least 128"),
        ("CLAUSEWATCH_BROWSER_MEMORY_LIMIT", "12", "='12': must be a whole number of MiB, at least 1024"),
        ("CLAUSEWATCH_ALLOW_PRIVATE", "maybe", "='maybe': must be 1 or 0"),
        ("CLAUSEWATCH_CONTACT", "a\nb", "='a\\nb': must be on one line and contain no control characters"),
        ("CLAUSEWATCH_MAIL_FROM", "nobody", ": 'nobody' is not an e-mail address; give one like name@example.com"),
        ("WAYBACK_URL", "archive.example", "='archive.example': must start with http:// or https://"),
        ("WAYBACK_URL", "https://a b", "='https://a b': must start with http:// or https://, and contain no spaces"),
        ("WAYBACK_URL", "https://", ": 'https://' is not a web address: the name of the host is missing"),
        ("WAYBACK_URL", "https://a:x", ": 'https://a:x' is not a web address"),
    ],
)
def test_a_wrong_setting_says_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError) as error:
        load_settings()
    assert str(error.value).startswith(f"{variable}{message}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["localhost:25", "http://x", "smtp://", "smtp://x:99999", "smtp://[x", "smtp://x/y", "smtp://u:secret@x:y"]
)
def test_a_wrong_mail_server_is_refused_and_its_password_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CLAUSEWATCH_SMTP_URL", url)
    with pytest.raises(UsageError, match=r"^CLAUSEWATCH_SMTP_URL must be like smtp://host:25 or smtps://") as error:
        load_settings()
    assert "secret" not in str(error.value)


def test_each_wrong_setting_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUSEWATCH_TIME_LIMIT", "long")
    monkeypatch.setenv("CLAUSEWATCH_MEMORY_LIMIT", "much")
    with pytest.raises(UsageError, match=r"^CLAUSEWATCH_TIME_LIMIT.*\nCLAUSEWATCH_MEMORY_LIMIT.*$"):
        load_settings()


def test_a_misspelt_variable_is_named_with_the_setting_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUSEWATCH_SMTP", "smtp://mail.example")
    monkeypatch.delenv("CLAUSEWATCH_SMTP_URL", raising=False)
    with pytest.raises(
        UsageError, match=r"^there is no setting CLAUSEWATCH_SMTP; did you mean CLAUSEWATCH_SMTP_URL\?$"
    ):
        load_settings()


@pytest.mark.parametrize("variable", ["CLAUSEWATCH_HOME", "CLAUSEWATCH_TEST_POSTGRESQL_URL"])
def test_variables_of_the_operators_own_are_no_settings(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "x")
    load_settings()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///data/own.db", f"sqlite:///{CHECKOUT}/data/own.db"),
        ("sqlite:////var/lib/own.db", "sqlite:////var/lib/own.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql://op@db/history", "postgresql://op@db/history"),
    ],
)
def test_a_relative_database_is_in_the_checkout_whatever_the_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(database_url=url).database_url == expected


def test_relative_folders_do_not_depend_on_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLAUSEWATCH_VENDORS", "vendors")
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    settings = load_settings()
    assert settings.vendors == CHECKOUT / "vendors"
    assert settings.state_home == Path("~/.local/state")


def test_an_odd_name_of_the_user_does_not_keep_commands_from_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLAUSEWATCH_MAIL_FROM", raising=False)
    monkeypatch.setattr("core.settings.getpass.getuser", lambda: "DOMAIN\\no address")
    assert load_settings().mail_from.startswith("DOMAIN")


def test_an_account_without_a_name_does_not_keep_commands_from_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs with a number as its user."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 54321")

    monkeypatch.delenv("CLAUSEWATCH_CONTACT", raising=False)
    monkeypatch.setattr("core.settings.getpass.getuser", nameless)
    assert load_settings().contact.startswith(f"{os.getuid()}@")
