"""Remembers what the operator has to know besides captures: failed fetches, permanent redirects, and the last runs."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from core.policies import PolicyKey
from storage.database import Database
from storage.records import FailedFetches, MovedPage, Run
from storage.tables.models import FailedFetchRow, MovedPageRow, RunRow


class Journal:
    """The failed fetches and permanent redirects of locations, and the last runs.

    Every method raises StorageError if a database operation fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def failed_fetches(self) -> tuple[FailedFetches, ...]:
        """Returns the locations whose last fetch failed, the longest failing first."""
        columns = [getattr(FailedFetchRow, field.name) for field in fields(FailedFetches)]
        with self._database.read_session() as session:
            rows = session.execute(select(*columns)).all()
        return tuple(sorted((FailedFetches(*row) for row in rows), key=lambda failed: (failed.since, failed.url)))

    def moved_pages(self) -> tuple[MovedPage, ...]:
        """Returns the pages that redirected permanently when they were last fetched, in alphabetical order."""
        columns = [getattr(MovedPageRow, field.name) for field in fields(MovedPage)]
        with self._database.read_session() as session:
            rows = session.execute(select(*columns)).all()
        return tuple(sorted((MovedPage(*row) for row in rows), key=lambda moved: (moved.vendor, moved.policy)))

    def note_failed_fetch(self, key: PolicyKey, url: str, address: str, reason: str, at: datetime) -> None:
        """Records that a location could not be fetched.

        url: the location's address. address: the address of the page that failed. reason: the reason, in words.
        at: the time, timezone-aware UTC.
        """
        with self._database.write_session() as session:
            row = session.scalar(select(FailedFetchRow).where(_is_of(FailedFetchRow, key, url)))
            if row is None:
                row = FailedFetchRow(vendor=key.vendor, policy=key.policy, url=url, since=at, times=0)
                session.add(row)
            row.address, row.reason, row.latest, row.times = address, reason, at, row.times + 1

    def note_fetched(self, key: PolicyKey, url: str, moves: Mapping[str, str], at: datetime) -> None:
        """Records that a location was fetched: it no longer fails. Writes nothing if nothing has changed.

        url: the location's address. moves: for each of its pages that redirects permanently, by its address, the new
        address. at: the time, timezone-aware UTC.
        """
        with self._database.read_session() as session:
            failed = session.scalar(select(FailedFetchRow.id).where(_is_of(FailedFetchRow, key, url)).limit(1))
            if failed is None and _moves(session, key, url) == moves:
                return
        with self._database.write_session() as session:
            session.execute(delete(FailedFetchRow).where(_is_of(FailedFetchRow, key, url)))
            for address in dict(_moves(session, key, url).items() - moves.items()):
                of_page = and_(_is_of(MovedPageRow, key, url), MovedPageRow.address == address)
                session.execute(delete(MovedPageRow).where(of_page))
            for address, moved_to in moves.items() - _moves(session, key, url).items():
                session.add(
                    MovedPageRow(
                        vendor=key.vendor, policy=key.policy, url=url, address=address, moved_to=moved_to, since=at
                    )
                )

    def keep_only(self, vendors: Collection[str], locations: Collection[tuple[PolicyKey, str]]) -> None:
        """Deletes what is recorded about other locations of these vendors. Writes nothing if there is nothing.

        vendors: slugs. locations: the locations to keep: the policy and the address of each.
        """
        tables = FailedFetchRow, MovedPageRow
        with self._database.read_session() as session:
            others = {
                (table, row.id)
                for table in tables
                for row in session.execute(select(table.id, table.vendor, table.policy, table.url))
                if row.vendor in vendors and (PolicyKey(row.vendor, row.policy), row.url) not in locations
            }
        if others:
            with self._database.write_session() as session:
                for table, row_id in others:
                    session.execute(delete(table).where(table.id == row_id))

    def last_run(self) -> Run | None:
        """Returns the run that began last; None if none is recorded."""
        return self._run(RunRow.id.is_not(None))

    def last_ended_run(self) -> Run | None:
        """Returns the run that ended last; None if none is recorded."""
        return self._run(RunRow.ended_at.is_not(None))

    def _run(self, condition: ColumnElement[bool]) -> Run | None:
        columns = RunRow.begun_at, RunRow.ended_at, RunRow.exit_status, RunRow.summary
        with self._database.read_session() as session:
            row = session.execute(select(*columns).where(condition).order_by(RunRow.id.desc()).limit(1)).first()
        return None if row is None else Run(*row)

    def begin_run(self, at: datetime) -> int:
        """Records that a run begins. Returns its number, for `end_run`. at: the time, timezone-aware UTC."""
        with self._database.write_session() as session:
            session.execute(delete(RunRow).where(RunRow.id < (select(func.max(RunRow.id)).scalar_subquery())))
            row = RunRow(begun_at=at, summary="")
            session.add(row)
            session.flush()
            return row.id

    def end_run(self, number: int, at: datetime, exit_status: int, summary: str) -> None:
        """Records how a run ended.

        number: the result of `begin_run`. at: the time, timezone-aware UTC. exit_status, summary: as in `Run`.
        """
        with self._database.write_session() as session:
            values = {"ended_at": at, "exit_status": exit_status, "summary": summary}
            session.execute(update(RunRow).where(RunRow.id == number).values(values))


def _is_of(table: type[FailedFetchRow] | type[MovedPageRow], key: PolicyKey, url: str) -> ColumnElement[bool]:
    return and_(table.vendor == key.vendor, table.policy == key.policy, table.url == url)


def _moves(session: Session, key: PolicyKey, url: str) -> dict[str, str]:
    query = select(MovedPageRow.address, MovedPageRow.moved_to).where(_is_of(MovedPageRow, key, url))
    return dict(iter(session.execute(query)))
