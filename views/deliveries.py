"""The addresses to which digests could not be sent, in words, for the operator."""

from collections.abc import Collection, Iterator

from core.dates import iso
from core.escaping import escape_line
from core.plurals import plural
from core.recipients import shown_address
from storage import DeliveryTrouble


def delivery_sentences(troubles: Collection[DeliveryTrouble]) -> Iterator[str]:
    """Yields a line for each address to which the last attempt to send a digest failed, refused addresses first."""
    for trouble in sorted(troubles, key=lambda each: not each.is_refused):
        address, reason = escape_line(shown_address(trouble.address)), escape_line(trouble.reason)
        attempts = plural(trouble.times, "failed attempt")
        if trouble.retry_at is None:
            yield (
                f"refused: {address} gets no more digests since {iso(trouble.latest)}, after {attempts}: {reason}. "
                "Subscribing the address again sends what it has missed; "
                f"`clausewatch unsubscribe {address}` ends its subscription."
            )
        else:
            yield (
                f"put off: {address} did not get a digest, {attempts} since {iso(trouble.since)}: {reason}. "
                f"The first run after {iso(trouble.retry_at)} tries again."
            )
