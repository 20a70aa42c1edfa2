"""The outbox: one message per matter however often it is raised, tried again, digests, and the money that is named."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Thread

import psycopg
import pytest

from growthleads_assets.alerts.alert import Alert, Money
from growthleads_assets.alerts.channels import channels
from growthleads_assets.settings import load_settings
from growthleads_assets.warehouse import alerts
from growthleads_assets.warehouse.locks import wait_until
from growthleads_assets.warehouse.money import money_of_days, money_of_file
from tests.cases import RAW_EARNINGS, no_clicks, routy, scrapers
from tests.endpoints import Endpoint, endpoint
from tests.homes import Home, Server

# Only a bound: what is waited for takes milliseconds.
PATIENCE_SECONDS = 60


class Outbox:
    """A home whose only channel is an endpoint, and a connection to it."""

    def __init__(self, home: Home, webhook: Endpoint, connection: psycopg.Connection) -> None:
        self.home = home
        self.webhook = webhook
        self.connection = connection
        self.start = datetime.now(UTC)

    def raise_alert(self, name: str, *, happened_at: datetime | None = None) -> None:
        alert = Alert(
            key=name,
            kind="failed_run",
            title=name,
            message="It failed.",
            happened_at=happened_at or self.start + timedelta(seconds=1),
            money=None,
            money_is="nothing is published yet",
        )
        alerts.raise_alert(self.connection, alert)

    def deliver(self, after: timedelta = timedelta()) -> None:
        """Deliver what is due so long after the start."""
        alerts.deliver(
            self.connection, channels(self.home.settings), ui_url="http://ui:3000", now=self.start + after, seconds=600
        )

    def delivery(self) -> alerts.Delivery:
        """What became of the newest alert."""
        [delivery] = alerts.alerts_raised(self.connection)[0][1]
        return delivery


@pytest.fixture
def outbox(server: Server) -> Iterator[Outbox]:
    with ExitStack() as stack:
        webhook = stack.enter_context(endpoint())
        home = stack.enter_context(server.new_home(alert_webhook_url=webhook.url))
        yield Outbox(home, webhook, stack.enter_context(home.platform.connected()))


def test_what_is_raised_again_is_sent_once(outbox: Outbox) -> None:
    for _ in range(3):
        outbox.raise_alert("run 1")
        outbox.deliver()
    outbox.raise_alert("run 2")
    outbox.deliver()

    assert outbox.webhook.titles() == ["run 1", "run 2"]


def test_what_was_not_taken_is_sent_later(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    outbox.webhook.statuses = [500, 500, 200]
    outbox.raise_alert("run 1")

    for seconds in (0, 59, 60, 179, 180, 181, 7200):
        outbox.deliver(timedelta(seconds=seconds))

    # A minute after the first try, and two minutes after the second.
    assert outbox.webhook.titles() == ["run 1"] * 3
    delivery = outbox.delivery()
    assert (delivery.attempts, delivery.last_error) == (3, None)
    assert delivery.delivered_at is not None
    assert "The endpoint answered 500" in caplog.text


def test_after_a_day_of_tries_it_is_given_up(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    outbox.webhook.statuses = [503]
    outbox.raise_alert("run 1")
    after = timedelta()
    while True:
        outbox.deliver(after)
        delivery = outbox.delivery()
        if delivery.given_up_at:
            break
        after = delivery.next_try_at - outbox.start

    assert timedelta(hours=24) <= after <= timedelta(hours=25)
    [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert error.startswith(
        "The alert `run 1` was tried 30 times on webhook, and is given up: The endpoint answered 503"
    )
    tried = len(outbox.webhook.posted)
    outbox.webhook.statuses = [200]
    outbox.deliver(timedelta(days=2))
    assert len(outbox.webhook.posted) == tried


def test_a_message_that_is_refused_holds_up_no_other(outbox: Outbox) -> None:
    outbox.webhook.statuses = [400, 200]
    outbox.raise_alert("run 1")
    outbox.raise_alert("run 2")

    outbox.deliver()
    outbox.deliver(timedelta(seconds=15))

    assert outbox.webhook.titles() == ["run 1", "run 2"]


def test_many_at_once_are_one_message(outbox: Outbox) -> None:
    for number in range(100):
        outbox.raise_alert(f"run {number}")

    outbox.deliver()
    outbox.deliver()

    assert outbox.webhook.titles() == ["100 runs failed"]
    assert [alert["key"] for alert in outbox.webhook.posted[0]["alerts"]] == [f"run {number}" for number in range(100)]


def test_two_processes_send_one_message(outbox: Outbox) -> None:
    outbox.webhook.answers.clear()
    outbox.raise_alert("run 1")
    first = Thread(target=outbox.deliver)
    first.start()
    with outbox.home.platform.connected() as other:
        assert wait_until(lambda: bool(outbox.webhook.posted), PATIENCE_SECONDS)
        alerts.deliver(other, channels(outbox.home.settings), ui_url="http://ui:3000", now=outbox.start)
    outbox.webhook.answers.set()
    first.join()

    assert outbox.webhook.titles() == ["run 1"]


def test_a_channel_gets_nothing_that_happened_before_it_was_configured(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with endpoint() as webhook, server.new_home() as home:
        with home.platform.connected() as connection:
            before = Outbox(home, webhook, connection)
            before.raise_alert("before", happened_at=home.now())
            before.deliver()
        monkeypatch.setenv("GROWTHLEADS_ALERT_WEBHOOK_URL", webhook.url)
        home.settings = home.platform.settings = load_settings()
        with home.platform.connected() as connection:
            outbox = Outbox(home, webhook, connection)
            # Found out only now, as at the first look after an upgrade.
            outbox.raise_alert("of yesterday", happened_at=home.now() - timedelta(days=1))
            outbox.raise_alert("after", happened_at=home.now())
            outbox.deliver()

            assert webhook.titles() == ["after"]
            # Configured again after a while, it does not get what it missed.
            outbox.raise_alert("missed", happened_at=home.now())
            outbox.deliver(timedelta(days=30))
            assert webhook.titles() == ["after"]


def test_without_a_channel_it_is_in_the_log(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with endpoint() as nobody, home.platform.connected() as connection:
        outbox = Outbox(home, nobody, connection)
        outbox.raise_alert("run 1")
        outbox.deliver()
        outbox.deliver()

    [record] = [record for record in caplog.records if "run 1" in record.getMessage()]
    assert record.levelname == "WARNING"
    assert "Money concerned: not known: nothing is published yet" in record.getMessage()


def test_the_money_that_is_named(home: Home) -> None:
    day = date(2024, 3, 1)
    with home.platform.connected() as connection:
        assert money_of_days(connection, day, day) == Money(None, "nothing is published yet")
        assert money_of_file(connection, "routy", "2024-03-01.csv", day) == Money(
            None, "no file of routy was ever accepted"
        )
        assert money_of_file(connection, None, "notes.csv", None) == Money(
            None, "the file is in the place of no source"
        )

    # Part 1 earns 10, 30, 20.005 and 40; part 2 nothing on its first day, 6 on the fourth, of which each gets 2.
    home.land_and_settle(
        {
            **RAW_EARNINGS,
            **routy("2024-03-01", ",A,Foo,US,,10,0,0"),
            **routy("2024-03-02", ",A,Foo,US,,30,0,0"),
            **routy("2024-03-03", ",A,Foo,US,,20,0,0", ",A,Bar,US,,0.005,0,0"),
            **routy("2024-03-04", ",A,Foo,US,,40,0,0"),
            **scrapers("2024-03-01", ",A,Foo,US,100,0"),
            **scrapers("2024-03-04", ",A,Foo,US,106,0"),
            **no_clicks("2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"),
        }
    )

    with home.platform.connected() as connection:

        def of_file(source: str, file: str) -> Money:
            return money_of_file(connection, source, file, date.fromisoformat(file.removesuffix(".csv")))

        assert of_file("routy", "2024-03-03.csv") == Money(Decimal("20.01"), "the earnings of its version in force")
        # 10, 20.005, 30, 40: the lower of the two in the middle, half a cent up.
        assert of_file("routy", "2024-03-05.csv") == Money(Decimal("20.01"), "the median of routy's last 4 files", True)
        assert of_file("manual", "2024-03-01.csv").what == "no file of manual was ever accepted"
        assert of_file("scrapers", "2024-03-04.csv") == Money(
            Decimal("2.00"), "the commission of part 2 published for 2024-03-04"
        )
        # 0, 2, 2, 2
        assert of_file("scrapers", "2024-03-05.csv") == Money(
            Decimal("2.00"), "the median commission of the last 4 days published of part 2", True
        )
        # 10, 32, 22.01, 42
        median = Money(Decimal("22.01"), "the median commission of the last 4 days published", True)
        assert of_file("voluum", "2024-03-05.csv") == median
        assert money_of_file(connection, "deals", "deals.csv", None) == median
        assert money_of_days(connection, date(2024, 3, 5), date(2024, 3, 6)) == median
        assert money_of_days(connection, date(2024, 3, 2), date(2024, 3, 3)) == Money(
            Decimal("54.01"), "the commission published for 2024-03-02 to 2024-03-03"
        )
        assert money_of_days(connection, date(2024, 3, 4), date(2024, 3, 5)) == Money(
            Decimal("42.00"), "the commission published for 1 of the 2 days 2024-03-04 to 2024-03-05"
        )
