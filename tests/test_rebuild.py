"""Everything back from the two zones alone: which versions, in which order, and what is said of what is not."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path

import dagster as dg
import pytest

from growthleads_assets.automation.graph import build_defs
from growthleads_assets.automation.runs import PlannedRun, failure_reason, range_tags, run_in_process
from growthleads_assets.commands import metrics
from growthleads_assets.commands.backfill import rebuild as backfill
from growthleads_assets.commands.rebuild import abandon_rebuild, await_catching_up, rebuild_from_archive
from growthleads_assets.commands.reporting import NotPossible, Reporter
from growthleads_assets.commands.run import run_pass
from growthleads_assets.commands.status import show_status, status
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.landing.archive import Archive, ArchiveError, Arriving
from growthleads_assets.planning.planner import DayRange
from growthleads_assets.warehouse.ledger import REBUILD_UNDER_WAY
from growthleads_assets.warehouse.loading import Loader, Outcome
from growthleads_assets.warehouse.publication import BeforeRebuild
from tests import forked
from tests.cases import RAW_EARNINGS, deals, no_clicks, routy
from tests.homes import RUN_ID, Home, Server
from tests.landing.zones import names_in

# pytest replaces the filters of growthleads_assets.assets around each test, and a warning in a step fails its run.
pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")

DAY, NEXT = "2024-03-26", "2024-03-27"
NAME = f"{DAY}.csv"
FIRST = date.fromisoformat(DAY)


def of_routy(earnings: str, day: str = DAY) -> str:
    [content] = routy(day, f",A,Foo,US,,{earnings},0,0").values()
    return content


def load(home: Home, content: str) -> None:
    home.land({f"routy/{NAME}": content})
    home.perform(sources=["routy"], days=(date.fromisoformat(DAY), date.fromisoformat(DAY)), recalculates=False)


@contextmanager
def loader_of(home: Home) -> Iterator[Loader]:
    with home.platform.connected() as connection:
        yield home.platform.loader(connection, RUN_ID)


def restore(home: Home) -> Outcome:
    with loader_of(home) as loader:
        copies = loader.archive.versions("routy")[NAME]
        return loader.restore(SOURCES["routy"], NAME, date.fromisoformat(DAY), copies)


def forget(home: Home) -> None:
    home.query_all("truncate bronze.files, bronze.quarantine, bronze.dimension_changes, bronze.routy")


def earnings_accepted(home: Home) -> list[tuple[str, bool]]:
    """The earnings of each version of the file in the order of the ledger, and whether it is in force."""
    rows = home.query("select earnings, superseded_at from bronze.files where status = 'loaded' order by load_id")
    return [(f"{row['earnings'].normalize():f}", row["superseded_at"] is None) for row in rows]


def in_bronze(home: Home) -> list[str]:
    return [f"{row['raw_earnings'].normalize():f}" for row in home.query("select raw_earnings from bronze.routy")]


def copies_of(home: Home) -> list[Path]:
    return sorted((home.settings.archive_zone / "routy").glob("*.csv"))


def materialized(home: Home, day: str, asset: Sequence[str]) -> str:
    """Why the run failed that materializes an asset for a day, as the UI starts it; nothing if it did not."""
    days = DayRange(date.fromisoformat(day), date.fromisoformat(day), frozenset())
    with dg.DagsterInstance.get() as instance:
        run = PlannedRun("by hand", [dg.AssetKey(asset)], range_tags(days))
        result = run_in_process(run, build_defs(home.platform), instance)
    return "" if result.success else failure_reason(result.all_events)


def damage(copy: Path) -> bytes:
    content = copy.read_bytes()
    copy.chmod(0o644)
    copy.write_bytes(content + b"x")
    return content


def put_before_all_others(archive_zone: Path, content: str) -> Path:
    """Give the archive a version of the file that was accepted on the file's day; where it lies."""
    return put_into_archive(archive_zone, content, datetime(2024, 3, 26, tzinfo=UTC))


