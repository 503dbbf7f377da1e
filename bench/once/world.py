"""A small world: two vendors' pages, a clock that may be wrong, subscribers, and a mail server that may refuse.

`play` carries out the steps of a history, and checks after every digest what was told.
"""

import re
import smtplib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from bench.once.oracle import ERROR, GONE, OTHER, Change, Look, changes, confirmed, gone_since, texts, there_again_since
from core.archives import Provenance
from core.captures import Capture, Reason, Verdict, sha256_hex
from core.clauses import Clause, Document
from core.declarations import Location, Policy, Vendor
from core.exceptions import DeliveryError
from core.policies import PolicyKey
from diffing.sameness import version_id
from formats.document_json import encode
from intake.reading_task import CaptureText, ReadingTask
from intake.service import Intake, given_up
from intake.worker_pool import WorkerPool
from reports import compose, deliver_by_smtp, outbox
from storage import Review, Store
from storage.tables.models import OutboxRow

#: A step of a history: the name of a method of `World`, and its arguments.
Step = tuple[Any, ...]

BEGIN = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
SENDER = "clausewatch@operator.example"
SLUGS = ("marmot", "otter")
_STEP = 6 * 60  # minutes between two steps: more than the hour within which a second capture can refute a text
# A wrong clock is wrong by days and so many minutes. So its captures neither have the time of other captures nor are
# within an hour of them: there, they would refute a live text (the hour in docs/versions.md).
_OFF = 150
_COMMON = (
    "We keep the letters that you send with us for as long as you have an account and for no day longer than the law "
    "of the country in which you live asks us to, whatever the letters say and whoever else may have written them."
)
_ENTRY = re.compile(
    r"Old text, last seen: (\S+) \(\w+\)\n  https://(\w+)\.example/privacy\n  SHA-256 (\w+)\n"
    r"New text, first seen: (\S+) \(\w+\)\n  \S+\n  SHA-256 (\w+)"
)
_ABSENCE = re.compile(
    r"^(\w+) privacy: (?:no longer there|there again)\n=+\n\nSince (\S+) this policy is (no|there)", re.M
)
_REVERTED = re.compile(
    r"^(\w+) privacy: changed, and has its former text again\n=+\n\n"
    r"From\s+(\S+)\s+this\s+policy\s+had\s+another\s+text;\s+since\s+(\S+)",
    re.M,
)
_REASONS: dict[str, Reason] = {GONE: "not_found", ERROR: "unavailable", OTHER: "truncated"}


def _declaration(slug: str, reader: int = 0) -> Policy:
    """Returns a vendor's declaration. Each number of a reader makes another policy reader of it."""
    remove = (f".reader-{reader}",) if reader else ()
    return Policy(locations=(Location(url=f"https://{slug}.example/privacy", remove=remove),))


VENDORS = {
    slug: Vendor(
        slug=slug, name=slug.title(), homepage=f"https://{slug}.example/", policies={"privacy": _declaration(slug)}
    )
    for slug in SLUGS
}


def _read(task: ReadingTask) -> CaptureText:
    """Reads a page that consists of a letter. Each policy reader gives the texts other ids."""
    letter = task.payload.decode()
    if letter in _REASONS:
        return CaptureText(Verdict("quarantined", _REASONS[letter], "says so", rule="http_status"))
    clauses = (
        Clause(0, "paragraph", None, (), f"{_COMMON} {' '.join(task.remove)}"),
        Clause(1, "paragraph", None, (), f"Our promise to you has the letter {letter} in the list of our promises."),
    )
    document = Document(None, "en", None, clauses)
    return CaptureText(Verdict("accepted"), encode(document), "en", version_id(document))


def _plain_text(message: bytes) -> str:
    body = message_from_bytes(message, policy=default).get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return str(text).replace("\r\n", "\n")


