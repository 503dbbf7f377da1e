"""Writes the sentences at the beginning of a report. All report formats and the digests use these sentences."""

from collections import Counter
from collections.abc import Sequence

from core.changes import SIGNIFICANCES
from core.dates import iso
from core.history import Alternation
from core.plurals import plural
from reports.capitals import terms_with_other_capitals
from reports.change_notes import as_sentence, is_doubtful
from reports.change_sections import substantive_runs
from reports.excerpts import shortened
from reports.places import NO_HEADING
from reports.rendered_changes import RenderedChange, rendered_changes
from reports.report import FileSide, PeriodBetween, Report, Side, VersionSide, periods_by_version
from reports.vendor_text import printable
from views.change_lines import counted_kind

# A report with at least this many substantive changes names the headings with the most changes.
_MANY_CHANGES = 6
# A report names at most _HEADINGS_NAMED headings. A heading is shortened to at most _HEADING_LENGTH characters.
_HEADINGS_NAMED = 8
# A report names at most this many terms whose capitals differ.
_TERMS_NAMED = 5
# A report lists the numbers of at most this many doubtful pairings.
_DOUBTFUL_LISTED = 12
# The summary names at most this many changed numbers.
_NUMBERS_IN_SUMMARY = 5
_HEADING_LENGTH = 60
# A report calls a text nearly new if less than a tenth (_REWRITTEN) of the old text's clauses is unchanged. The report
# says so, because the whole text is then easier to read than the list of changes. A text is never called nearly new
# if the old text has fewer than _MANY_CLAUSES clauses.
_MANY_CLAUSES = 20
_REWRITTEN = 0.1


def title(report: Report) -> str:
    """Returns a title that names the policy and both sides: `HESK privacy: version 1 → version 2`."""
    old, new = report.old, report.new
    if isinstance(old, FileSide) or isinstance(new, FileSide):
        return f"{side_name(old)} → {side_name(new)}"
    return f"{printable(old.vendor_name)} {old.policy}: version {old.number} → version {new.number}"


def side_name(side: Side) -> str:
    """Returns the name of one side: `version 2`, or the name of the file."""
    return printable(side.path.name) if isinstance(side, FileSide) else f"version {side.number}"


def summary(report: Report) -> str:
    """Returns up to four sentences that count the changes and the unchanged clauses, substantive changes first."""
    comparison = report.comparison
    if not comparison.changes:
        if report.same_version:
            return "No difference: both sides are the same version."
        return "No difference between the two texts."
    changes = rendered_changes(comparison)
    kinds = {
        significance: [change.kind for change in changes if change.change.significance == significance]
        for significance in SIGNIFICANCES
    }
    others = [plural(len(kinds[name]), f"{name} change") for name in SIGNIFICANCES[1:] if kinds[name]]
    sentences = []
    if substantive := kinds["substantive"]:
        sentences.append(f"{plural(len(substantive), 'substantive change')}: {', '.join(_counted(substantive))}.")
        if numbers := headline_of_numbers(changes, _NUMBERS_IN_SUMMARY):
            sentences.append(f"{numbers}.")
        if others:
            sentences.append(f"In addition, {_enumerated(others)}.")
    else:
        sentences.append(f"No change is classed as substantive: {_enumerated(others)}.")
    sentences.append(f"{plural(len(comparison.unchanged), 'clause')} unchanged.")
    return " ".join(sentences)


def headline_of_numbers(changes: Sequence[RenderedChange], most: int) -> str:
    """Returns the changed numbers that count, in a few words: `Retention 30 → 90 days; Children 13 → 16`.

    '' if no number changed. most: how many numbers are named; the others are counted.
    """
    headlines = list(dict.fromkeys(change.headline for change in changes if change.headline))
    more = [plural(len(headlines) - most, "more number")] if len(headlines) > most else []
    return "; ".join([*headlines[:most], *more])


def headings_sentence(changes: Sequence[RenderedChange]) -> str:
    """Returns a sentence that names the headings with the most substantive changes, in reading order.

    '' if there are few substantive changes, or if all substantive changes are under one heading.
    """
    counts: Counter[str] = Counter()
    for run in substantive_runs(changes):
        counts[run.heading] += run.changes
    if sum(counts.values()) < _MANY_CHANGES or len(counts) < 2:
        return ""
    most = {heading for heading, _ in counts.most_common(_HEADINGS_NAMED)}
    named = [
        f"{_quoted(heading)}{f' ({number})' if number > 1 else ''}"
        for heading, number in counts.items()
        if heading in most
    ]
    unnamed = len(counts) - len(named)
    more = [plural(unnamed, "more heading")] if unnamed else []
    return f"Substantive changes are under {_enumerated([*named, *more])}."