def put_into_archive(archive_zone: Path, content: str, accepted_at: datetime) -> Path:
    archive, digest = Archive(archive_zone), sha256(content.encode()).hexdigest()
    place = archive.place("routy", NAME, digest, accepted_at)
    with archive.arriving("routy", NAME) as copy:
        copy.write(content.encode())
        copy.keep(place, digest)
    return place


def test_versions_come_back_in_their_order_as_of_when_they_were_accepted(home: Home) -> None:
    for earnings in ("1", "2", "1"):
        load(home, of_routy(earnings))
    columns = "sha256, archived_as, rows_loaded, earnings, superseded_at is null as is_in_force"
    before = home.query(f"select {columns} from bronze.files order by load_id")
    accepted = [row["recorded_at"] for row in home.query("select recorded_at from bronze.files order by load_id")]
    forget(home)
    restored_at = datetime.now(UTC)

    first, again = restore(home), restore(home)

    assert (first.status, first.rows_loaded, again.status) == ("loaded", 1, "unchanged")
    assert home.query(f"select {columns} from bronze.files order by load_id") == before
    assert in_bronze(home) == ["1"]
    as_of = home.query("select recorded_at, superseded_at from bronze.files order by load_id")
    assert all(row["recorded_at"] < restored_at for row in as_of)
    assert [row["superseded_at"] for row in as_of] == [*(row["recorded_at"] for row in as_of[1:]), None]
    # The copy gets its name while the file is loaded, a moment before the ledger's row.
    assert all(
        abs((row["recorded_at"] - moment).total_seconds()) < 60 for row, moment in zip(as_of, accepted, strict=True)
    )


def test_an_archive_of_days_that_are_not_in_use_says_so(server: Server) -> None:
    with server.new_home(start_date="2024-03-27") as home:
        put_before_all_others(home.settings.archive_zone, of_routy("1"))

        with pytest.raises(
            NotPossible, match=r"1 file of routy of days before the start date 2024-03-27 \(GROWTHLEADS_S"
        ):
            rebuild_from_archive(home.platform, Reporter())


def test_what_is_damaged_is_left_out_and_no_older_version_takes_the_place_of_the_newest(home: Home) -> None:
    for earnings in ("1", "2", "3"):
        load(home, of_routy(earnings))
    forget(home)
    first, _, last = copies_of(home)
    damage(first)
    content = damage(last)

    with pytest.raises(ArchiveError, match=r"^routy/2024-03-26\..*\.csv was changed in the archive"):
        restore(home)
    assert earnings_accepted(home) == []

    last.write_bytes(content)
    put_before_all_others(home.settings.archive_zone, "date,operator\n")
    outcome = restore(home)

    refused, changed = outcome.left_out
    assert refused.startswith(f"routy/{DAY}.20240326T")
    assert " is refused by today's rules: The header on line 1 lacks the column" in refused
    assert changed.startswith(f"routy/{first.name} was changed in the archive")
    assert earnings_accepted(home) == [("2", False), ("3", True)]
    assert in_bronze(home) == ["3"]


