"""The errors that clausewatch reports to its user. Each message says what went wrong and what to do about it.

A command catches ClausewatchError alone, prints its message on stderr and exits with status 1, or with 2 for UsageError
and DeclarationError.

Names of exceptions end in `Error`. Exceptions that only end a piece of work, and report no failure, end in `Interrupt`
(crawler.failures).
"""


class ClausewatchError(Exception):
    """Something went wrong that can be explained to the user in one message, without a traceback."""


class UsageError(ClausewatchError):
    """A request makes no sense: an unknown vendor, a malformed date, a file that doesn't exist."""


class DeclarationError(ClausewatchError):
    """A vendor's declaration is broken. The message names file, line and field of every fault in it."""


class ExtractionError(ClausewatchError):
    """Bytes can't be read as a document: they are encrypted, damaged, or of a type that holds no text."""


class StorageError(ClausewatchError):
    """The database or the payload store refused: it is full, locked, missing or damaged."""


class DamageError(StorageError):
    """The bytes stored under a SHA-256 have another one now. The rest of the database can be used."""


class FetchError(ClausewatchError):
    """A page could not be fetched. The message says why: no answer, a refused address, robots.txt."""


class ArchiveError(ClausewatchError):
    """A web archive did not give what was asked for; nothing is known about the captures.

    retry_after: the value of the answer's Retry-After header; '' if it had none.
    affects_all: whether every request to the archive meets with this now; False if it may be this request alone.
    """

    def __init__(self, message: str, *, retry_after: str = "", affects_all: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.affects_all = affects_all


class ArchiveBlockedError(ArchiveError):
    """The archive refuses this machine: it takes no connections from it, or asks to be left alone for a long time."""


class ArchiveRateLimitError(ArchiveError):
    """The archive says that it is sent too many requests."""


class ArchiveNotAnsweringError(ArchiveError):
    """The archive sent no complete answer, or answered that it is out of order."""


class ArchiveRefusalError(ArchiveError):
    """The archive refuses one request for good, as for a site that it withholds at the site's request."""


class ArchiveProtocolError(ArchiveError):
    """The archive sent an answer that its protocol does not allow, such as a web page in place of its index."""


class ArchiveBudgetError(ClausewatchError):
    """The file by which the crawls of this machine keep to an archive's limits together can't be used."""


class DeliveryError(ClausewatchError):
    """A digest could not be handed to the mail server. It stays in the outbox; the next delivery tries it again."""
