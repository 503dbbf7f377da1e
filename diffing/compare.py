"""Two documents in, what differs between them out."""

from difflib import SequenceMatcher

from rapidfuzz.distance import LCSseq

from core.changes import Change, Comparison
from core.clauses import Clause, Document
from diffing.redline import redline
from diffing.sameness import contact_targets, same_text


def compare(old: Document, new: Document) -> Comparison:
    """What differs between two documents, clause by clause; every clause of either side is in it exactly once."""
    a = [(same_text(c.text), contact_targets(c)) for c in old.clauses]
    b = [(same_text(c.text), contact_targets(c)) for c in new.clauses]
    changes: list[Change] = []
    unchanged: list[tuple[int, int]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            unchanged.extend(zip(range(i1, i2), range(j1, j2), strict=True))
            continue
        i, j = i1, j1
        while i < i2 and j < j2 and _similar(old.clauses[i], new.clauses[j]):
            changes.append(_modified(old.clauses[i], new.clauses[j]))
            i, j = i + 1, j + 1
        changes.extend(Change("removed", "substantive", 1.0, (c,), ()) for c in old.clauses[i:i2])
        changes.extend(Change("added", "substantive", 1.0, (), (c,)) for c in new.clauses[j:j2])
    return Comparison(tuple(changes), tuple(unchanged))


def _similar(old: Clause, new: Clause) -> bool:
    return LCSseq.normalized_similarity(old.text.split(), new.text.split()) >= 0.5


def _modified(old: Clause, new: Clause) -> Change:
    confidence = LCSseq.normalized_similarity(old.text.split(), new.text.split())
    return Change("modified", "substantive", confidence, (old,), (new,), redline(old.text, new.text))