def test_of_a_file_whose_newest_version_is_damaged_nothing_is_said_to_be_in_force(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    for earnings in ("1", "2"):
        load(home, of_routy(earnings))
    home.land(no_clicks(DAY))
    home.perform(sources=["voluum"], days=(FIRST, FIRST), recalculates=False)
    forget(home)
    _, last = copies_of(home)
    damage(last)

    assert not rebuild_from_archive(home.platform, Reporter())

    said = " ".join(capsys.readouterr().err.split())
    assert f"not loaded: - routy/{last.name} was changed in the archive" in said
    assert "in force" not in said
    assert in_bronze(home) == []


def test_a_copy_whose_acceptance_was_cut_short_is_no_version(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    load(home, of_routy("1"))
    keep = Arriving.keep

    def keep_and_die(copy: Arriving, relative: Path, sha256: str) -> None:
        keep(copy, relative, sha256)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Arriving, "keep", keep_and_die)
        with pytest.raises(KeyboardInterrupt):
            load(home, of_routy("2"))
    archive = Archive(home.settings.archive_zone)
    assert [copy.path.name for copy in archive.versions("routy")[NAME]] == [copies_of(home)[0].name]

    # Its deliverer takes it back: what was in force is so still, also for who has the archive alone.
    load(home, of_routy("1"))

    assert earnings_accepted(home) == [("1", True)]
    forget(home)
    assert restore(home).status == "loaded"
    assert in_bronze(home) == ["1"]
    assert not [name for name in names_in(home.settings.archive_zone) if name.startswith(".accepting")]
    [superseded] = (home.settings.archive_zone / "routy" / "superseded").iterdir()
    assert superseded.read_text() == of_routy("2")


def test_a_copy_that_was_being_accepted_is_not_thrown_away_before_a_rebuild_has_named_it(home: Home) -> None:
    load(home, of_routy("1"))
    load(home, of_routy("2"))
    first, second = copies_of(home)
    archive = Archive(home.settings.archive_zone)
    # As a process left it that ended when the ledger had it; of the database there is a backup from before.
    archive.begin_acceptance(Path("routy", second.name))
    home.query_all("delete from bronze.files where superseded_at is null; update bronze.files set superseded_at = null")

    assert await_catching_up(home.platform) == 1

    with home.platform.connected() as connection:
        home.platform.landed(connection, settle_seconds=0)
    assert copies_of(home) == [first, second]
    assert [copy.path.name for copy in archive.in_acceptance("routy")] == [second.name]


def test_a_file_leaves_only_once_its_copy_is_certain(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    landed = home.settings.landing_zone / "routy" / NAME
    with monkeypatch.context() as failing:

        def fail(*_: object, **__: object) -> None:
            raise ArchiveError("It is full.")

        failing.setattr(Archive, "end_acceptance", fail)
        load(home, of_routy("1"))
        load(home, of_routy("1"))
        assert in_bronze(home) == ["1"]
        assert landed.exists()

    home.perform(sources=["routy"], days=(FIRST, FIRST), recalculates=False)

    assert not landed.exists()
    assert len(Archive(home.settings.archive_zone).versions("routy")[NAME]) == 1


def test_the_command_rebuilds_says_what_it_left_out_and_catches_up(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.new_home() as home:
        home.land_and_settle({**RAW_EARNINGS, **no_clicks(DAY, NEXT), **routy(DAY, ",A,Foo,US,,1,0,0")})
        home.land_and_settle({**deals("Default,x,raw_earnings*2"), **routy(NEXT, ",A,Foo,US,,5,0,0")})
        # Not loaded yet when the zones are all that is left.
        home.land(routy(DAY, ",A,Foo,US,,3,0,0"))
        home.copy_zones(tmp_path)
    with server.home_on(tmp_path) as home:
        [newest] = (home.settings.archive_zone / "routy").glob(f"{NEXT}.*.csv")
        content = damage(newest)
        refused = put_before_all_others(home.settings.archive_zone, "date,operator\n")
        with pytest.raises(NotPossible, match="growthleads rebuild"):
            run_pass(home.platform, Reporter())
        assert materialized(home, DAY, ["bronze", "routy"]).startswith("bronze__routy: The database holds no files")
        assert not home.query("select from bronze.files")

        show_status(status(home.platform), SOURCES, Reporter(), with_files=False)
        said = " ".join(capsys.readouterr().out.split())
        assert said.startswith("The database holds no files, but the archive")
        assert "Can be paid out" not in said

        rebuilt = forked.Command(["rebuild"], dict(os.environ)).ended()

        # Twice 3 of the file that had landed; the other day's numbers would be wrong with anything but its own file.
        assert home.commissions("solution_1_marketing_daily") == {("A", DAY): Decimal("6.00")}
        assert rebuilt.returncode == 1
        assert f"not loaded: - routy/{newest.name} was changed in the archive" in rebuilt.stderr
        assert f"left out: {refused} is refused by today's rules: The header on line 1 lacks" in rebuilt.stderr
        assert "rebuild --catch-up" in rebuilt.stderr
        assert "Traceback" not in rebuilt.stderr
        assert f"{DAY} to {NEXT} from the archive, files 1 to 4 of 4" in rebuilt.stdout
        # Routy's first day and the deals in 2 versions each, voluum's two days, and the other dimensions.
        assert "The database holds 6 files in 8 versions: 2 rows, and 0 in quarantine." in rebuilt.stdout
        assert "Published: 1 day of part 1 (web traffic)." in rebuilt.stdout

        newest.write_bytes(content)
        with pytest.raises(NotPossible, match=r"1 version that the archive has and it has not.*--catch-up"):
            rebuild_from_archive(home.platform, Reporter())

        # As after a backup was restored, or a rebuild was interrupted: it is done before anything else, and may be.
        assert await_catching_up(home.platform) == 1
        for command in (run_pass, partial(backfill, first=FIRST, last=FIRST, source=None)):
            with pytest.raises(NotPossible, match="interrupted: `growthleads rebuild`"):
                command(home.platform, reporter=Reporter())
        assert {(answer.verdict, answer.reasons[0]) for answer in status(home.platform, last=FIRST).verdicts} == {
            ("no", REBUILD_UNDER_WAY.rstrip("."))
        }
        assert "growthleads_rebuild_due 1.0" in metrics.exposition(home.platform)
        home.land(routy(DAY, ",A,Foo,US,,4,0,0"))
        for step, asset in {
            "bronze__routy": ["bronze", "routy"],
            "event_models": ["silver", "traffic_events"],
            "solution_marts": ["gold", "solution_1_marketing_daily"],
        }.items():
            assert materialized(home, DAY, asset).startswith(f"{step}: The database is being rebuilt")
        with home.platform.connected() as connection:
            home.platform.transformation.prepare(connection)
            with pytest.raises(BeforeRebuild):
                home.publish(connection, FIRST, FIRST)
        assert home.commissions("solution_1_marketing_daily") == {("A", DAY): Decimal("6.00")}

        capsys.readouterr()
        assert not rebuild_from_archive(home.platform, Reporter())

        # Nothing of it is tried again, and it is still not in the database.
        assert f"left out: {refused} is not in the database" in " ".join(capsys.readouterr().err.split())
        # The file that landed meanwhile has its 4, twice.
        assert home.commissions("solution_1_marketing_daily") == {
            ("A", DAY): Decimal("8.00"),
            ("A", NEXT): Decimal("10.00"),
        }


def test_a_rebuild_whose_archive_is_gone_can_be_abandoned(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.new_home() as home:
        load(home, of_routy("1"))
        with pytest.raises(NotPossible, match=r"^No rebuild was interrupted"):
            abandon_rebuild(home.platform, Reporter())
        put_into_archive(home.settings.archive_zone, of_routy("2"), datetime.now(UTC))
        assert await_catching_up(home.platform) == 1
        with pytest.raises(NotPossible, match="has 1 version that the database has not"):
            abandon_rebuild(home.platform, Reporter())

        home.settings.archive_zone.rename(tmp_path / "gone")
        archive = Archive(home.settings.archive_zone)
        archive.begin_acceptance(put_into_archive(archive.archive_zone, of_routy("3"), datetime.now(UTC)))
        with pytest.raises(NotPossible, match="was being accepted when its process ended"):
            abandon_rebuild(home.platform, Reporter())
        shutil.rmtree(archive.archive_zone)
        with pytest.raises(NotPossible, match="`growthleads rebuild --abandon` goes on with what the database holds"):
            rebuild_from_archive(home.platform, Reporter())
        assert abandon_rebuild(home.platform, Reporter())

        assert "The rebuild is abandoned" in capsys.readouterr().out
        with home.platform.connected() as connection:
            assert home.platform.rebuild_due(connection) is None