def _waiting_messages(store: Store) -> Sequence[OutboxRow]:
    query = select(OutboxRow).where(OutboxRow.sent_at.is_(None)).order_by(OutboxRow.id)
    with store.database.read_session() as session:
        rows = session.scalars(query).all()
        session.expunge_all()
        return rows


def _check(holds: bool, failure: str) -> None:
    if not holds:
        raise AssertionError(failure)


@dataclass
class _Kept:
    """A stored capture, with the time at which it was really made."""

    id: int
    look: Look
    stated: datetime
    is_rejected: bool = False


@dataclass
class _Reader:
    """What is known of a subscriber.

    since: when each vendor was chosen. high: up to which time digests have examined each vendor's policy. told: the
    changes told so far, in real times. gone: the vendors whose policies are gone, as far as the subscriber was told.
    """

    since: dict[str, int]
    high: dict[str, int] = field(default_factory=dict)
    told: dict[str, list[Change]] = field(default_factory=lambda: {slug: [] for slug in SLUGS})
    gone: set[str] = field(default_factory=set)


class _InThisProcess(WorkerPool[ReadingTask, CaptureText]):
    """Reads captures in this process: a history has dozens, and worker processes take a second to start."""

    def map(self, items: Iterable[tuple[Any, ReadingTask | None]]) -> Iterator[list[tuple[Any, CaptureText | None]]]:
        for item, task in items:
            yield [(item, None if task is None else _read(task))]

    def call(self, task: ReadingTask) -> CaptureText:
        return _read(task)


class _Server:
    """A mail server. Refuses messages, or accepts them and loses the connection, as often as `moods` says."""

    sock = None  # each message gets a connection of its own

    def __init__(self) -> None:
        self.moods: list[str] = []
        self.accepted: dict[str, tuple[str, str]] = {}
        self.arrived = 0

    def sendmail(self, _: str, to: Sequence[str], message: bytes) -> None:
        mood = self.moods.pop() if self.moods else ""
        if mood == "refuse":
            raise smtplib.SMTPDataError(451, b"come back later")
        self.accepted[str(message_from_bytes(message)["Message-ID"])] = (to[0], _plain_text(message))
        self.arrived += 1
        if mood == "hang up":
            raise smtplib.SMTPServerDisconnected("connection lost")

    def close(self) -> None:
        pass

    quit = close


