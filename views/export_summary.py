"""The numbers of written and of omitted captures, for `clausewatch export`."""

from dataclasses import dataclass

from core.plurals import plural


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """The result of an export.

    captures: the number of captures to export.
    written: the number of captures in the file. All other captures were omitted, because their payloads are damaged.
    """

    captures: int
    written: int

    @property
    def text(self) -> str:
        """The number of captures in the file, as a line."""
        return f"{plural(self.written, 'capture')} written"

    @property
    def omission(self) -> str | None:
        """The number of omitted captures, and what to do about them, as a line; None if no capture was omitted."""
        if self.written == self.captures:
            return None
        omitted = plural(self.captures - self.written, "capture")
        return f"{omitted} omitted because of damaged payloads; run `clausewatch verify`"
