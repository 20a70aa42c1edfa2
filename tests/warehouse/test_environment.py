"""What child processes find: the same settings, the same database, Dagster's storage in its own schema."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from growthleads_assets.settings import SETTING_VARIABLES, Settings, load_settings
from growthleads_assets.warehouse.database import Database
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
    for variable in SETTING_VARIABLES:
        monkeypatch.setenv(variable, "of another home")
    environment = child_environment(settings, database)
    assert environment["LANG"] == "C.UTF-8"
    assert "of another home" not in environment.values()
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_the_password_of_an_external_database_reaches_psql_and_dbt(settings: Settings) -> None:
    external = Database(
        {"host": "db", "port": "6432", "user": "ann", "password": "p@ss/word", "dbname": "ledger", "sslmode": "require"}
    )
    environment = child_environment(settings, external)
    assert environment["PGPASSWORD"] == "p@ss/word"
    assert environment["PGSSLMODE"] == "require"
    assert environment["GROWTHLEADS_DATABASE_URL"] == "postgresql://ann:p%40ss%2Fword@db:6432/ledger?sslmode=require"


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