def circumstances(report: Report) -> tuple[str, ...]:
    """Returns sentences about the time of the change, the versions between both sides, and the comparison's limits."""
    sentences = []
    if report.interval:
        sentences.append(
            f"The change was observed between {iso(report.interval.last_old.captured_at)}, when the old text was last "
            f"captured, and {iso(report.interval.first_new.captured_at)}, when the new text was first captured."
        )
    if report.same_version:
        remark = "" if report.between else " No capture in between shows another text, so no change was seen."
        if report.comparison.changes:
            remark = " The differences listed here, such as other link targets, make no new version."
        sentences.append(f"Both sides show {side_name(report.old)}.{remark}")
    if report.backwards and not report.same_version:
        sentences.append("Compared backwards: the page showed the text of the old side after the text of the new side.")
    sentences += [
        f"The text of {side_name(side)} is held: it shares nothing with the text before, so the page may show another "
        "document in place of the policy."
        for side in (report.old, report.new)
        if isinstance(side, VersionSide) and side.held
    ]
    sentences += _sentences_on_periods_between(report)
    unchanged, clauses = len(report.comparison.unchanged), len(report.old.document.clauses)
    if clauses >= _MANY_CLAUSES and unchanged < _REWRITTEN * clauses:
        how_many = f"only {unchanged}" if unchanged else "none"
        sentences.append(
            f"This is nearly a new text: {how_many} of the old text's {clauses} clauses "
            f"{'are' if unchanged > 1 else 'is'} unchanged."
        )
    if capitals := _capitals_sentence(report):
        sentences.append(capitals)
    if doubtful := _doubtful_sentence(report):
        sentences.append(doubtful)
    sentences += [as_sentence(printable(remark)) for remark in report.comparison.coarse]
    return tuple(sentences)


def _capitals_sentence(report: Report) -> str:
    """Returns a sentence that names the terms whose capitals differ; '' if there are none."""
    terms = sorted(terms_with_other_capitals(report.comparison.changes).items(), key=lambda item: -item[1])
    named = [
        f"“{shortened(printable(old), _HEADING_LENGTH)}” is now “{shortened(printable(new), _HEADING_LENGTH)}” "
        f"(in {plural(clauses, 'clause')})"
        for (old, new), clauses in terms[:_TERMS_NAMED]
    ]
    unnamed = len(terms) - len(named)
    more = [f"{plural(unnamed, 'more term')} changed in the same way"] if unnamed else []
    return f"Capitals differ: {_enumerated([*named, *more])}." if named else ""


def _doubtful_sentence(report: Report) -> str:
    """Returns a sentence that warns of the pairings that may be wrong; '' if there are none."""
    numbers = [number for number, change in enumerate(report.comparison.changes, start=1) if is_doubtful(change)]
    if not numbers:
        return ""
    listed = [str(number) for number in numbers[:_DOUBTFUL_LISTED]]
    more = [f"{len(numbers) - len(listed)} more"] if len(numbers) > len(listed) else []
    return (
        f"In {plural(len(numbers), 'change')}, the program is not certain that the old and the new text belong "
        f"together: {'no.' if len(numbers) == 1 else 'nos.'} {_enumerated([*listed, *more])}."
    )


def _sentences_on_periods_between(report: Report) -> list[str]:
    alternating = [
        alternation
        for alternation in report.alternations
        if sum(_belongs_to(period, alternation) for period in report.between) > 1
    ]
    sentences = [f"The page {describe_alternation(alternation)}." for alternation in alternating]
    others = [
        period for period in report.between if not any(_belongs_to(period, alternation) for alternation in alternating)
    ]
    if others:
        shown = []
        for number, periods in periods_by_version(others).items():
            times = f", {len(periods)} times" if len(periods) > 1 else ""
            first, last = periods[0].first.captured_at, periods[-1].last.captured_at
            dates = f"on {iso(first)}" if first == last else f"from {iso(first)} to {iso(last)}"
            shown.append(f"version {number} ({dates}{times})")
        conclusion = "the text changed and came back" if report.same_version else "the change came in steps"
        sentences.append(f"In between, other captures show {_enumerated(shown)}, so {conclusion}.")
    return sentences


def _belongs_to(between: PeriodBetween, alternation: Alternation) -> bool:
    begin, end = alternation.periods[0].first.captured_at, alternation.periods[-1].last.captured_at
    return between.number in {version.number for version in alternation.versions} and (
        begin <= between.period.first.captured_at <= end
    )


def describe_alternation(alternation: Alternation) -> str:
    """Returns the predicate of a sentence about a page that alternates.

    For example: `has alternated between versions 3 and 4 since 2024-05-01T06:00:00Z (17 times)`.
    """
    names = version_names(alternation)
    times = plural(alternation.times, "time")
    if alternation.ongoing:
        return f"has alternated between {names} since {iso(alternation.since)} ({times})"
    return f"alternated between {names} from {iso(alternation.since)} to {iso(alternation.until)} ({times})"


def version_names(alternation: Alternation) -> str:
    """Returns the names of an alternation's versions: `versions 3 and 4`."""
    return f"versions {_enumerated([str(version.number) for version in alternation.versions])}"


def _quoted(heading: str) -> str:
    return NO_HEADING if heading == f"({NO_HEADING})" else f"“{shortened(heading, _HEADING_LENGTH)}”"


def _counted(kinds: list[str]) -> list[str]:
    return [counted_kind(count, kind) for kind, count in Counter(kinds).most_common()]


def _enumerated(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
