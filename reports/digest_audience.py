"""Finds the policies that a digest to a subscriber has to look at: few, however many policies were captured anew."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.policies import PolicyKey
from core.recipients import RecipientKind, kind_of
from reports.policy_changes import PolicyNews
from storage import Store, StoredWatermark, Subscription, Watched

# How many cohorts are kept in memory: most of the subscribers whose digests are due were served by the same composings.
_KEPT = 8


class Demand:
    """What the subscribers want together whose digests are due.

    words: the words that they watch for. kinds: the kinds of their addresses. served_in: the number of the earliest
    composing that served one of them last; None if there is no such subscriber. since: the earliest time since which
    somebody who isn't caught up watches a policy; None if all are caught up. last_begin: the number of the last
    composing before one of them chose a vendor.
    """

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self.words: set[str] = set()
        self.kinds: set[RecipientKind] = set()
        self.served_in: int | None = None
        self.since: datetime | None = None
        self.last_begin = 0
        self._names: set[str] = set()
        self._wants_all = False
        for subscription in subscriptions:
            subscriber = subscription.subscriber
            self.words.update(subscriber.preferences.words)
            self.kinds.add(kind_of(subscriber.address))
            self._names.update(subscriber.vendors)
            self._wants_all |= not subscriber.vendors
            if self.served_in is None or subscriber.served_in < self.served_in:
                self.served_in = subscriber.served_in
            begins = (watched.composed_in for watched in subscription.watched.values())
            self.last_begin = max(self.last_begin, max(begins, default=0))
            since = _examined_since(subscription)
            if since is not None:
                self.since = min(since, self.since or since)

    def wants(self, key: PolicyKey) -> bool:
        """Returns whether one of the subscribers watches a policy."""
        return self._wants_all or key.vendor in self._names or str(key) in self._names

    def covers(self, subscription: Subscription) -> bool:
        """Returns whether a subscriber wants nothing else. Otherwise they have subscribed in the meantime."""
        subscriber, since = subscription.subscriber, _examined_since(subscription)
        return (
            (self._wants_all or (bool(subscriber.vendors) and self._names.issuperset(subscriber.vendors)))
            and self.words.issuperset(subscriber.preferences.words)
            and kind_of(subscriber.address) in self.kinds
            and self.served_in is not None
            and self.served_in <= subscriber.served_in
            and (since is None or (self.since is not None and self.since <= since))
        )


def _examined_since(subscription: Subscription) -> datetime | None:
    """Returns the earliest time since which a subscriber watches a policy; None if the subscriber is caught up."""
    if subscription.subscriber.is_caught_up:
        return None
    return min((watched.since for watched in subscription.watched.values()), default=None)


@dataclass(frozen=True, slots=True)
class _Cohort:
    """What the subscribers have in common whom one composing served last.

    before: the watermarks that it recorded for all. numbers, keys: the composings that recorded them, in ascending
    order, each with its policy. without: the policies for which no watermark was recorded.
    to_look_at: the policies that may have something to tell to whoever has the watermark of all, or for whom the
    watermark of all would not be right after this composing.
    """

    before: Mapping[PolicyKey, StoredWatermark]
    numbers: list[int]
    keys: list[PolicyKey]
    without: Collection[PolicyKey]
    to_look_at: frozenset[PolicyKey]


class Cohorts:
    """Finds the policies that a digest to a subscriber has to look at.

    composing: the number of the present composing. news: what the examined policies have to tell.
    unexamined: policies that would have to be examined for some subscribers, but could not be. now: the present time.
    """

    def __init__(
        self,
        store: Store,
        composing: int,
        news: Mapping[PolicyKey, PolicyNews],
        unexamined: Collection[PolicyKey],
        now: datetime,
    ) -> None:
        self._subscriptions = store.subscriptions
        self._news = news
        self._unexamined = unexamined
        self._now = now
        self._after = store.subscriptions.shared_watermarks(composing)
        self._every = [*news, *(key for key in self._after.keys() | unexamined if key not in news)]
        self._by_vendor: dict[str, list[PolicyKey]] = defaultdict(list)
        for key in self._every:
            self._by_vendor[key.vendor].append(key)
        self._cohorts: dict[int, _Cohort] = {}

    def before(self, subscription: Subscription, key: PolicyKey) -> StoredWatermark | None:
        """Returns the watermark that holds for a subscriber; None before the first digest about a policy."""
        return subscription.stored(key, self._cohort(subscription.subscriber.served_in).before.get(key))

    def after(self, begin: Watched, key: PolicyKey) -> StoredWatermark | None:
        """Returns the watermark that holds after this composing for whoever has no watermark of their own.

        begin: since when the subscriber watches the policy.
        """
        shared = self._after.get(key)
        return shared if shared and begin.composed_in < shared.composing else None

    def to_look_at(self, subscription: Subscription) -> set[PolicyKey]:
        """Returns the policies that a digest to a subscriber has to look at.

        About all other policies there is nothing to tell, and the watermark of all is right after this composing.
        """
        cohort = self._cohort(subscription.subscriber.served_in)
        last_begin = max((watched.composed_in for watched in subscription.watched.values()), default=0)
        own = {key for key in subscription.own if subscription.begin(key)}
        chosen = self._chosen(subscription)
        if chosen is None:
            maybe_new = [*cohort.without, *cohort.keys[: bisect_right(cohort.numbers, last_begin)]]
            return own | cohort.to_look_at | self._new_with_news(subscription, maybe_new)
        shared = [key for key in chosen if key in cohort.before and cohort.before[key].composing > last_begin]
        others = set(chosen).difference(shared)
        return own | {key for key in shared if key in cohort.to_look_at} | self._new_with_news(subscription, others)

    def _chosen(self, subscription: Subscription) -> list[PolicyKey] | None:
        """Returns the policies that a subscriber watches; None if the subscriber watches all."""
        if not subscription.subscriber.vendors:
            return None
        chosen: list[PolicyKey] = []
        for name in subscription.subscriber.vendors:
            vendor, _, policy = name.partition("/")
            of_vendor = self._by_vendor.get(vendor, [])
            chosen += [key for key in of_vendor if not policy or key.policy == policy]
        return chosen

    def _new_with_news(self, subscription: Subscription, keys: Iterable[PolicyKey]) -> set[PolicyKey]:
        """Returns the given policies that have to be looked at, and about which there was no digest yet.

        Policies that the subscriber was told of already are left in, if they have to be looked at by anybody.
        """
        begins: dict[Watched, list[PolicyKey]] = defaultdict(list)
        found = set()
        cohort = self._cohort(subscription.subscriber.served_in)
        for key in keys:
            begin = subscription.begin(key)
            if begin is None:
                continue
            if self.before(subscription, key) is not None:
                if key in cohort.to_look_at:
                    found.add(key)
            elif self._is_news_since(key, begin):
                found.add(key)
            elif key in self._news:
                begins[begin].append(key)
        for begin, quiet in begins.items():
            found |= set(quiet).intersection(self._subscriptions.late_policies(begin, quiet))
        return found

    def _is_news_since(self, key: PolicyKey, begin: Watched) -> bool:
        """Returns whether a policy has to be looked at before the first digest about it, if no capture came late."""
        news, after = self._news.get(key), self.after(begin, key)
        if news is None:
            return after is not None or key in self._unexamined
        if begin.since > self._now or news.has_more or (news.changed_at and news.changed_at > begin.since):
            return True
        until = news.settled_until
        # Watermarks up to the time of the subscription are as good as none.
        if (until is None or until <= begin.since) and (after is None or after.latest <= begin.since):
            return False
        return until is None or not StoredWatermark(until, until).is_same_as(after)

    def _cohort(self, served_in: int) -> _Cohort:
        if served_in not in self._cohorts:
            if len(self._cohorts) >= _KEPT:
                del self._cohorts[next(iter(self._cohorts))]
            self._cohorts[served_in] = self._new_cohort(served_in)
        return self._cohorts[served_in]

    def _new_cohort(self, served_in: int) -> _Cohort:
        before = self._subscriptions.shared_watermarks(served_in)
        recorded = sorted((stored.composing, key) for key, stored in before.items())
        return _Cohort(
            before,
            [number for number, _ in recorded],
            [key for _, key in recorded],
            [key for key in self._every if key not in before],
            frozenset(self._with_news(before)),
        )

    def _with_news(self, before: Mapping[PolicyKey, StoredWatermark]) -> Iterator[PolicyKey]:
        for key, stored in before.items():
            news, after = self._news.get(key), self._after.get(key, stored)
            if news is None:
                if key in self._unexamined or not stored.is_same_as(after):
                    yield key
            elif (
                news.has_more
                or stored.until != stored.latest
                or stored.until > self._now  # a clock was wrong
                or (news.changed_at is not None and news.changed_at > stored.until)
            ):
                yield key
            else:
                until = news.settled_until
                expected = stored.advanced(until, self._now) if until and until > stored.until else stored
                if not expected.is_same_as(after):
                    yield key
