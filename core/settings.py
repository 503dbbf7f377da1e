"""The operator's settings: environment variables that both `clausewatch` and `scrapy crawl` read."""

import getpass
import os
import socket
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.addresses import urlkey
from core.email_addresses import checked_address
from core.exceptions import UsageError
from core.history import ONE_LOOK
from core.limits import Limits

# A guess at a random token of this length never succeeds.
_SHORTEST_TOKEN = 16
CHECKOUT = Path(__file__).resolve().parent.parent
_PREFIX = "CLAUSEWATCH_"
# These settings may contain a password, so messages don't quote their values.
_SECRET = (
    "CLAUSEWATCH_DATABASE_URL",
    "CLAUSEWATCH_OPERATOR_TOKEN",
    "CLAUSEWATCH_PAYLOADS_URL",
    "CLAUSEWATCH_SECRET",
    "CLAUSEWATCH_SMTP_URL",
)


def _default_contact() -> str:
    """Returns `user@host`: the local mail address of the user who runs the crawls."""
    return f"{account_name()}@{socket.gethostname()}"


def account_name() -> str:
    """Returns the name of the account that runs this process. If the account has no name, returns the account's number.

    Accounts without a name are common in containers.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


class Settings(BaseSettings):
    """The operator's settings. Most fields are read from an environment variable with the prefix CLAUSEWATCH_.

    Two environment variables have no prefix: WAYBACK_URL is the address of the web archive, and XDG_STATE_HOME is
    shared by many programs. Relative paths are paths in the checkout, so that a command does the same in any folder.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, env_ignore_empty=True)

    database_url: str = Field(
        default=f"sqlite:///{CHECKOUT / 'data' / 'clausewatch.db'}",
        description="Where the database is: sqlite:////path/to/file or postgresql://user@host/database",
    )
    payloads_url: str = Field(
        default="",
        description="Where to store pages' bytes: file:///folder or s3://bucket/prefix; by default in the database",
    )
    vendors: Path = Field(default=CHECKOUT / "vendors", description="Folder of vendor declarations")
    wayback_url: str = Field(
        default="https://web.archive.org",
        validation_alias="WAYBACK_URL",
        description="Address of the web archive",
    )
    state_home: Path = Field(
        default=Path("~/.local/state"),
        validation_alias="XDG_STATE_HOME",
        description="Folder in whose folder clausewatch/ this machine's crawls count their requests to archives",
    )
    allow_private: bool = Field(
        default=False,
        description="1 allows live crawls, webhooks and chats to reach private addresses; by default these are refused",
    )
    # The defaults of `contact` and `mail_from` are not checked: they are what the machine says, and only digests need a
    # valid sender.
    contact: str = Field(
        default_factory=_default_contact,
        validate_default=False,
        description="E-mail or web address of the operator, sent to each site in the crawler's user agent",
    )
    confirm_after: int = Field(
        default=300,
        ge=ONE_LOOK.seconds,
        le=1800,
        description="Seconds after which a live crawl fetches a changed page again, to confirm the change; 5 to 1800",
    )
    hold_days: float = Field(
        default=3,
        ge=0,
        le=365,
        description="Days for which an entirely different text is held before digests report it; 0 to 365",
    )
    time_limit: float = Field(
        default=Limits().seconds,
        gt=0,
        le=3600,
        description="Seconds that reading or comparing a capture may take; then the work is stopped; up to 3600",
    )
    memory_limit: int = Field(
        default=Limits().memory,
        ge=128,
        description="MiB of memory that reading or comparing a capture may take; at least 128",
    )
    browser_memory_limit: int = Field(
        default=3072,
        ge=1024,
        description="MiB of memory that Chromium and its driver may take together; at least 1024",
    )
    smtp_url: str = Field(
        default="smtp://localhost:25",
        description="Mail server for digests: smtp:// (with STARTTLS if offered) or smtps://; user:password@ if needed",
    )
    public_url: str = Field(
        default="",
        validate_default=False,
        description="Address under which others reach the reading room, behind a proxy: https://watch.example.org",
    )
    operator_token: str = Field(
        default="",
        validate_default=False,
        description="Password of the reading room's operators, 16 characters or more; by default nobody can write",
    )
    secret: str = Field(
        default="",
        validate_default=False,
        description="Secret that signs links and webhooks, 16 characters or more; by default the database keeps one",
    )
    mail_from: str = Field(
        default_factory=_default_contact, validate_default=False, description="Sender address of digests"
    )

    smtp_connections: int = Field(
        default=4,
        ge=1,
        le=50,
        description="Number of connections to the mail server over which digests are sent at once; 1 to 50",
    )
    operators: str = Field(
        default="",
        description="E-mail addresses, separated by commas, that are told of failing policies and refused addresses",
    )

    @property
    def operator_addresses(self) -> tuple[str, ...]:
        """The addresses in `operators`, each once."""
        return tuple(dict.fromkeys(address.strip() for address in self.operators.split(",") if address.strip()))

    @property
    def limits(self) -> Limits:
        """The limits on one reading or comparison."""
        return Limits(self.time_limit, self.memory_limit)

    @field_validator("database_url")
    @classmethod
    def _find_database(cls, value: str) -> str:
        dialect, _, path = value.partition(":///")
        # `:memory:` and `file:` are no paths; storage.database says what it thinks of them.
        is_path = dialect.partition("+")[0] == "sqlite" and not path.startswith(("?", ":", "file:")) and path
        return f"{dialect}:///{CHECKOUT / path}" if is_path else value

    @field_validator("vendors")
    @classmethod
    def _find_vendors(cls, value: Path) -> Path:
        return CHECKOUT / value.expanduser()

    @field_validator("state_home")
    @classmethod
    def _find_state_home(cls, value: Path) -> Path:
        # "All paths set in these environment variables must be absolute. If an implementation encounters a relative
        # path [...] it should consider the path invalid and ignore it." (XDG Base Directory Specification 0.8)
        default: Path = cls.model_fields["state_home"].default
        return value if value.expanduser().is_absolute() else default

    @field_validator("wayback_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")) or any(char.isspace() for char in value):
            raise ValueError("must start with http:// or https://, and contain no spaces")
        urlkey(value)  # raises ValueError if the address has no host or a wrong port
        return value.rstrip("/")

    @field_validator("contact")
    @classmethod
    def _check_contact(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be on one line and contain no control characters")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _check_mail_server(cls, value: str) -> str:
        try:
            url = urlsplit(value)
            _ = url.port  # urlsplit checks the port only when this attribute is read
        except ValueError:
            url = urlsplit("")
        if url.scheme not in ("smtp", "smtps") or not url.hostname or url.path.strip("/") or url.query:
            raise ValueError(
                "must be like smtp://host:25 or smtps://user:password@host:465, with special characters in the "
                "password percent-encoded"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        try:
            url = urlsplit(value)
            _ = url.port  # urlsplit checks the port only when this attribute is read
        except ValueError:
            url = urlsplit("")
        if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc or url.query or url.fragment:
            raise ValueError("must be like https://watch.example.org or https://example.org/watch")
        return value.rstrip("/")

    @field_validator("operator_token", "secret")
    @classmethod
    def _check_token(cls, value: str) -> str:
        if len(value) < _SHORTEST_TOKEN:
            raise ValueError(f"must have at least {_SHORTEST_TOKEN} characters; `openssl rand -hex 16` makes one")
        return value

    @field_validator("mail_from")
    @classmethod
    def _check_sender(cls, value: str) -> str:
        try:
            return checked_address(value)
        except UsageError as error:
            raise ValueError(str(error)) from None

    @field_validator("operators")
    @classmethod
    def _check_operators(cls, value: str) -> str:
        try:
            for address in filter(str.strip, value.split(",")):
                checked_address(address)
        except UsageError as error:
            raise ValueError(str(error)) from None
        return value


def load_settings() -> Settings:
    """Returns the settings from the environment variables of this process.

    UsageError if a variable is invalid, or if its name is nearly the name of a setting. The message has a line for each
    fault, with the variable and what to write instead.
    """
    faults = list(_misspelt_variables())
    try:
        settings = Settings()
    except ValidationError as error:
        faults += map(_fault_text, error.errors())
    if faults:
        raise UsageError("\n".join(faults))
    return settings


def _misspelt_variables() -> Iterator[str]:
    """Yields a fault for each environment variable whose name is nearly the name of a setting that is not set."""
    names = {_variable(name) for name in Settings.model_fields}
    suffixes = [name.removeprefix(_PREFIX) for name in names - os.environ.keys()]
    for name in sorted(os.environ.keys() - names):
        if name.startswith(_PREFIX) and (matches := get_close_matches(name.removeprefix(_PREFIX), suffixes, n=1)):
            yield f"there is no setting {name}; did you mean {_PREFIX}{matches[0]}?"


def _variable(name: str) -> str:
    """Returns the environment variable of a setting."""
    return str(Settings.model_fields[name].validation_alias or f"{_PREFIX}{name.upper()}")


def _fault_text(fault: Any) -> str:
    """Returns a line about a setting that Pydantic has rejected, in the words of the person who sets the variable."""
    # Pydantic names a setting by its validation alias, if it has one.
    name = next(name for name in Settings.model_fields if fault["loc"][0] in (name, _variable(name)))
    message = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else _expected(name)
    value = os.environ.get(_variable(name), "")
    if _variable(name) in _SECRET:
        return f"{_variable(name)} {message}"
    return f"{_variable(name)}: {message}" if repr(value) in message else f"{_variable(name)}={value!r}: {message}"


def _expected(name: str) -> str:
    """Returns what a setting must be: `must be a whole number of seconds, at least 5 and at most 1800`."""
    field = Settings.model_fields[name]
    if field.annotation is bool:
        return "must be 1 or 0"
    description = (field.description or "").lower()
    unit = next((f" of {unit}" for unit in ("seconds", "days", "MiB") if description.startswith(unit.lower())), "")
    bounds = [
        (phrase, value)
        for limit in field.metadata
        for attribute, phrase in (("gt", "more than"), ("ge", "at least"), ("le", "at most"))
        if (value := getattr(limit, attribute, None)) is not None
    ]
    number = f"a {'whole ' if field.annotation is int else ''}number{unit}"
    return f"must be {number}, {' and '.join(f'{phrase} {value}' for phrase, value in bounds)}"
