"""Where Dagster keeps its event log (named in dagster.yaml).

Belongs here: what is different from dagster-postgres. Does not: reading events.
"""

from collections.abc import Mapping
from typing import Any, Self

import dagster as dg
from dagster_postgres import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config


class EventLog(PostgresEventLogStorage):
    """The event log in PostgreSQL, with one row for each check that a run plans.

    dagster-postgres makes one for each check and each day of the run's range, whether the check has partitions or not:
    106,000 rows and 150 MB for 3 years. No check here has any, so its result came into a row of its own, and the
    planned ones stayed as they were for good.
    """

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> Self:
        """The storage of the instance's configuration, which is that of dagster-postgres."""
        return cls(
            inst_data=inst_data,
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
        )

    def store_asset_check_event(self, event: dg.EventLogEntry, event_id: int | None) -> None:
        """Put a planned or evaluated check on record."""
        dagster_event = event.get_dagster_event()
        if dagster_event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            planned = dagster_event.asset_check_planned_data
            without_days = type(planned)(asset_key=planned.asset_key, check_name=planned.check_name)
            event = event._replace(dagster_event=dagster_event._replace(event_specific_data=without_days))
        super().store_asset_check_event(event, event_id)
