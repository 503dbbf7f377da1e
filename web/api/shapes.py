"""The shapes of the API's answers, for its OpenAPI description.

They are those of the commands, which `to_dict` of `views` and `reports` makes. docs/contract.md describes the fields;
`web.api.descriptions` takes the words from there. Tests compare the shapes with the answers.
"""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from core.captures import Reason, Source
from core.changes import ChangeKind, RedlineOperation, Significance
from core.clauses import ClauseKind
from core.lineage import EventKind
from storage.clause_facts import Fate

_Verdict = Literal["accepted", "quarantined"]


class Error(TypedDict):
    error: str


class VendorItem(TypedDict):
    vendor: str
    name: str
    homepage: str
    policies: list[str]


class PolicyItem(TypedDict):
    vendor: str
    policy: str
    last_seen: str | None
    last_accepted: str | None
    last_changed: str | None
    captures: int
    quarantined: dict[Reason, int]
    held_since: str | None
    declared: bool


class Evidence(TypedDict):
    captured_at: str
    url: str
    source: Source
    sha256: str


class Clause(TypedDict):
    position: int
    kind: ClauseKind
    label: str | None
    heading_path: list[str]
    text: str
    links: list[str]


Period = TypedDict(
    "Period",
    {
        "from": str,
        "to": str,
        "captures": int,
        "url": str,
        "lasted": NotRequired[bool | None],
        "held": NotRequired[bool],
    },
)
PeriodBetween = TypedDict("PeriodBetween", {"version": int, "id": str, "from": str, "to": str})
HeldSpan = TypedDict("HeldSpan", {"from": str, "gone": str | None})
Covered = TypedDict("Covered", {"from": str, "to": str})


class Alternation(TypedDict):
    versions: list[int]
    ids: list[str]
    since: str
    until: str | None
    times: int


class VersionName(TypedDict):
    version: int
    id: str


class Counts(TypedDict):
    added: int
    removed: int
    modified: int
    moved: int
    moved_modified: int
    renumbered: int
    split: int
    merged: int
    cosmetic: int
    factual: int
    unchanged: int


class VersionChanges(TypedDict):
    old: VersionName
    counts: Counts


class VersionItem(TypedDict):
    version: int
    id: str
    capture: Evidence
    extractor: str
    clauses: int
    effective_date: str | None
    stated_date: str | None
    language: str | None
    periods: list[Period]
    alternations: NotRequired[list[Alternation]]
    changes: VersionChanges | None


class VersionText(TypedDict):
    vendor: str
    policy: str
    version: int
    id: str
    capture: Evidence
    extractor: str
    title: str | None
    language: str | None
    effective_date: str | None
    stated_date: str | None
    period: Period
    clauses: list[Clause]


class Side(TypedDict):
    vendor: str
    policy: str
    version: int
    id: str
    title: str | None
    language: str | None
    effective_date: str | None
    stated_date: str | None
    extractor: str
    captures: int
    first: Evidence
    last: Evidence
    compared: NotRequired[Evidence]
    held: NotRequired[bool]


class Interval(TypedDict):
    after: Evidence | None
    before: Evidence


class Change(TypedDict):
    kind: ChangeKind
    significance: Significance
    confidence: float
    old: list[Clause]
    new: list[Clause]
    redline: list[tuple[RedlineOperation, str]]
    numbers: NotRequired[list[tuple[str, str]]]
    under: NotRequired[tuple[str, str]]
    governed: NotRequired[list[Clause]]
    crossed: NotRequired[list[str]]


class Capitals(TypedDict):
    old: str
    new: str
    clauses: int


class Report(TypedDict):
    old: Side
    new: Side
    interval: Interval | None
    between: list[PeriodBetween]
    counts: Counts
    changes: list[Change]
    coarse: NotRequired[list[str]]
    capitals: NotRequired[list[Capitals]]


class RecentChange(TypedDict):
    vendor: str
    policy: str
    after: str
    before: str
    old: VersionName
    new: VersionName
    headline: str
    summary: str
    counts: Counts
    command: str


class FailedChange(TypedDict):
    vendor: str
    policy: str
    after: str
    before: str
    old: VersionName
    new: VersionName
    error: str


class CaptureItem(TypedDict):
    id: int
    captured_at: str
    url: str
    source: Source
    sha256: str
    media_type: str
    verdict: _Verdict
    reason: Reason | None
    rule: str
    version: int | None


class CaptureDetails(TypedDict):
    id: int
    vendor: str
    policy: str
    captured_at: str
    url: str
    source: Source
    sha256: str
    verdict: _Verdict
    reason: Reason | None
    rule: str
    held: NotRequired[bool]
    clauses: list[Clause]


class ChangeName(TypedDict):
    old: VersionName
    new: VersionName
    number: int


class MissingFrom(VersionName):
    first: Evidence
    last: Evidence


class BlamedClause(Clause):
    since: VersionName
    interval: Interval
    change: ChangeName | None
    change_kind: ChangeKind | None
    significance: Significance | None
    unknown: NotRequired[bool]
    missing_from: NotRequired[list[MissingFrom]]


class Blame(TypedDict):
    vendor: str
    policy: str
    version: int
    id: str
    pending: NotRequired[bool]
    first: Evidence
    title: str | None
    language: str | None
    effective_date: str | None
    stated_date: str | None
    clauses: list[BlamedClause]
    missing: list[str]


class Ending(TypedDict):
    fate: Fate
    last_captured: str
    version_id: str | None
    position: int | None


class FirstMention(TypedDict):
    after: str | None
    before: str


class PolicyMentions(TypedDict):
    vendor: str
    policy: str
    language: str | None
    clauses: int
    first: FirstMention
    last_captured: str
    last_language: str | None
    held: list[HeldSpan]


class Mentioned(TypedDict):
    total: int | None
    covered: Covered | None
    are_all: bool
    policies: list[PolicyMentions]


class SearchHit(TypedDict):
    vendor: str
    policy: str
    kind: ClauseKind
    label: str | None
    heading_path: list[str]
    text: str
    excerpt: list[tuple[str, bool]]
    held: list[HeldSpan]
    version_id: str
    position: int
    text_key: str
    end: Ending | None


class Event(TypedDict):
    event: EventKind
    old: VersionName | None
    new: VersionName
    interval: Interval
    number: int | None
    change: Change


class Trace(TypedDict):
    vendor: str
    policy: str
    version: int
    id: str
    clause: Clause
    events: list[Event]
    newest: VersionName
    now: list[Clause]
    last_captured: str
    missing: list[str]
    missing_from: list[MissingFrom]


class Vendors(TypedDict):
    items: list[VendorItem]
    next: str | None


class Policies(TypedDict):
    items: list[PolicyItem]
    next: str | None


class Versions(TypedDict):
    items: list[VersionItem]
    next: str | None


class Captures(TypedDict):
    items: list[CaptureItem]
    next: str | None


class RecentChanges(TypedDict):
    items: list[RecentChange | FailedChange]
    next: str | None


class Search(TypedDict):
    items: list[SearchHit]
    next: str | None
    mentioned: Mentioned | None
