"""The outbox of alerts: each matter once, and what became of it on each channel.

Belongs here: `bronze.alerts` and its deliveries, the alerts that the ledger calls for, and working off what is due.
Does not: how a channel sends (alerts/), or what Dagster's runs call for (automation/alerting.py).

A matter is raised as often as somebody looks, and put on record the first time: the record, not a cursor, makes that
people hear of it once. A delivery is claimed in a short transaction before it is sent, and is due again should its
process die; so it happens at least once, and no transaction lasts as long as a network takes.
"""

import logging
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import psycopg
from psycopg.rows import class_row, dict_row, scalar_row

from growthleads_assets.alerts.alert import Alert, Message
from growthleads_assets.alerts.channels import Channel, problem_sending
from growthleads_assets.warehouse import ledger
from growthleads_assets.warehouse.completeness import late_files
from growthleads_assets.warehouse.money import money_of_file

# Half of the minute that a tick may take; one message can take SECONDS_A_MESSAGE more.
SECONDS_A_PASS = 30
SINGLY = 3
"""Up to so many alerts of a kind that are due at once go out one by one, more of them as one digest."""

# 1, 2, 4, … 32 minutes and then every hour: a day in all.
MOST_ATTEMPTS = 30
CLAIMED_FOR = timedelta(minutes=5)
STARTED_WITHIN = timedelta(days=1)
"""A channel that was not configured for a while does not get what it missed before."""

LOG = logging.getLogger(__name__)


def note_channels(connection: psycopg.Connection, names: Collection[str]) -> None:
    """Put on record that these channels are configured, unless it is."""
    known = connection.execute("select channel from bronze.alert_channels").fetchall()
    for name in set(names).difference(*known):
        connection.execute("insert into bronze.alert_channels (channel) values (%s) on conflict do nothing", (name,))


def not_raised(connection: psycopg.Connection, keys: Iterable[str]) -> set[str]:
    """Those of the keys that no alert has."""
    wanted = set(keys)
    with connection.cursor(row_factory=scalar_row) as cursor:
        return wanted.difference(cursor.execute("select key from bronze.alerts where key = any(%s)", (list(wanted),)))


def raise_alert(connection: psycopg.Connection, alert: Alert) -> None:
    """Put an alert on record, unless there is one of the same key."""
    # A NUL byte, as an error may quote it, is no text for PostgreSQL.
    columns = {
        name: value.replace("\0", "") if isinstance(value, str) else value
        for name, value in vars(alert).items()
        if name != "raised_at"
    }
    connection.execute(_RAISE, columns)


_RAISE = """
insert into bronze.alerts (
    key, kind, title, message, happened_at, money, money_is, money_is_estimate,
    source, file, first_day, last_day, run_id
)
values (
    %(key)s, %(kind)s, %(title)s, %(message)s, %(happened_at)s, %(money)s, %(money_is)s, %(money_is_estimate)s,
    %(source)s, %(file)s, %(first_day)s, %(last_day)s, %(run_id)s
)
on conflict (key) do nothing
"""


def raise_refused_files(connection: psycopg.Connection) -> None:
    """Raise an alert for each file that stands refused: another one when its bytes or the reason are others."""
    refusals = {_key_of_refusal(refusal): refusal for refusal in ledger.newest_refusals(connection)}
    for key in sorted(not_raised(connection, refusals)):
        refusal = refusals[key]
        file = _path(refusal.source, refusal.file)
        money = money_of_file(connection, refusal.source, refusal.file, refusal.day)
        raise_alert(
            connection,
            Alert(
                key=key,
                kind="refused_file",
                title=f"{file} is refused",
                message=f"{refusal.reason} What an earlier version of the file loaded stays in force.",
                happened_at=refusal.recorded_at,
                money=money.amount,
                money_is=money.what,
                money_is_estimate=money.is_estimate,
                source=refusal.source or None,
                file=file,
                first_day=refusal.day,
                last_day=refusal.day,
                run_id=refusal.run_id,
            ),
        )


def _key_of_refusal(refusal: ledger.Refusal) -> str:
    reason = sha256(refusal.reason.encode()).hexdigest()[:12]
    return f"refused {_path(refusal.source, refusal.file)} {refusal.sha256 or 'unread'} {reason}"


def _path(source: str, file: str) -> str:
    """The path from the landing zone; a file in no place of its source's is on record under its path."""
    return file if not source or "/" in file else f"{source}/{file}"


def raise_late_files(connection: psycopg.Connection, late_after: timedelta) -> None:
    """Raise an alert for each required file that is late, once for its source and day."""
    late = {f"late {file.source} {file.day}": file for file in late_files(connection)}
    for key in sorted(not_raised(connection, late)):
        file, name = late[key], f"{late[key].day}.csv"
        money = money_of_file(connection, file.source, name, file.day)
        raise_alert(
            connection,
            Alert(
                key=key,
                kind="late_file",
                title=f"{file.source}/{name} is late",
                message=(
                    f"The first other file of {file.day} came at {file.others_came_at:%Y-%m-%d %H:%M} UTC. Until "
                    f"{file.source} comes, the part that needs it is not published for that day."
                ),
                happened_at=file.others_came_at + late_after,
                money=money.amount,
                money_is=money.what,
                money_is_estimate=money.is_estimate,
                source=file.source,
                file=f"{file.source}/{name}",
                first_day=file.day,
                last_day=file.day,
            ),
        )


