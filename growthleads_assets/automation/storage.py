"""Where Dagster keeps its runs, events and schedules (named in dagster.yaml).

Belongs here: what is different from dagster-postgres. Does not: reading events.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Self

import dagster as dg
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import Connection, Engine, event

# Any constant does that no other lock has (warehouse: layout, environment, roles), the same in every process.
TABLES_LOCK = 7_201_004

_PLANNED = {
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
}


class _MadeAtOnce:
    """A storage whose tables are made by one process, in one transaction.

    dagster-postgres commits each table by itself. Of processes that start at once some fail over tables that another
    one makes, for all their retries; and where the maker dies in between, the other tables are missing for good, since
    later processes look for one of them only. What it notes of a new storage afterwards, to take short ways from then
    on, `dagster instance migrate` makes up for.
    """

    _engine: Engine

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> Self:
        """The storage of the instance's configuration, which is that of dagster-postgres."""
        return cls(  # type: ignore[call-arg]
            inst_data=inst_data,
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
        )

    def _init_db(self) -> None:
        # Once, because what comes after the tables relies on each statement being committed. A function of its own for
        # each call, because SQLAlchemy takes no listener twice, and dagster-postgres calls this again where it fails.
        event.listen(self._engine, "begin", partial(_alone_and_at_once), once=True)
        super()._init_db()  # type: ignore[misc]


def _alone_and_at_once(connection: Connection) -> None:
    """Make a transaction of what dagster-postgres begins as one, on a connection that commits each statement."""
    driver: Any = connection.connection.dbapi_connection
    driver.autocommit = False
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({TABLES_LOCK})")


class RunStorage(_MadeAtOnce, PostgresRunStorage):
    """The record of runs in PostgreSQL."""


class ScheduleStorage(_MadeAtOnce, PostgresScheduleStorage):
    """The record of sensors and schedules in PostgreSQL."""


class EventLog(_MadeAtOnce, PostgresEventLogStorage):
    """The event log in PostgreSQL, with one row for each check that a run plans, and fewer questions.

    dagster-postgres makes a row for each check and each day of the run's range, whether the check has partitions or
    not: 106,000 rows and 150 MB for 3 years. No check here has any, so its result came into a row of its own, and the
    planned ones stayed as they were for good.

    It also asks whether a table or a column is there whenever it stores or reads something of an asset, which was a
    third of the time of its record of one small day. What is there stays there, and is asked for once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._there: set[tuple[str, str]] = set()
        super().__init__(*args, **kwargs)

    def has_table(self, table_name: str) -> bool:
        """Whether Dagster's table is there."""
        return self._is_there(("table", table_name), partial(super().has_table, table_name))

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether Dagster's table of assets has the column."""
        return self._is_there(("column of assets", column_name), partial(super().has_asset_key_col, column_name))

    def _is_there(self, what: tuple[str, str], ask: Callable[[], bool]) -> bool:
        if what not in self._there and ask():
            self._there.add(what)
        return what in self._there

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Put events on record; all that a run plans with one statement for the log, where dagster-postgres takes one
        for each.
        """  # noqa: D205
        if not events or not all(event.dagster_event_type in _PLANNED for event in events):
            super().store_event_batch(events)
            return
        with self.index_transaction() as connection:
            ids: Iterable[int] = connection.execute(_with_ids(self.prepare_insert_event_batch(events))).scalars()
            logged = list(zip(events, ids, strict=True))
            for event, event_id in logged:
                self._store_asset_event(connection, event, event_id)
        for event, event_id in logged:
            if event.dagster_event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
                self.store_asset_check_event(event, event_id)

    def store_asset_check_event(self, event: dg.EventLogEntry, event_id: int | None) -> None:
        """Put a planned or evaluated check on record."""
        dagster_event = event.get_dagster_event()
        if dagster_event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            planned = dagster_event.asset_check_planned_data
            without_days = type(planned)(asset_key=planned.asset_key, check_name=planned.check_name)
            event = event._replace(dagster_event=dagster_event._replace(event_specific_data=without_days))
        super().store_asset_check_event(event, event_id)


def _with_ids(insertion: Any) -> Any:
    """The statement that inserts events, which returns their ids in their order."""
    return insertion.returning(insertion.table.c.id)
