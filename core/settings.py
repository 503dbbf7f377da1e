"""The operator's settings: environment variables that both `clausewatch` and `scrapy crawl` read."""

import getpass
import os
import socket
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.exceptions import UsageError
from core.history import ONE_LOOK
from core.limits import Limits

CHECKOUT = Path(__file__).resolve().parent.parent


def _default_contact() -> str:
    """Returns `user@host`: the local mail address of the user who runs the crawls."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


class Settings(BaseSettings):
    """The operator's settings. Most fields are read from an environment variable with the prefix CLAUSEWATCH_.

    Two environment variables have no prefix: WAYBACK_URL is the address of the web archive, and XDG_STATE_HOME is
    shared by many programs.
    """

    model_config = SettingsConfigDict(env_prefix="CLAUSEWATCH_", frozen=True, env_ignore_empty=True)

    database_url: str = Field(
        default=f"sqlite:///{CHECKOUT / 'data' / 'clausewatch.db'}",
        description="SQLAlchemy URL of the database: sqlite:/// or postgresql+psycopg://",
    )
    payloads_url: str = Field(
        default="",
        description="Where to store pages' bytes: file:///folder or s3://bucket/prefix; by default in the database",
    )
    vendors: Path = Field(default=CHECKOUT / "vendors", description="Folder of vendor declarations")
    wayback_url: str = Field(
        default="https://web.archive.org",
        validation_alias="WAYBACK_URL",
        description="Scheme, host and port of the web archive",
    )
    state_home: Path = Field(
        default=Path("~/.local/state"),
        validation_alias="XDG_STATE_HOME",
        description="Folder for clausewatch/, in which this machine's crawls share an archive's request limits",
    )
    allow_private: bool = Field(
        default=False,
        description="1 allows live crawls to reach loopback and private addresses; by default these are refused",
    )
    contact: str = Field(
        default_factory=_default_contact,
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
        description="MiB of memory that Chromium's processes may take together; at least 1024",
    )
    smtp_url: str = Field(
        default="smtp://localhost:25",
        description="Mail server for digests: smtp:// (with STARTTLS if offered) or smtps://; user:password@ if needed",
    )
    mail_from: str = Field(default_factory=_default_contact, description="Sender address of digests")

    @property
    def limits(self) -> Limits:
        """The limits on one reading or comparison."""
        return Limits(self.time_limit, self.memory_limit)

    @field_validator("wayback_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")


def load_settings() -> Settings:
    """Returns the settings from the environment variables of this process.

    UsageError if a variable is invalid. The message names each invalid variable and the reason.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            name = str(fault["loc"][0])
            variable = name if name in ("WAYBACK_URL", "XDG_STATE_HOME") else f"CLAUSEWATCH_{name.upper()}"
            faults.append(f"{variable}={os.environ.get(variable, '')!r}: {fault['msg']}")
        raise UsageError("; ".join(faults)) from None