class World:
    """The state of a history. Each public method is a step of it.

    stores: two connections to one empty database, for digests at the same time.
    """

    def __init__(self, stores: tuple[Store, Store]) -> None:
        self._store, self._other = stores
        self._now = 0
        self._ahead = 0  # by how many minutes the clock is ahead of the real time
        self._was_wrong = False
        self._readers: dict[str, _Reader] = {}
        self._kept: dict[str, list[_Kept]] = {slug: [] for slug in SLUGS}
        self._letters = dict.fromkeys(SLUGS, "A")
        self._reader = 0
        self._server = _Server()
        self._digests = 0
        self._seen: set[int] = set()  # the ids of the messages that were looked at
        self._intake = Intake(self._store, _InThisProcess(_read, give_up=given_up, size=ReadingTask.size, prepare=list))

    def close(self) -> None:
        """Ends the intake."""
        self._intake.close()

    def pass_time(self, hours: int) -> None:
        """Lets time pass."""
        self._now += hours * 60

    def edit(self, slug: str, letter: str) -> None:
        """The vendor changes the text."""
        self._letters[slug] = letter

    def crawl(self, slug: str, looks: int) -> None:
        """A live crawl looks at the page once, or again after five minutes."""
        for number in range(looks):
            self._keep(slug, self._letters[slug], self._now + 5 * number, is_live=True)

    def disappear(self, slug: str, shown: str, hours: int) -> None:
        """The address shows no policy for some time. The page is looked at when that begins, and when it ends."""
        self.edit(slug, shown)
        self.crawl(slug, 1)
        self.pass_time(hours)
        self.crawl(slug, 1)

    def backfill(self, slug: str, letter: str, hours_ago: int) -> None:
        """A crawl of an archive adds a capture of the past."""
        self._keep(slug, letter, self._now - hours_ago * 60 + 1, is_live=False)

    def review(self, slug: str, text: str, decision: str) -> None:
        """A person rejects, or accepts, each capture so far that shows a text."""
        chosen = [kept for kept in self._kept[slug] if kept.look.text == text]
        if chosen:
            review = Review("accepted" if decision == "accepted" else "rejected", "ann", "", self._clock(), only=True)
            self._store.library.review([kept.id for kept in chosen], review)
            for kept in chosen:
                kept.is_rejected = decision == "rejected"

    def read_again(self) -> None:
        """Another policy reader reads every capture."""
        self._reader += 1
        for slug in SLUGS:
            self._intake.reextract(PolicyKey(slug, "privacy"), _declaration(slug, self._reader))

    def subscribe(self, name: str, slugs: tuple[str, ...]) -> None:
        """An address is subscribed, or chooses other vendors. The case of the address differs each time."""
        address = f"{name if self._now % 2 else name.upper()}@client.example"
        self._store.subscriptions.subscribe(address, slugs, self._clock())
        before = self._readers.get(name)
        chosen = dict.fromkeys(slugs or SLUGS, self._now)
        if before is None:
            self._readers[name] = _Reader(chosen)
        else:
            before.since = {slug: before.since.get(slug, begin) for slug, begin in chosen.items()}

    def set_clock(self, days: int) -> None:
        """Sets the clock ahead by some days, and `_OFF` minutes; 0 days sets it right."""
        self._ahead = days * 24 * 60 + _OFF if days else 0
        self._was_wrong |= days != 0

    def trouble(self, moods: Sequence[str]) -> None:
        """The mail server refuses the next messages, or hangs up after it has accepted them."""
        self._server.moods = list(moods)

    def digest(self, together: bool = False) -> None:
        """Composes and sends digests. together: whether a second process does the same at the same time."""
        absences = {name: self._expected_absences(reader) for name, reader in self._readers.items()}
        expected = {name: self._expected(reader) for name, reader in self._readers.items()}
        self._digests += 1
        if self._digests % 3:  # digests skip policies by what the index knows, whether it is up to date or not
            self._store.clause_index.refresh(self._store.clause_index.outdated())
        enqueue = self._store.subscriptions.enqueue

        def enqueue_after_the_other(*arguments: Any) -> bool:
            compose(self._other, VENDORS, self._clock(), SENDER)
            return enqueue(*arguments)

        if together:
            with patch.object(self._store.subscriptions, "enqueue", enqueue_after_the_other):
                compose(self._store, VENDORS, self._clock(), SENDER)
        else:
            compose(self._store, VENDORS, self._clock(), SENDER)
        composed, told_absences = self._waiting()
        for name, reader in self._readers.items():
            self._compare_absences(name, reader, told_absences.get(name, []), absences[name])
            new = {slug: [change for at, change in composed.get(name, []) if at == slug] for slug in SLUGS}
            self._compare(name, reader, new, expected[name])
        self._deliver()

    def settle(self) -> None:
        """At the end, the clock is right, every page shows a text that is all new, and the mail server accepts."""
        self.set_clock(0)
        self.trouble(())
        for letter in "YZ":
            self._now += _STEP
            for slug in SLUGS:
                self.edit(slug, letter)
                self.crawl(slug, 2)
            self._now += 60
            self.digest()
            for name, reader in self._readers.items():
                for slug in reader.since:
                    count = sum(change.new == letter for change in reader.told[slug])
                    is_first = self._is_first(slug, letter)
                    _check(slug not in reader.gone, f"{name} was not told that {slug} is there again")
                    _check(count == (not is_first), f"{name} was told {count} times of {letter} at {slug}")
        self._now += 24 * 60  # longer than the longest wait after a refusal
        self._deliver()
        _check(not list(self._store.outbox.mailboxes()), "a message was not delivered")
        messages = list(self._server.accepted.values())
        _check(len(messages) == len(set(messages)), "one message was sent with two ids")

    def step(self, step: Step) -> None:
        """Carries out a step, and lets some time pass."""
        name, *arguments = step
        getattr(self, name)(*arguments)
        self._now += _STEP

    def _clock(self) -> datetime:
        return BEGIN + timedelta(minutes=self._now + self._ahead)

    def _keep(self, slug: str, letter: str, at: int, *, is_live: bool) -> None:
        payload = letter.encode()
        stated = BEGIN + timedelta(minutes=at + (self._ahead if is_live else 0))
        capture = Capture(
            vendor=slug,
            policy="privacy",
            source="live" if is_live else "wayback",
            captured_at=stated,
            url=f"https://{slug}.example/privacy",
            asked_url=f"https://{slug}.example/privacy",
            status=200,
            media_type="text/html",
            sha256=sha256_hex(payload),
            requested_at=stated,
            answered_at=stated,
            provenance=None if is_live else Provenance("wayback", {"timestamp": str(at), "urlkey": slug}),
        )
        if any(kept.stated == stated for kept in self._kept[slug]):
            # Without a live capture, nobody could be told the text that is expected.
            _check(not is_live, "two live captures have one time: the history can't be played")
            return
        read = self._intake.keep((capture, payload, _declaration(slug, self._reader)))
        self._kept[slug].append(_Kept(read.capture_id, Look(at, letter, is_live), stated))

    def _is_first(self, slug: str, letter: str) -> bool:
        """Returns whether a text is the first of its policy: no accepted capture is older."""
        accepted = [kept for kept in self._kept[slug] if not kept.is_rejected and texts([kept.look])]
        return min(accepted, key=lambda kept: kept.stated).look.text == letter

    def _looks(self, slug: str) -> list[Look]:
        return [kept.look for kept in self._kept[slug] if not kept.is_rejected]

    def _expected(self, reader: _Reader) -> dict[str, list[Change]]:
        """Returns the changes that a digest has to tell a subscriber now, if the clock has always been right."""
        expected = {}
        for slug, since in reader.since.items():
            begin = max(since, reader.high.get(slug, since))
            looks = texts(self._looks(slug))
            late = [change for change in changes(looks) if change.before > begin]
            expected[slug] = [
                change for change in late if not any(change.is_same_as(told) for told in reader.told[slug])
            ]
            # What was told by captures that are rejected now is known by its present captures.
            for change in late:
                same = [told for told in reader.told[slug] if change.is_same_as(told)]
                if same and not self._was_wrong:
                    reader.told[slug] = [told for told in reader.told[slug] if told not in same] + [change]
            if periods := confirmed(looks):
                reader.high[slug] = max(begin, periods[-1][-1].at)
        return expected

    def _expected_absences(self, reader: _Reader) -> list[tuple[str, str, int]]:
        """Returns what a digest has to tell a subscriber of policies that are gone or there again, with since when."""
        expected = []
        for slug, since in reader.since.items():
            looks = self._looks(slug)
            if max(kept.look.at for kept in self._kept[slug]) <= max(since, reader.high.get(slug, since)):
                continue  # a decision about captures is told with the next capture
            if slug not in reader.gone and (gone := gone_since(looks)) is not None:
                expected.append((slug, "no", gone))
            elif slug in reader.gone and (again := there_again_since(looks)) is not None:
                expected.append((slug, "there", again))
        return expected

    def _compare_absences(
        self, name: str, reader: _Reader, new: list[tuple[str, str, int]], expected: list[tuple[str, str, int]]
    ) -> None:
        for slug, what, _ in new:
            _check((what == "no") == (slug not in reader.gone), f"{name} was told twice of the absence of {slug}")
            reader.gone ^= {slug}
        if not self._was_wrong:
            _check(new == expected, f"{name} was told of the absences {new} instead of {expected}")

    def _compare(
        self, name: str, reader: _Reader, new: dict[str, list[Change]], expected: dict[str, list[Change]]
    ) -> None:
        for slug in SLUGS:
            for number, change in enumerate(new[slug]):
                for told in [*reader.told[slug], *new[slug][:number]]:
                    _check(not change.is_same_as(told), f"{name} was told twice at {slug}: {told}, then {change}")
            if not self._was_wrong:
                wanted = expected.get(slug, [])
                _check(new[slug] == wanted, f"{name} was told {new[slug]} at {slug} instead of {wanted}")
            reader.told[slug] += new[slug]

    def _waiting(self) -> tuple[dict[str, list[tuple[str, Change]]], dict[str, list[tuple[str, str, int]]]]:
        """Returns the changes and the absences in the messages that were composed since the last call, by subscriber.

        An absence has the vendor, the first word of what the message says, and the time of the capture that it names.
        """
        result: dict[str, list[tuple[str, Change]]] = {}
        absences: dict[str, list[tuple[str, str, int]]] = {}
        for message in _waiting_messages(self._store):
            if message.id in self._seen:
                continue
            self._seen.add(message.id)
            name, text = message.address.lower().partition("@")[0], _plain_text(message.message)
            for vendor, stated, what in _ABSENCE.findall(text):
                moment = datetime.fromisoformat(stated)
                of_moment = (kept.look.at for kept in self._kept[vendor.lower()] if kept.stated == moment)
                absences.setdefault(name, []).append((vendor.lower(), what, next(of_moment)))
            found = result.setdefault(name, [])
            for old_time, slug, old, new_time, new in _ENTRY.findall(text):
                first, second = self._look_of(slug, old_time, old), self._look_of(slug, new_time, new)
                found.append((slug, Change(first.text, second.text, first.at, second.at)))
            for vendor, begin, end in _REVERTED.findall(text):
                found += [(vendor.lower(), change) for change in self._steps(vendor.lower(), begin, end)]
            found.sort(key=lambda told: told[1].before)
        return result, absences

    def _steps(self, slug: str, begin: str, end: str) -> list[Change]:
        """Returns the changes that are told in the sentence that a policy has its former text again.

        begin, end: the times of the captures that the sentence names, with which it had another text, and its own.
        """
        first, last = (
            next(kept.look for kept in self._kept[slug] if kept.stated == datetime.fromisoformat(stated))
            for stated in (begin, end)
        )
        known = changes(texts(self._looks(slug)))
        steps = [change for change in known if first.at <= change.before <= last.at]
        if self._was_wrong or not steps:  # the order of the captures is not that of the times which clausewatch knows
            return [
                Change(last.text, first.text, first.at - 1, first.at),
                Change(first.text, last.text, last.at - 1, last.at),
            ]
        return steps

    def _look_of(self, slug: str, stated: str, sha256: str) -> Look:
        moment = datetime.fromisoformat(stated)
        return next(
            kept.look
            for kept in self._kept[slug]
            if kept.stated == moment and sha256_hex(kept.look.text.encode()) == sha256
        )

    def _deliver(self) -> None:
        with patch.object(outbox, "connector", lambda _: lambda: self._server), suppress(DeliveryError):
            deliver_by_smtp(self._store, "smtp://mail.example", SENDER, self._clock())


def play(stores: tuple[Store, Store], steps: Sequence[Step]) -> None:
    """Carries out a history. AssertionError if a change was missed, told twice, or told although none happened."""
    world = World(stores)
    try:
        for slug in SLUGS:
            world.crawl(slug, 2)
        world.step(("subscribe", "ann", ()))
        for step in steps:
            world.step(step)
        world.settle()
    finally:
        world.close()
