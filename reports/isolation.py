"""Keeps what fails for one policy, or for one subscriber, from stopping the work for the others."""

from core.exceptions import ClausewatchError, DamageError, NoWorkerError, StorageError

# The length of the message of an unexpected error, in characters. The message may quote a page.
_FAULT_LENGTH = 300


def fault_of(error: Exception) -> str:
    """Returns why the work for one policy or one subscriber failed. Raises errors of the database or the machine."""
    if isinstance(error, NoWorkerError) or (isinstance(error, StorageError) and not isinstance(error, DamageError)):
        raise error
    return str(error) if isinstance(error, ClausewatchError) else f"{type(error).__name__}: {error}"[:_FAULT_LENGTH]
