"""The clauses before and after a clause in its version."""

from dataclasses import dataclass

from core.clauses import Clause, Document
from core.exceptions import UsageError
from core.history import Observation, SettledHistory
from core.plurals import plural
from diffing.lineage import chain
from storage import Store


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What surrounds a clause in its version.

    text: the capture whose text stands for the version. document: this text.
    before, after: the clauses before and after the clause; None at the beginning and at the end.
    """

    text: Observation
    document: Document
    before: Clause | None
    after: Clause | None


def surroundings(store: Store, settled: SettledHistory, version_id: str, position: int) -> Surroundings:
    """Returns what surrounds a clause.

    settled: the policy's settled history. version_id: a version that counts for the lines of clauses
    (`diffing.lineage.chain`). position: the clause's position in it.

    UsageError if there is no such version or clause. StorageError if the database can't be read.
    """
    entry = next((entry for entry in chain(settled) if entry.version_id == version_id), None)
    if entry is None:
        raise UsageError(f"no version @{version_id} counts here")
    document = store.library.document(entry.text.capture_id, entry.text.reader)
    clauses = document.clauses
    if not 0 <= position < len(clauses):
        raise UsageError(f"version @{version_id} has {plural(len(clauses), 'clause')}, so it lacks the one asked for")
    return Surroundings(
        entry.text,
        document,
        clauses[position - 1] if position else None,
        clauses[position + 1] if position + 1 < len(clauses) else None,
    )
