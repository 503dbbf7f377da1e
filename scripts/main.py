"""The `clausewatch` command: its sub-commands, and how their errors reach the user."""

import importlib
import sys
from typing import Any

import click

from core.exceptions import ClausewatchError, UsageError
from scripts.environment import environment_help

# Loaded when asked for, so that `clausewatch --help` need not wait for Scrapy and the database's driver.
_COMMANDS = (
    "vendors",
    "ingest",
    "export",
    "captures",
    "versions",
    "show",
    "report",
    "diff",
    "status",
    "verify",
    "backup",
    "restore",
    "review",
    "reextract",
    "subscribe",
    "unsubscribe",
    "digest",
    "run",
)


class _Senseless(click.ClickException):
    """What was asked for makes no sense; the status is that of click's own usage errors."""

    exit_code = 2


class _Commands(click.Group):
    """Sub-commands by the name of their module; errors become one message and a non-zero exit."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"scripts.{cmd_name}").command
        _tell_environment(command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClausewatchError as error:
            raise (_Senseless if isinstance(error, UsageError) else click.ClickException)(str(error)) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from None


def _tell_environment(command: click.Command) -> None:
    command.epilog = environment_help()
    for child in getattr(command, "commands", {}).values():
        _tell_environment(child)


@click.command(cls=_Commands, epilog=environment_help())
@click.version_option(package_name="clausewatch")
def cli() -> None:
    """Track how vendors' privacy policies change, clause by clause.

    Data goes to standard output, everything else to standard error; the exit status is 0 when the command did its
    job, changes or none. Captures come from `scrapy crawl live`, `scrapy crawl archive` and `clausewatch ingest`.
    A date is a year, a month or a day (2018, 2018-05, 2018-05-25), in UTC; a version can be named by @id instead.
    """


def main() -> None:
    """Runs the command line; the console script `clausewatch`."""
    if sys.stdout is None or sys.stderr is None:  # closed by who started us, `>&-`
        sys.exit(1)
    for stream in (sys.stdout, sys.stderr):
        # JSON is UTF-8 (RFC 8259, 8.1), whatever the locale; a lone surrogate of a page's text comes out as \udc80.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # they are TextIOWrapper here
    cli(prog_name="clausewatch")


if __name__ == "__main__":
    main()
