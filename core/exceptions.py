"""The errors that clausewatch reports to the user. Each message says what went wrong and what to do about it.

Commands catch only ClausewatchError and its subclasses. A command prints the error's message on stderr. The exit status
is 2 for UsageError and DeclarationError, and 1 for every other ClausewatchError.

An exception whose name ends in `Interrupt` reports no failure. Such exceptions only stop work; `crawler.failures`
defines them.
"""

from core.limits import FaultKind

#: What a user can do about damage that only a backup repairs; the end of a sentence. `restore` fills only an empty
#: database.
RESTORE_ADVICE = (
    "set CLAUSEWATCH_DATABASE_URL to a new database, and run `clausewatch restore FILE` with your last backup"
)


class ClausewatchError(Exception):
    """A failure that the user sees as a message, without a traceback."""


class UsageError(ClausewatchError):
    """The user's request is invalid: an unknown vendor, a malformed date, a file that doesn't exist."""


class DateOrderError(UsageError):
    """The user named two dates, and gave the later one first."""


class DeclarationError(ClausewatchError):
    """A vendor's declaration is broken. The message names the file, line and field of every fault."""


class ExtractionError(ClausewatchError):
    """A payload can't be read as a document. The payload is encrypted, damaged, or of a type that contains no text."""


class StoppedReadingError(ExtractionError):
    """The process that read a payload ended before it was done. On another machine, or later, reading may succeed.

    kind: the kind of the fault.
    """

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class NoWorkerError(ClausewatchError):
    """No worker process can be started on this machine."""


class StoppedWorkError(ClausewatchError):
    """A piece of work was stopped: it exceeded a limit on time or memory, or it failed in its process."""


class StorageError(ClausewatchError):
    """The database or the payload store can't be used: it is full, locked, missing or damaged."""


class DamageError(StorageError):
    """Stored bytes no longer match the SHA-256 under which they are stored. The rest of the database can be used."""


class RefusedError(StorageError):
    """The database refuses to store one item. Other items can be stored."""


class FetchError(ClausewatchError):
    """A page could not be fetched. The message states the reason, for instance that no HTTP response arrived."""


class ArchiveError(ClausewatchError):
    """A request to a web archive failed. It remains unknown whether the archive has the requested captures.

    retry_after: the value of the HTTP response's Retry-After header; '' if the response had no Retry-After header.
    affects_all: True if every request to the archive fails at present; False if possibly only this request fails.
    """

    def __init__(self, message: str, *, retry_after: str = "", affects_all: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.affects_all = affects_all


class ArchiveBlockedError(ArchiveError):
    """The archive blocks this machine: the archive refuses connections, or demands a long pause between requests."""


class ArchiveRateLimitError(ArchiveError):
    """The archive's HTTP response says that this machine sends too many requests."""


class ArchiveNotAnsweringError(ArchiveError):
    """The archive sent no complete HTTP response, or sent a server error."""


class ArchiveRefusalError(ArchiveError):
    """The archive permanently denies one request, for instance because a site requested exclusion from the archive."""


class ArchiveProtocolError(ArchiveError):
    """The archive's HTTP response violates the protocol, for instance a web page instead of index rows."""


class ArchiveBudgetError(ClausewatchError):
    """The budget file of an archive can't be read or written.

    Through the budget file, all crawls on this machine share the request limits of the archive.
    """


class DeliveryError(ClausewatchError):
    """A digest could not be delivered. The digest stays in the outbox. The next delivery sends it again.

    summary: a phrase that says how many digests were delivered: `1 of 2 digests sent`.
    """

    def __init__(self, message: str, summary: str) -> None:
        super().__init__(message)
        self.summary = summary