def deliver(
    connection: psycopg.Connection,
    channels: Sequence[Channel],
    *,
    ui_url: str,
    now: datetime,
    seconds: float = SECONDS_A_PASS,
) -> None:
    """Send what is due on each channel; ``connection`` is in autocommit mode.

    What cannot be delivered is due again later, and in the end given up and logged as an error. Nothing is raised for
    it. After ``seconds`` no further message is begun.
    """
    _queue(connection, [channel.name for channel in channels], now)
    deadline = time.monotonic() + seconds
    for channel in channels:
        while time.monotonic() < deadline:
            claimed = _claim(connection, channel.name, now)
            if not claimed:
                break
            problem = problem_sending(channel, Message([due.alert for due in claimed], ui_url))
            ids = [due.alert_id for due in claimed]
            if problem is None:
                _note_delivered(connection, channel.name, ids)
            else:
                _postpone(connection, channel.name, ids, problem, now)
                # Whatever else is due is tried with the next pass: the channel may be down as a whole.
                break


@dataclass(frozen=True)
class Delivery:
    """What became of an alert on a channel; still to be tried unless delivered or given up."""

    alert_id: int
    channel: str
    attempts: int
    next_try_at: datetime
    delivered_at: datetime | None
    given_up_at: datetime | None
    last_error: str | None


def alerts_raised(connection: psycopg.Connection) -> list[tuple[Alert, list[Delivery]]]:
    """Every alert, the newest first, with its deliveries by channel."""
    deliveries: dict[int, list[Delivery]] = {}
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        for delivery in cursor.execute(
            "select alert_id, channel, attempts, next_try_at, delivered_at, given_up_at, last_error "
            "from bronze.alert_deliveries order by alert_id, channel"
        ):
            deliveries.setdefault(delivery.alert_id, []).append(delivery)
    with connection.cursor(row_factory=dict_row) as rows:
        found = rows.execute("select * from bronze.alerts order by alert_id desc").fetchall()
    return [(Alert(**row), deliveries.get(alert_id, [])) for row in found for alert_id in [row.pop("alert_id")]]


@dataclass(frozen=True)
class _Due:
    alert_id: int
    alert: Alert


def _queue(connection: psycopg.Connection, names: Collection[str], now: datetime) -> None:
    connection.execute(
        """
        insert into bronze.alert_deliveries (alert_id, channel, next_try_at)
        select alerts.alert_id, alert_channels.channel, %(now)s
        from bronze.alerts
        inner join bronze.alert_channels on alerts.happened_at >= alert_channels.since
        where alert_channels.channel = any(%(names)s) and alerts.raised_at > %(started_after)s
        on conflict (alert_id, channel) do nothing
        """,
        {"names": list(names), "now": now, "started_after": now - STARTED_WITHIN},
    )


def _claim(connection: psycopg.Connection, channel: str, now: datetime) -> list[_Due]:
    """What the next message on the channel is about: one alert, or all of its kind that are due when these are many."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """
            select alerts.*
            from bronze.alert_deliveries
            inner join bronze.alerts using (alert_id)
            where alert_deliveries.channel = %(channel)s
                and alert_deliveries.delivered_at is null
                and alert_deliveries.given_up_at is null
                and alert_deliveries.next_try_at <= %(now)s
            order by alert_id
            limit 1000
            for update of alert_deliveries skip locked
            """,
            {"channel": channel, "now": now},
        ).fetchall()
        due = [_Due(row.pop("alert_id"), Alert(**row)) for row in rows]
        alike = [one for one in due if one.alert.kind == due[0].alert.kind]
        claimed = alike if len(alike) > SINGLY else alike[:1]
        cursor.execute(
            "update bronze.alert_deliveries set attempts = attempts + 1, next_try_at = %s "
            "where channel = %s and alert_id = any(%s)",
            (now + CLAIMED_FOR, channel, [one.alert_id for one in claimed]),
        )
    return claimed


def _note_delivered(connection: psycopg.Connection, channel: str, alert_ids: list[int]) -> None:
    connection.execute(
        "update bronze.alert_deliveries set delivered_at = clock_timestamp(), last_error = null "
        "where channel = %s and alert_id = any(%s)",
        (channel, alert_ids),
    )


def _postpone(connection: psycopg.Connection, channel: str, alert_ids: list[int], problem: str, now: datetime) -> None:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """
            update bronze.alert_deliveries
            set
                last_error = %(problem)s,
                next_try_at = %(now)s + least(interval '1 hour', interval '1 minute' * 2 ^ (attempts - 1)),
                given_up_at = case when attempts >= %(most)s then %(now)s end
            from bronze.alerts
            where alert_deliveries.alert_id = alerts.alert_id
                and channel = %(channel)s and alert_deliveries.alert_id = any(%(alert_ids)s)
            returning title, attempts, next_try_at, given_up_at
            """,
            {"problem": problem, "now": now, "most": MOST_ATTEMPTS, "channel": channel, "alert_ids": alert_ids},
        ).fetchall()
    for row in rows:
        if row["given_up_at"]:
            LOG.error(
                "The alert `%s` was tried %s times on %s, and is given up: %s",
                *(row["title"], row["attempts"], channel, problem),
            )
    waiting = [row for row in rows if not row["given_up_at"]]
    if waiting:
        LOG.warning(
            "The alert `%s`%s could not be delivered to %s and is tried again at %s UTC: %s",
            waiting[0]["title"],
            f" and {len(waiting) - 1} more" if waiting[1:] else "",
            channel,
            f"{waiting[0]['next_try_at']:%Y-%m-%d %H:%M:%S}",
            problem,
        )
