"""What child processes find: the same settings, the same database, Dagster's storage in its own schema."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from dbt.cli.main import dbtRunner
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from growthleads_assets.settings import SECRET_FILE_VARIABLES, SETTING_VARIABLES, Settings, load_settings
from growthleads_assets.warehouse.database import Database, DatabaseUnavailable
from growthleads_assets.warehouse.environment import child_environment, prepare_dagster_home
from growthleads_assets.warehouse.server import running_database


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    home = Path(tempfile.mkdtemp(prefix="growthleads-test-"))
    home.chmod(0o755)
    yield load_settings(
        home=home,
        timezone="Asia/Tokyo",
        settle_seconds=0.5,
        late_after="90min",
        slack_webhook_url="https://example.com/s3cret",
        alert_mail_from="growth@example.com",
        alert_mail_to="ann@example.com,bob@example.com",
        smtp_url="smtp://ann:p%40ss%2Fword@example.com",
    )
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def database(settings: Settings) -> Iterator[Database]:
    with running_database(settings) as database:
        yield database


def _output(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(command, env=environment, cwd="/", check=True, capture_output=True, text=True).stdout.strip()


def test_a_child_has_the_same_settings_wherever_it_runs(settings: Settings, database: Database) -> None:
    program = """if True:
        from growthleads_assets.settings import load_settings
        settings = load_settings()
        print(settings, settings.mail_server.password, settings.slack_webhook_url.get_secret_value())
    """
    seen = _output(child_environment(settings, database), sys.executable, "-c", program)
    same = settings.model_copy(update={"database_url": SecretStr(database.url)})
    assert seen == f"{same} p@ss/word https://example.com/s3cret"


def test_psql_is_there_and_finds_the_database(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PGHOST", "somewhere.invalid")
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    environment = child_environment(settings, database)
    psql = shutil.which("psql", path=environment["PATH"])
    assert psql
    assert _output(environment, psql, "-Atc", "select current_database()") == "growthleads"


def test_the_callers_own_variables_stay_but_not_those_of_another_home(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    for variable in (*SETTING_VARIABLES, *SECRET_FILE_VARIABLES):
        monkeypatch.setenv(variable, "of another home")
    environment = child_environment(settings, database)
    assert environment["LANG"] == "C.UTF-8"
    assert "of another home" not in environment.values()
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_children_do_not_get_what_only_the_owner_and_the_administrator_may(settings: Settings) -> None:
    urls = {
        name: SecretStr(f"postgresql://{name}:s3cret-{name}@db/ledger")
        for name in ("owner", "admin", "reader", "loader")
    }
    of_roles = settings.model_copy(update={f"{name}_database_url": url for name, url in urls.items()})
    loader = {"host": "db", "port": "5432", "user": "loader", "dbname": "ledger", "password": "s3cret-loader"}
    environment = child_environment(of_roles, Database(loader))
    seen = [name for name in urls if any(f"s3cret-{name}" in value for value in environment.values())]
    assert seen == ["reader", "loader"]
    assert environment["GROWTHLEADS_READER_ROLE"] == "reader"


def test_children_do_not_find_it_in_their_homes_env_file_either(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    (settings.home / ".env").write_text(
        "GROWTHLEADS_OWNER_DATABASE_URL=postgresql://owner:s3cret@db/ledger\n"
        f"GROWTHLEADS_ADMIN_DATABASE_URL_FILE={tmp_path}/admin-url\n"
    )
    (tmp_path / "admin-url").write_text("postgresql://admin:s3cret@db/ledger")
    program = "from growthleads_assets.settings import load_settings as f; s = f(); print(s.model_dump_json())"
    seen = json.loads(_output(child_environment(settings, database), sys.executable, "-c", program))
    (settings.home / ".env").unlink()
    assert (seen["owner_database_url"], seen["admin_database_url"]) == (None, None)


def test_the_environment_of_a_child_of_a_child_is_the_same(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = child_environment(settings, database)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert child_environment(settings, database) == environment


def test_the_password_of_an_external_database_reaches_psql_and_dbt(settings: Settings) -> None:
    external = Database(
        {"host": "db", "port": "6432", "user": "ann", "password": "p@ss/word", "dbname": "ledger", "sslmode": "require"}
    )
    environment = child_environment(settings, external)
    assert environment["PGPASSWORD"] == "p@ss/word"
    assert environment["PGSSLMODE"] == "require"
    assert environment["GROWTHLEADS_DATABASE_URL"] == "postgresql://ann:p%40ss%2Fword@db:6432/ledger?sslmode=require"


@contextmanager
def _server_that_only_offers_tls() -> Iterator[int]:
    """The port of a server that agrees to TLS, and with which nobody gets any further."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with closing(connection):
                        connection.recv(8)
                        connection.send(b"S")
                        connection.recv(1)

        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_the_tls_options_of_a_url_reach_every_client(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them goes by `sslmode` and looks for `sslrootcert`, which is not there."""
    with _server_that_only_offers_tls() as port:
        options = f"sslmode=verify-full&sslrootcert={tmp_path}/ca.pem&sslcert={tmp_path}/cert.pem&gssencmode=disable"
        url = f"postgresql://ann:s3cret@127.0.0.1:{port}/ledger?{options}"
        with (
            pytest.raises(DatabaseUnavailable, match=f'root certificate file "{tmp_path}/ca.pem" does not exist'),
            running_database(load_settings(home=settings.home, database_url=url)),
        ):
            pytest.fail("it is not there")
        parameters = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        environment = child_environment(settings, Database(parameters))
        assert environment["PGSSLCERT"] == f"{tmp_path}/cert.pem"
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        psql = subprocess.run(["psql", "-c", ""], env=environment, check=False, capture_output=True, text=True)
        with pytest.raises(OperationalError) as storage:
            create_engine(environment["GROWTHLEADS_DAGSTER_STORAGE_URL"]).connect()
        log = StringIO()
        with redirect_stdout(log):
            dbtRunner().invoke(
                ["debug", "--connection", "--project-dir", environment["DBT_PROJECT_DIR"], "--no-use-colors"]
            )
        for said in (psql.stderr, str(storage.value), log.getvalue()):
            assert f'root certificate file "{tmp_path}/ca.pem" does not exist' in said
            assert "s3cret" not in said


def test_dagster_can_have_a_database_of_its_own(settings: Settings, database: Database) -> None:
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute("create database storage")
    own = Database({**database.parameters, "dbname": "storage"})
    apart = settings.model_copy(update={"dagster_database_url": SecretStr(own.url)})
    prepare_dagster_home(apart, database)
    tls = Database({**database.parameters, "sslmode": "verify-full", "sslrootcert": "/ca.pem"})
    environment = child_environment(apart, tls)
    program = """if True:
        import dagster
        from growthleads_assets.settings import load_settings
        with dagster.DagsterInstance.get() as instance:
            instance.get_runs()
        print(load_settings().dagster_database_url.get_secret_value())
    """
    assert _output(environment, sys.executable, "-c", program) == own.url
    with psycopg.connect(own.conninfo) as connection:
        schemas = connection.execute("select schemaname from pg_tables where tablename = 'event_logs'").fetchall()
    assert schemas == [("dagster",)]
    # What the warehouse asks of its connections is not asked of those to the other database.
    assert "sslmode=prefer&sslrootcert=&" in f"{environment['GROWTHLEADS_DAGSTER_STORAGE_URL']}&"
    gone = settings.model_copy(update={"dagster_database_url": SecretStr(own.url.replace("/storage", "/nowhere"))})
    with pytest.raises(DatabaseUnavailable, match=r"^The database of GROWTHLEADS_DAGSTER_DATABASE_URL cannot be reac"):
        child_environment(gone, database)


def test_dagsters_home_can_be_prepared_by_many_at_once(settings: Settings, database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: prepare_dagster_home(settings, database), range(8)))
    (settings.dagster_home / "dagster.yaml").write_text("storage: {}")
    prepare_dagster_home(settings, database)
    assert "growthleads/writer" in (settings.dagster_home / "dagster.yaml").read_text()
    assert [path.name for path in settings.dagster_home.iterdir()] == ["dagster.yaml"]


def test_dagster_stores_in_its_own_schema_and_runs_one_writer_at_a_time(settings: Settings, database: Database) -> None:
    prepare_dagster_home(settings, database)
    program = "import dagster; print(dagster.DagsterInstance.get().get_concurrency_config().run_queue_config)"
    limits = _output(child_environment(settings, database), sys.executable, "-c", program)
    assert "{'key': 'growthleads/writer', 'limit': 1}" in limits
    with psycopg.connect(database.conninfo) as connection:
        schemas = connection.execute("select schemaname from pg_tables where tablename = 'event_logs'").fetchall()
    assert schemas == [("dagster",)]
