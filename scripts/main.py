"""The `clausewatch` command line: lists the sub-commands, and turns errors into messages and exit statuses."""

import importlib
import sys
from typing import Any

import click

from core.exceptions import ClausewatchError, DeclarationError, UsageError
from scripts.environment_help import environment_help

# The names of the sub-commands. A command's module is imported only when the command is used. For example, `clausewatch
# captures` does not load Scrapy.
_COMMANDS = (
    "vendors",
    "ingest",
    "export",
    "captures",
    "versions",
    "show",
    "report",
    "blame",
    "trace",
    "search",
    "diff",
    "changes",
    "status",
    "verify",
    "backup",
    "restore",
    "review",
    "reextract",
    "subscribe",
    "unsubscribe",
    "subscriptions",
    "digest",
    "bounce",
    "run",
    "serve",
)


class _UsageException(click.ClickException):
    """An error in the user's request or in a declaration. The exit status is 2, as for click's usage errors."""

    exit_code = 2


class _Commands(click.Group):
    """The group of all sub-commands. The group turns exceptions into a message on standard error and an exit status.

    The exit status is 2 if the request or a declaration is wrong, and 1 for every other error.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"scripts.commands.{cmd_name}").command
        _add_environment_help(command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (UsageError, DeclarationError) as error:
            raise _UsageException(str(error)) from None
        except ClausewatchError as error:
            raise click.ClickException(str(error)) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            prefix = f"{error.filename} can't be read or written: " if error.filename else ""
            advice = "; give this user the right to do so" if isinstance(error, PermissionError) else ""
            raise click.ClickException(f"{prefix}{error.strerror or error}{advice}") from None


def _add_environment_help(command: click.Command) -> None:
    command.epilog = environment_help()
    for child in getattr(command, "commands", {}).values():
        _add_environment_help(child)


@click.command(cls=_Commands, epilog=environment_help())
@click.version_option(package_name="clausewatch")
def cli() -> None:
    """Track how vendors' privacy policies change, clause by clause.

    Captures of policies come from `scrapy crawl live`, `scrapy crawl archive` and `clausewatch ingest`. A DATE is a
    year, a month, a day or a time (2018, 2018-05, 2018-05-25, 2018-05-25T09:30), in UTC. Commands that select a version
    by a date also accept its number, 3 or '#3', and its id, @ID. A number of four digits without # is a year. The
    number can rise when older captures arrive, and the id can't; `clausewatch versions` lists both.

    Results go to standard output, and messages go to standard error. The exit status is 0 if the command succeeded,
    whether or not a policy has changed. It is 1 if the command failed, and 2 if the arguments, a setting or a vendor's
    declaration are wrong. `clausewatch run` and `scrapy crawl` exit with 3 if a page or a declaration failed, and
    everything else is done.
    """


def main() -> None:
    """Runs the command line. The console script `clausewatch` calls this function."""
    # Python sets a standard stream to None if the calling shell has closed the stream with `>&-`.
    if sys.stdout is None or sys.stderr is None:
        sys.exit(1)
    for stream in (sys.stdout, sys.stderr):
        # JSON must be UTF-8 (RFC 8259, section 8.1), so the locale's encoding is not used. A page's text may
        # contain lone surrogates, which UTF-8 can't encode. Lone surrogates are printed as escapes such as \udc80.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # they are TextIOWrapper here
    cli(prog_name="clausewatch")


if __name__ == "__main__":
    main()
