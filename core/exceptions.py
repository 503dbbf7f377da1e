"""The errors a command shows to its user: each says what went wrong and what to do about it.

A command catches ClausewatchError alone, prints its message on stderr and exits with 1 (2 for UsageError).
"""


class ClausewatchError(Exception):
    """Something went wrong that the user can be told about in one message, without a traceback."""


class UsageError(ClausewatchError):
    """What was asked for makes no sense: an unknown vendor, a date that is none, a file that is not there."""


class DeclarationError(ClausewatchError):
    """A vendor's declaration is broken; the message names file, line and field of every fault in it."""


class ExtractionError(ClausewatchError):
    """These bytes cannot be read as a document: encrypted, damaged, or of a kind that holds no text."""


class StorageError(ClausewatchError):
    """The database or the payload store refused: full, locked, gone, or damaged."""


class DamageError(StorageError):
    """What is stored under a digest no longer has it; the rest of the database can be used."""


class FetchError(ClausewatchError):
    """A page could not be got: no answer, a refused address, robots.txt; the message says which."""


class ArchiveError(ClausewatchError):
    """The web archive did not do what its protocol says; nothing is known about the captures asked for."""


class DeliveryError(ClausewatchError):
    """A digest could not be handed to the mail server; it stays in the outbox and is tried again next time."""
