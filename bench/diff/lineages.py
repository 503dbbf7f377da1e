"""Measures how well clauses are followed through chains of versions with known edits, and how fast steps are built.

    python -m bench.diff.lineages [--chains 20] [--seeds 5] [--versions 10]
    python -m bench.diff.lineages --rate [--versions 200]

The first form makes policies of its own words, edits each of them from version to version, and knows from the edits
which clause of a version descends from which. It prints the share of the links that `diffing.lineage` finds, by kind.
A link is right if it joins exactly the same clauses of both versions. A return is right if it joins the clause to the
place where it was last. The second form prints how many steps are built in a second by one process, how much of that
time is comparing, and how many bytes a kept step takes.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, pairwise

from core.clauses import Clause, ClauseKind, Document
from core.lineage import Step
from diffing import compare
from diffing.lineage import first_step, line_of, step_of
from formats import step_json
from storage.payloads.compression import compress

# A link: its kind, the positions in the old version, and the positions in the new version. For a return, the old side
# is the index of the version that had the clause last, and its position there.
_Link = tuple[str, tuple[int, ...], tuple[int, ...]]


def _phrases(text: str) -> list[str]:
    return text.split(",")


_WHO = _phrases("we,our team,the service,our partners,the operator,our processors,each affiliate,the support desk")
_MAY = _phrases("may,will,must,can,shall,do not,never,usually")
_DO = _phrases("collect,store,share,delete,review,transfer,combine,disclose,encrypt,analyse,record,export,mask,archive")
_WHAT = _phrases(
    "your name,your e-mail address,billing records,log files,device identifiers,location data,support messages,"
    "payment details,usage statistics,uploaded photos,contact lists,cookie identifiers,survey answers,purchase history,"
    "browser settings,voice recordings,calendar entries,public posts,tax numbers,delivery addresses"
)
_WHY = _phrases(
    "to run the service,to prevent fraud,to answer your questions,to comply with the law,to improve our products,"
    "to measure advertising,to settle disputes,to send you invoices,to keep accounts safe,to plan capacity,"
    "to personalise the pages you see,to test new features,to train our staff,to protect other members"
)
_WHEN = _phrases(
    "when you open an account,after you close your account,while you browse,if a court orders it,once a year,"
    "before any payment,during maintenance,with your consent,unless you object,for {} days,for up to {} months,"
    "within {} hours of your request,if you are under {} years old"
)
_WHERE = _phrases(
    "in Ireland,in the country where you live,on servers of our host,outside the European Union,in sealed backups,"
    "on your own device,in a separate database,on paper"
)
_TOPICS = _phrases(
    "Collection,Cookies,Retention,Children,Security,Payments,Sharing,Transfers,Your rights,Advertising,Support,Changes,"
    "Location,Research,Backups,Complaints"
)


@dataclass(frozen=True)
class _Part:
    """A clause of the generator. name: says which clause it is, in all versions. sentences: its text."""

    name: int
    kind: ClauseKind
    sentences: tuple[str, ...]


@dataclass
class _Chain:
    """A policy with its edits. versions: the parts of each version. links: the true links to each later version."""

    versions: list[list[_Part]]
    links: list[list[_Link]] = field(default_factory=list)


@dataclass
class _Draft:
    """A version that is being written.

    parts: its clauses. free: the names of the clauses that no edit has touched yet.
    edits: for each edit its kind, the names of the old clauses, and the names of the new clauses.
    """

    parts: list[_Part]
    free: set[int]
    edits: list[tuple[str, list[int], list[int]]] = field(default_factory=list)

    def names(self, least_sentences: int = 1) -> list[int]:
        """Returns the names of the free clauses with at least so many sentences, in order."""
        return [part.name for part in self.parts if part.name in self.free and len(part.sentences) >= least_sentences]

    def take(self, name: int) -> int:
        """Returns the index of a clause, which is not free any more."""
        self.free.discard(name)
        return next(at for at, part in enumerate(self.parts) if part.name == name)


class _Author:
    """Writes a policy and edits it."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - reproducible texts, no secrets
        self._names = count()
        # The clauses that are removed at present: the index of the version that had each last, and its position there.
        self._removed: dict[int, tuple[_Part, int, int]] = {}

    def chain(self, versions: int) -> _Chain:
        """Returns a policy in so many versions."""
        chain = _Chain([self._policy()])
        for index in range(1, versions):
            self._continue(chain, index)
        return chain

    def _sentence(self) -> str:
        chance = self._chance
        words = [chance.choice(_WHO), chance.choice(_MAY), chance.choice(_DO), chance.choice(_WHAT)]
        words += ["and", chance.choice(_WHAT)] if chance.random() < 0.5 else []
        words += [chance.choice(_WHERE)] if chance.random() < 0.5 else []
        words += [chance.choice(_WHY), chance.choice(_WHEN).format(chance.randint(2, 90))]
        return f"{' '.join(words).capitalize()}."

    def _part(self) -> _Part:
        kind: ClauseKind = self._chance.choice(("paragraph", "paragraph", "paragraph", "list_item"))
        sentences = self._chance.randint(1, 2 if kind == "list_item" else 4)
        return _Part(next(self._names), kind, tuple(self._sentence() for _ in range(sentences)))

    def _policy(self) -> list[_Part]:
        parts = []
        for topic in self._chance.sample(_TOPICS, self._chance.randint(6, 12)):
            parts.append(_Part(next(self._names), "heading", (topic,)))
            parts += [self._part() for _ in range(self._chance.randint(2, 7))]
        return parts

    def _continue(self, chain: _Chain, index: int) -> None:
        """Appends a version to a chain, with its links."""
        old = chain.versions[-1]
        draft = _Draft(list(old), {part.name for part in old if part.kind != "heading"})
        returns = dict(self._removed)
        edits: list[Callable[[_Draft], None]]
        edits = [self._modify, self._modify, self._modify, self._count_otherwise, self._move, self._add]
        edits += [self._remove, self._remove, self._split, self._merge, self._return]
        for edit in self._chance.choices(edits, k=self._chance.randint(1, 10)):
            edit(draft)
        before = {part.name: at for at, part in enumerate(old)}
        after = {part.name: at for at, part in enumerate(draft.parts)}
        links: list[_Link] = []
        for kind, olds, news in draft.edits:
            there = tuple(sorted(after[name] for name in news))
            if kind == "returned":
                _, gone_index, gone_at = returns[news[0]]
                links.append((kind, (gone_index, gone_at), there))
            else:
                links.append((kind, tuple(sorted(before[name] for name in olds)), there))
            if kind == "removed":
                at = before[olds[0]]
                self._removed[olds[0]] = old[at], index - 1, at
        edited = {name for _, olds, news in draft.edits for name in (*olds, *news)}
        links += [("unchanged", (at,), (after[name],)) for name, at in before.items() if name not in edited]
        chain.versions.append(draft.parts)
        chain.links.append(links)

    def _modify(self, draft: _Draft) -> None:
        if not (names := draft.names()):
            return
        at = draft.take(self._chance.choice(names))
        part = draft.parts[at]
        sentences = list(part.sentences)
        place = self._chance.randrange(len(sentences))
        if len(sentences) > 1 and self._chance.random() < 0.4:
            sentences[place] = self._sentence()
        else:
            words = sentences[place].split()
            for word in self._chance.sample(range(len(words)), max(1, len(words) // 6)):
                words[word] = self._chance.choice(_WHAT).split()[-1]
            sentences[place] = " ".join(words)
        if tuple(sentences) != part.sentences:
            draft.parts[at] = replace(part, sentences=tuple(sentences))
            draft.edits.append(("modified", [part.name], [part.name]))

    def _count_otherwise(self, draft: _Draft) -> None:
        texts = {part.name: " ".join(part.sentences) for part in draft.parts}
        if not (names := [name for name in draft.names() if any(map(str.isdigit, texts[name]))]):
            return
        at = draft.take(self._chance.choice(names))
        part = draft.parts[at]
        sentences = [
            " ".join(str(int(word) + 7) if word.isdigit() else word for word in sentence.split())
            for sentence in part.sentences
        ]
        draft.parts[at] = replace(part, sentences=tuple(sentences))
        draft.edits.append(("number", [part.name], [part.name]))

    def _move(self, draft: _Draft) -> None:
        if not (names := draft.names()):
            return
        at = draft.take(self._chance.choice(names))
        part = draft.parts.pop(at)
        far = [place for place in range(1, len(draft.parts) + 1) if abs(place - at) > 3]
        draft.parts.insert(self._chance.choice(far), part)
        draft.edits.append(("moved", [part.name], [part.name]))

    def _add(self, draft: _Draft) -> None:
        part = self._part()
        draft.parts.insert(self._chance.randint(1, len(draft.parts)), part)
        draft.edits.append(("added", [], [part.name]))

    def _remove(self, draft: _Draft) -> None:
        if names := draft.names():
            part = draft.parts.pop(draft.take(self._chance.choice(names)))
            draft.edits.append(("removed", [part.name], []))

    def _return(self, draft: _Draft) -> None:
        if not self._removed:
            return
        name = self._chance.choice(sorted(self._removed))
        part, _, _ = self._removed.pop(name)
        draft.parts.insert(self._chance.randint(1, len(draft.parts)), part)
        draft.edits.append(("returned", [], [name]))

    def _split(self, draft: _Draft) -> None:
        if not (names := draft.names(least_sentences=2)):
            return
        at = draft.take(self._chance.choice(names))
        part = draft.parts[at]
        cut = self._chance.randint(1, len(part.sentences) - 1)
        halves = part.sentences[:cut], part.sentences[cut:]
        pieces = [_Part(next(self._names), part.kind, half) for half in halves]
        draft.parts[at : at + 1] = pieces
        draft.edits.append(("split", [part.name], [piece.name for piece in pieces]))

    def _merge(self, draft: _Draft) -> None:
        pairs = [
            (part, below)
            for part, below in pairwise(draft.parts)
            if {part.name, below.name} <= draft.free and part.kind == below.kind
        ]
        if not pairs:
            return
        part, below = self._chance.choice(pairs)
        draft.take(below.name)
        at = draft.take(part.name)
        whole = _Part(next(self._names), part.kind, part.sentences + below.sentences)
        draft.parts[at : at + 2] = [whole]
        draft.edits.append(("merged", [part.name, below.name], [whole.name]))


def _document(parts: list[_Part]) -> Document:
    clauses: list[Clause] = []
    path: tuple[str, ...] = ("Privacy policy",)
    for position, part in enumerate(parts):
        above = ("Privacy policy",) if part.kind == "heading" else path
        clauses.append(Clause(position, part.kind, None, above, " ".join(part.sentences)))
        if part.kind == "heading":
            path = ("Privacy policy", part.sentences[0])
    return Document("Privacy policy", "en", None, tuple(clauses))


def _found(steps: list[Step], index: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yields the links that lead to a version: the positions in the version before, and in the version."""
    step = steps[index]
    for old, new, length in step.kept:
        yield from (((old + at,), (new + at,)) for at in range(length))
    for link in step.links:
        gone = [
            (event.old_index, *event.old)
            for new in link.new
            if link.kind == "added"
            for event in line_of(steps[: index + 1], index, new).events
            if event.kind == "returned" and event.index == index and event.old_index is not None
        ]
        yield (gone[0] if gone else link.old), link.new


def measure(seed: int, versions: int) -> tuple[Counter[str], Counter[str]]:
    """Returns for one chain how many links of each kind there are, and how many of them were found."""
    chain = _Author(seed).chain(versions)
    documents = [_document(parts) for parts in chain.versions]
    steps = [first_step(documents[0]), *(step_of(compare(old, new)) for old, new in pairwise(documents))]
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for index, links in enumerate(chain.links, start=1):
        found = set(_found(steps, index))
        for kind, olds, news in links:
            total[kind] += 1
            right[kind] += (olds, news) in found
    return total, right


def _print_quality(chains: int, seeds: int, versions: int) -> None:
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for seed in range(seeds):
        of_seed: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        for chain in range(chains):
            for sums, numbers in zip(of_seed, measure(1_000 * seed + chain, versions), strict=True):
                sums.update(numbers)
        print(f"seed {seed}: {of_seed[1].total() / of_seed[0].total():.4f} of {of_seed[0].total()} links right")
        total += of_seed[0]
        right += of_seed[1]
    for kind, number in total.most_common():
        print(f"{kind:<10} {number:>7} {right[kind] / number:.4f}")
    changed = total.total() - total["unchanged"]
    print(f"{'changed':<10} {changed:>7} {(right.total() - right['unchanged']) / changed:.4f}")
    print(f"{'all':<10} {total.total():>7} {right.total() / total.total():.4f}")


def _print_rate(versions: int) -> None:
    documents = [_document(parts) for parts in _Author(0).chain(versions).versions]
    begin = time.perf_counter()
    comparisons = [compare(old, new) for old, new in pairwise(documents)]
    compared = time.perf_counter()
    kept = [compress(step_json.encode(step_of(comparison))) for comparison in comparisons]
    seconds = time.perf_counter() - begin
    clauses = sum(len(document.clauses) for document in documents) / len(documents)
    print(
        f"{len(kept)} steps between versions of {clauses:.0f} clauses on average: {len(kept) / seconds:.0f} a second, "
        f"of which {(compared - begin) / seconds:.0%} of the time is comparing; {sum(map(len, kept)) / len(kept):.0f} "
        f"bytes a step; 100,000 versions take {100_000 * seconds / len(kept) / 60:.0f} minutes of one processor"
    )


def main() -> None:
    """Parses the arguments and prints the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=20, help="the number of policies for each seed")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--versions", type=int, default=10, help="the number of versions of each policy")
    parser.add_argument("--rate", action="store_true", help="measure how fast steps are built")
    arguments = parser.parse_args()
    if arguments.rate:
        _print_rate(arguments.versions)
    else:
        _print_quality(arguments.chains, arguments.seeds, arguments.versions)


if __name__ == "__main__":
    main()
