"""The sensor's ticks over a home and an ephemeral instance: what is requested, and when nothing is."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from growthleads_assets.automation.graph import build_defs
from growthleads_assets.automation.jobs import PIPELINE
from growthleads_assets.automation.runs import RANGE_END, RANGE_START, WORK
from growthleads_assets.automation.sensors import MOST_RUNS_UNDER_WAY
from tests.cases import brands, deals, lines, no_clicks, operators, routy
from tests.endpoints import endpoint
from tests.homes import Home, Server

# pytest replaces the filters of growthleads_assets.assets around each test.
pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")

DIMENSIONS = {**deals("Default,x,raw_earnings"), **brands("br1,A"), **operators("foo,Foo,US")}


class Daemon:
    """Evaluates the sensor as Dagster's daemon does, and creates the runs it requests; nothing runs by itself."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home = home
        self.instance = instance
        self.definitions = build_defs(home.platform)
        self.sensor = self.definitions.get_sensor_def("landing_zone_sensor")
        self.alerts = self.definitions.get_sensor_def("alerts")
        self.cursor: str | None = None
        self.alerts_cursor: str | None = None
        self.queue: list[tuple[dg.DagsterRun, dg.RunRequest]] = []

    def evaluate(self) -> dg.SensorResult:
        """What the sensor says."""
        result = self.sensor(dg.build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        return result

    def tick(self) -> dg.SensorResult:
        """One evaluation, and the runs that it asks for."""
        result = self.evaluate()
        job = self.definitions.resolve_job_def(PIPELINE)
        for request in result.run_requests or ():
            run = self.instance.create_run_for_job(job, tags=dict(request.tags))
            self.queue.append((run, request))
        return result

    def alert(self) -> None:
        """One evaluation of the sensor that tells people."""
        result = self.alerts(dg.build_sensor_context(instance=self.instance, cursor=self.alerts_cursor))
        assert isinstance(result, dg.SensorResult)
        self.alerts_cursor = result.cursor

    def requested_days(self) -> list[tuple[str, str]]:
        """First and last day of the queued runs."""
        return [(request.tags[RANGE_START], request.tags[RANGE_END]) for _, request in self.queue]

    def finish(self) -> None:
        """The run queued first does its work and ends."""
        run, request = self.queue.pop(0)
        self.home.perform(
            sources={key.path[-1] for key in request.asset_selection or () if key.path[0] == "bronze"},
            days=_days(request),
            recalculates=any(key.path[0] == "gold" for key in request.asset_selection or ()),
        )
        self.instance.delete_run(run.run_id)

    def fail(self) -> str:
        """The run queued first fails before it has done anything; its id."""
        run, _ = self.queue.pop(0)
        self.instance.report_run_failed(run, "The disk is full.")
        return run.run_id

    def let_time_pass(self) -> None:
        """Every delay is over."""
        self.home.query_all("update bronze.attempts set requested_at = requested_at - interval '1 day'")

    def work_off(self) -> None:
        """Tick and finish until there is nothing left to do."""
        while self.tick().run_requests or self.queue:
            while self.queue:
                self.finish()


def _days(request: dg.RunRequest) -> tuple[date, date] | None:
    if RANGE_START not in request.tags:
        return None
    return date.fromisoformat(request.tags[RANGE_START]), date.fromisoformat(request.tags[RANGE_END])


@pytest.fixture
def daemon(home: Home) -> Iterator[Daemon]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(home, instance)


def _web_day(day: str, earnings: int) -> dict[str, str]:
    return {**routy(day, f",A,foo,US,,{earnings},0,0"), **no_clicks(day)}


def test_dimensions_first_then_a_run_per_contiguous_range_then_nothing(daemon: Daemon) -> None:
    daemon.home.land(
        {**DIMENSIONS, **_web_day("2024-03-01", 1), **_web_day("2024-03-02", 2), **_web_day("2024-03-05", 5)}
    )

    [first] = daemon.tick().run_requests or ()
    assert {key.path[-1] for key in first.asset_selection or () if key.path[0] == "bronze"} == {
        "deals",
        "voluum_mapper",
        "central_mapping",
    }
    assert daemon.tick().run_requests == [], "it is under way"
    daemon.finish()

    daemon.tick()
    assert daemon.requested_days() == [("2024-03-01", "2024-03-02"), ("2024-03-05", "2024-03-05")]
    assert daemon.tick().run_requests == [], "they are under way"
    daemon.finish()
    daemon.finish()

    idle = daemon.tick()
    assert idle.run_requests == []
    assert idle.skip_reason is not None
    assert idle.skip_reason.skip_message == "Nothing is new."
    assert daemon.home.commissions("solution_1_marketing_daily") == {
        ("A", "2024-03-01"): Decimal("1.00"),
        ("A", "2024-03-02"): Decimal("2.00"),
        ("A", "2024-03-05"): Decimal("5.00"),
    }


def test_a_file_that_lands_while_its_day_is_under_way_is_taken_up_afterwards(daemon: Daemon) -> None:
    daemon.home.land({**DIMENSIONS, **_web_day("2024-03-01", 1)})
    daemon.tick()
    daemon.finish()
    daemon.tick()
    daemon.finish()
    daemon.home.land(_web_day("2024-03-01", 2))
    daemon.tick()
    daemon.finish()
    daemon.home.land(_web_day("2024-03-01", 3))

    daemon.tick()

    assert daemon.requested_days() == [("2024-03-01", "2024-03-01")]
    daemon.finish()
    assert daemon.home.commissions("solution_1_marketing_daily") == {("A", "2024-03-01"): Decimal("3.00")}


def test_a_failed_run_is_requested_again_after_a_delay_and_in_the_end_left(daemon: Daemon) -> None:
    daemon.home.land({**DIMENSIONS, **_web_day("2024-03-01", 1)})
    daemon.tick()
    daemon.finish()
    for _ in range(5):
        assert len(daemon.tick().run_requests or ()) == 1
        daemon.fail()
        waiting = daemon.tick()
        assert waiting.run_requests == [], "not at once"
        assert waiting.skip_reason is not None
        assert "2024-03-01: routy, voluum was tried" in (waiting.skip_reason.skip_message or "")
        daemon.let_time_pass()

    assert daemon.tick().run_requests == [], "given up"

    daemon.home.land(_web_day("2024-03-01", 4))
    daemon.work_off()
    assert daemon.home.commissions("solution_1_marketing_daily") == {("A", "2024-03-01"): Decimal("4.00")}


def test_a_refused_file_is_not_requested_until_it_changes(daemon: Daemon) -> None:
    daemon.home.land({**DIMENSIONS, "routy/2024-03-01.csv": "date;marketing_source\n"})
    daemon.work_off()

    refused = daemon.tick()
    assert refused.run_requests == []
    assert refused.skip_reason is not None
    assert "routy/2024-03-01.csv is refused" in (refused.skip_reason.skip_message or "")

    daemon.home.land(_web_day("2024-03-01", 1))
    assert len(daemon.tick().run_requests or ()) == 1


def test_thousands_of_files_are_one_request(daemon: Daemon) -> None:
    days = [str(date(2023, 1, 1) + timedelta(offset)) for offset in range(1000)]
    daemon.home.land(DIMENSIONS)
    daemon.tick()
    daemon.finish()
    daemon.home.land({path: text for day in days for path, text in _web_day(day, 1).items()})
    daemon.home.land({f"scrapers/{day}.csv": "date\n" for day in days})
    daemon.home.land({f"manual/{day}.csv": "date\n" for day in days})

    # Without creating the run: for each asset and day Dagster then stores an event.
    [request] = daemon.evaluate().run_requests or ()

    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (days[0], days[-1])


def test_of_many_ranges_some_are_requested_at_a_time(daemon: Daemon) -> None:
    daemon.home.land(DIMENSIONS)
    daemon.tick()
    daemon.finish()
    days = [str(date(2024, 1, 1) + timedelta(2 * offset)) for offset in range(MOST_RUNS_UNDER_WAY + 2)]
    daemon.home.land({path: text for day in days for path, text in _web_day(day, 1).items()})

    daemon.tick()
    assert daemon.requested_days() == [(day, day) for day in days[:MOST_RUNS_UNDER_WAY]]
    daemon.finish()
    daemon.tick()

    # One is done, one more is requested.
    assert daemon.requested_days() == [(day, day) for day in days[1 : MOST_RUNS_UNDER_WAY + 1]]


def test_files_still_being_written_are_left_and_the_cursor_is_only_a_help(server: Server) -> None:
    with ExitStack() as stack:
        home = stack.enter_context(server.new_home(settle_seconds=3600))
        daemon = Daemon(home, stack.enter_context(dg.DagsterInstance.ephemeral()))
        home.land(DIMENSIONS)

        fresh = daemon.tick()

        assert fresh.run_requests == []
        assert fresh.skip_reason is not None
        assert "deals.csv is still being written" in (fresh.skip_reason.skip_message or "")
        remembered = json.loads(daemon.cursor or "")
        assert remembered["fresh"].keys() == {"deals.csv", "voluum_mapper.csv", "central_mapping.csv"}


def test_a_late_required_file_fails_its_check_once_and_passes_it_when_it_comes(server: Server) -> None:
    with ExitStack() as stack:
        home = stack.enter_context(server.new_home(late_after="0"))
        daemon = Daemon(home, stack.enter_context(dg.DagsterInstance.ephemeral()))
        home.land({**DIMENSIONS, **routy("2024-03-01", ",A,foo,US,,1,0,0")})
        daemon.work_off()

        daemon.cursor = None
        [late] = list(daemon.tick().asset_events)
        assert isinstance(late, dg.AssetCheckEvaluation)
        assert (late.asset_key, late.passed) == (dg.AssetKey(["bronze", "voluum"]), False)
        assert "voluum/2024-03-01.csv is late" in str(late.metadata["late_files"].value)
        assert daemon.tick().asset_events == [], "said once"

        home.land(no_clicks("2024-03-01"))
        daemon.tick()
        daemon.finish()
        [in_time] = list(daemon.tick().asset_events)
        assert isinstance(in_time, dg.AssetCheckEvaluation)
        assert (in_time.asset_key, in_time.passed) == (dg.AssetKey(["bronze", "voluum"]), True)


def test_people_are_told_once_of_each_matter_and_of_nothing_that_mends_itself(server: Server) -> None:
    with ExitStack() as stack:
        webhook = stack.enter_context(endpoint())
        home = stack.enter_context(server.new_home(late_after="0", alert_webhook_url=webhook.url, ui_url="http://ui"))
        daemon = Daemon(home, stack.enter_context(dg.DagsterInstance.ephemeral()))

        def told() -> list[dict[str, Any]]:
            """What people are told from now on, however often the sensor looks."""
            before = len(webhook.posted)
            for _ in range(3):
                daemon.alert()
            return webhook.posted[before:]

        home.land({**DIMENSIONS, **_web_day("2024-03-01", 10), "deals/notes.csv": "x"})
        daemon.work_off()
        [stray] = told()
        assert stray["title"] == "deals/notes.csv is refused"
        (home.settings.landing_zone / "deals" / "notes.csv").unlink()

        # A correction is refused, and a required file does not come.
        home.land({"routy/2024-03-01.csv": "date;operator\n", **routy("2024-03-02", ",A,foo,US,,4,0,0")})
        daemon.work_off()
        refused, late = sorted(told(), key=lambda alert: str(alert["kind"]), reverse=True)
        assert (refused["kind"], refused["file"], refused["first_day"]) == (
            "refused_file",
            "routy/2024-03-01.csv",
            "2024-03-01",
        )
        assert (refused["money"], refused["money_is"]) == ("10.00", "the earnings of its version in force")
        assert "export the file with commas" in refused["message"]
        assert refused["run_url"] == "http://ui/runs/test"
        assert (late["title"], late["first_day"]) == ("voluum/2024-03-02.csv is late", "2024-03-02")
        assert (late["money"], late["money_is_estimate"]) == ("10.00", True)
        assert late["link"] == "http://ui/assets/bronze/voluum"

        # The same bytes again are no news; others are.
        home.land({"routy/2024-03-01.csv": "date;operator\n"})
        daemon.work_off()
        assert told() == []
        home.land({"routy/2024-03-01.csv": "date;operator;x\n", **no_clicks("2024-03-02")})
        daemon.work_off()
        assert [alert["file"] for alert in told()] == ["routy/2024-03-01.csv"]

        # Days fail together, and then in halves. One of them fails until it is given up.
        home.land({**_web_day("2024-03-04", 1), **_web_day("2024-03-05", 2)})
        daemon.tick()
        daemon.fail()
        daemon.let_time_pass()
        daemon.tick()
        daemon.finish()
        newest = daemon.fail()
        for _ in range(4):
            daemon.let_time_pass()
            daemon.tick()
            assert told() == [], "it is tried again"
            newest = daemon.fail()
        daemon.tick()
        [given_up] = told()
        assert (given_up["kind"], given_up["first_day"], given_up["last_day"]) == (
            "failed_work",
            "2024-03-05",
            "2024-03-05",
        )
        assert "The disk is full." in given_up["message"]
        assert given_up["run_url"] == f"http://ui/runs/{newest}"
        # Published are 10, 4 and 1.
        assert given_up["money"] == "4.00"
        assert given_up["money_is"] == "the median commission of the last 3 days published"

        # Nobody tries again what was started by hand, unless Dagster does; and what somebody stops needs no telling.
        job = daemon.definitions.resolve_job_def(PIPELINE)
        by_hand, again, stopped = (
            daemon.instance.create_run_for_job(job, tags={"dagster/partition": "2024-03-01", **tags})
            for tags in ({}, {"dagster/will_retry": "true"}, {})
        )
        for run in (by_hand, again):
            daemon.instance.report_run_failed(run, "The process was killed.")
        daemon.instance.report_run_canceled(stopped)
        [failed] = told()
        assert (failed["kind"], failed["run_id"], failed["first_day"]) == ("failed_run", by_hand.run_id, "2024-03-01")
        assert (failed["money"], failed["money_is"]) == ("10.00", "the commission published for 2024-03-01")


class Landings(RuleBasedStateMachine):
    """Files land, ticks happen, runs end well or badly, memory is lost: in whatever order, it all comes right."""

    server: Server
    days = Bundle("days")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.home = self.stack.enter_context(self.server.new_home())
        self.daemon = Daemon(self.home, self.stack.enter_context(dg.DagsterInstance.ephemeral()))
        self.home.land(DIMENSIONS)
        self.earned: dict[str, int] = {}
        self.factor = 1

    @rule(day=st.integers(1, 5), earnings=st.integers(1, 9))
    def land(self, day: int, earnings: int) -> None:
        self.earned[f"2024-03-0{day}"] = earnings
        self.home.land(_web_day(f"2024-03-0{day}", earnings))

    @rule(factor=st.integers(1, 3))
    def change_the_deal(self, factor: int) -> None:
        self.factor = factor
        self.home.land({"deals.csv": lines("marketing_source,deal,comments", f"Default,x,raw_earnings*{factor}")})

    @rule()
    def tick(self) -> None:
        self.daemon.tick()

    @rule()
    def finish(self) -> None:
        if self.daemon.queue:
            self.daemon.finish()

    @rule()
    def fail(self) -> None:
        if self.daemon.queue:
            self.daemon.fail()

    @rule()
    def let_time_pass(self) -> None:
        self.daemon.let_time_pass()

    @rule()
    def restart(self) -> None:
        self.daemon.cursor = None

    @invariant()
    def no_work_is_under_way_twice(self) -> None:
        ranges = [_days(request) for _, request in self.daemon.queue]
        assert None not in ranges or len(ranges) == 1, "dimensions are loaded alone"
        covered = [first + timedelta(n) for first, last in filter(None, ranges) for n in range((last - first).days + 1)]
        assert len(covered) == len(set(covered))
        works = [request.tags[WORK] for _, request in self.daemon.queue]
        assert len(works) == len(set(works))

    def teardown(self) -> None:
        with self.stack:
            # In so few steps no work can have failed so often that it is given up.
            for _ in range(6):
                self.daemon.let_time_pass()
                self.daemon.work_off()
            assert self.home.commissions("solution_1_marketing_daily") == {
                ("A", day): Decimal(earnings * self.factor) for day, earnings in self.earned.items()
            }
            assert self.daemon.tick().run_requests == []


def test_in_whatever_order_it_all_comes_right(server: Server) -> None:
    Landings.server = server
    few = settings(max_examples=max(3, settings().max_examples // 10), stateful_step_count=12)
    run_state_machine_as_test(Landings, settings=few)
