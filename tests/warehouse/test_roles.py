"""An installation with roles: each is refused what it must not do, and no password shows anywhere."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import PREFIX, load_settings
from growthleads_assets.warehouse.database import Database, DatabaseUnavailable
from growthleads_assets.warehouse.locks import wait_until
from growthleads_assets.warehouse.migrations import NEWEST
from growthleads_assets.warehouse.roles import accounts, create_roles_and_databases
from growthleads_assets.warehouse.transformation import Transformation
from tests import forked
from tests.cases import RAW_EARNINGS, no_clicks, routy, scrapers
from tests.homes import Server, have_parsed

ROLES = ("owner", "loader", "reader", "dagster")
# With what has to be encoded in a URL.
PASSWORD = "s3cret/of@"
ALL_ROLES_NEED_A_PASSWORD = "local all postgres trust\nlocal all all scram-sha-256\n"


@dataclass
class Installation:
    """A home whose settings name a role for each purpose; files of one day lie in its landing zone."""

    server: Server
    home: Path

    def database(self, role: str, *, dbname: str = "growthleads") -> Database:
        if role == "admin":
            # The server's log gets every statement of the administrator.
            options = {"user": "postgres", "dbname": "postgres", "options": "-c log_statement=all"}
            return Database({**self.server.database.parameters, **options})
        user = {"user": f"growthleads {role}", "password": f"{PASSWORD}{role}", "dbname": dbname}
        return Database({**self.server.database.parameters, **user})

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A `growthleads` command; what it printed is looked through for passwords."""
        own = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PG"))}
        # Which is for other programs: names keep their characters.
        own["PGCLIENTENCODING"] = "LATIN1"
        settings = {
            "HOME": str(self.home),
            "SETTLE_SECONDS": "0",
            "DATABASE_URL": self.database("loader").url,
            "OWNER_DATABASE_URL": self.database("owner").url,
            "READER_DATABASE_URL": self.database("reader").url,
            "ADMIN_DATABASE_URL": self.database("admin").url,
            "DAGSTER_DATABASE_URL": self.database("dagster", dbname="dagster storage").url,
            **variables,
        }
        outcome = forked.Command(arguments, {**own, **{PREFIX + k: v for k, v in settings.items()}}).ended()
        assert not _secrets_in(outcome.stdout + outcome.stderr), arguments
        return outcome

    def land(self, files: Mapping[str, str]) -> None:
        for relative, content in files.items():
            path = self.home / "landing_zone" / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)


def _secrets_in(text: str) -> list[str]:
    return [form for form in (PASSWORD, quote(PASSWORD, safe="")) if form in text]


@pytest.fixture
def installation(server: Server) -> Iterator[Installation]:
    """Roles and databases as `growthleads database init` makes them, on a server that asks for passwords.

    Each test has its own, as tests of one module may run in any of the processes, in any order.
    """
    made = Installation(server, server.folder / "installation")
    transformation = Transformation(
        load_settings(home=made.home).dbt_project_dir, made.home / ".growthleads/dbt/target", made.home / "logs"
    )
    shutil.rmtree(made.home, ignore_errors=True)
    made.home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGDATABASE", "growthleads")
        have_parsed(transformation)
    with _passwords_needed(server), psycopg.connect(made.database("admin").conninfo, autocommit=True) as connection:
        connection.execute("drop database if exists growthleads with (force)")
        try:
            assert made.run("database", "init").returncode == 0
            made.land({**RAW_EARNINGS, **routy("2024-03-01", ",A,Foo,US,,1.5,0,0", ",A,Bar,US,,x,0,0")})
            made.land({**no_clicks("2024-03-01"), **scrapers("2024-03-01", ",A,Foo,US,100,0")})
            yield made
        finally:
            for database in ("growthleads", "dagster storage"):
                connection.execute(f'drop database if exists "{database}" with (force)'.encode())
            for role in ROLES:
                connection.execute(f'drop role if exists "growthleads {role}"'.encode())


@contextmanager
def _passwords_needed(server: Server) -> Iterator[None]:
    rules = server.folder / ".growthleads" / "postgresql" / "data" / "pg_hba.conf"
    before = rules.read_text()
    with psycopg.connect(server.maintenance, autocommit=True) as connection:
        connection.execute("create role nobody_knows login password 'x'")

        def refused() -> bool:
            try:
                psycopg.connect(server.maintenance, user="nobody_knows", password="y").close()  # noqa: S106 - a wrong one
            except psycopg.OperationalError:
                return True
            return False

        rules.write_text(ALL_ROLES_NEED_A_PASSWORD + before)
        connection.execute("select pg_reload_conf()")
        try:
            assert wait_until(refused, 60)
            connection.execute("drop role nobody_knows")
            yield
        finally:
            rules.write_text(before)
            connection.execute("select pg_reload_conf()")


def _refused(database: Database, statement: str) -> bool:
    """Whether the role of the connection lacks the right to do this."""
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def _rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.conninfo) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_pass_runs_as_the_loader_and_readers_see_gold_and_nothing_else(installation: Installation) -> None:
    # As where the loader had made it all, before there were roles.
    warehouse = Database({**installation.database("admin").parameters, "dbname": "growthleads"})
    with psycopg.connect(warehouse.conninfo) as connection:
        connection.execute('alter schema gold owner to "growthleads loader"')
        connection.execute('alter table bronze.files owner to "growthleads loader"')
        # An owner whose names of tables come without their schema; readers of before, one a group, and one who could
        # read more.
        connection.execute('alter role "growthleads owner" set search_path = bronze, gold')
        connection.execute("create role old_reader login")
        connection.execute("grant connect on database growthleads to old_reader")
        connection.execute('grant usage on schema gold, bronze to old_reader, "growthleads reader"')
        connection.execute('grant select on bronze.files, gold.published_days to old_reader, "growthleads reader"')
        connection.execute("grant select on gold.published_days to public")
        connection.execute('grant update (published_at) on gold.published_days to "growthleads reader"')
        connection.execute('grant select on bronze.migrations to "growthleads loader" with grant option')
        connection.execute('set role "growthleads loader"')
        connection.execute("grant select on bronze.migrations to old_reader")
        connection.execute("reset role")
        connection.execute("create role in_pg_hba")
        connection.execute('grant in_pg_hba to "growthleads loader"')

    again = installation.run("database", "init")

    assert again.returncode == 0, again.stderr
    assert "Schemas, tables and functions that now belong to another of these roles: 2." in again.stdout.splitlines()
    assert "The database growthleads was there, and belongs to growthleads owner." in again.stdout.splitlines()
    assert f"The platform's tables are at version {NEWEST}, as they were." in again.stdout.splitlines()
    taken = "In the database growthleads rights are taken from {} that the platform does not give: {}."
    for whom, places in {
        "everybody": "tables of gold",
        "the role growthleads reader": "schema bronze, tables of bronze, tables of gold",
        "the role old_reader": "database, schema bronze, schema gold, tables of bronze, tables of gold",
    }.items():
        assert taken.format(whom, places) in again.stdout.splitlines()
    with psycopg.connect(installation.database("admin").conninfo, autocommit=True) as connection:
        connection.execute("drop role old_reader")
        connection.execute("drop role in_pg_hba")

    may_write = "select has_column_privilege('growthleads reader', 'gold.published_days', 'published_at', 'update')"
    assert _rows(installation.database("owner"), may_write) == [(False,)]

    passed = installation.run("run")

    assert passed.returncode == 0, passed.stderr
    assert "published part 1 (web traffic): 1 day, 2024-03-01" in passed.stdout
    owner, loader, reader = (installation.database(role) for role in ("owner", "loader", "reader"))
    assert _rows(reader, "select operator, total_commission::text from gold.solution_3_operators_monthly") == [
        ("Foo", "1.50")
    ]
    # Every table and view, whoever made it: views read silver and bronze as their owner. Some look at days around one
    # that is to be calculated, as this one now is.
    with psycopg.connect(owner.conninfo) as connection:
        connection.execute("update bronze.calculations set settled_at = null")
    for (relation,) in _rows(
        owner,
        "select format('gold.%I', relname) from pg_class "
        "where relnamespace = 'gold'::regnamespace and relkind in ('r', 'v')",
    ):
        _rows(reader, f"select * from {relation}")
    owned = _rows(
        owner,
        "select relnamespace::regnamespace::text, pg_get_userbyid(relowner), count(*) > 1 from pg_class "
        "where relkind in ('r', 'v') and relnamespace::regnamespace::text in "
        "('bronze', 'silver', 'gold', 'candidate', 'dagster') group by 1, 2 order by 1, 2",
    )
    assert owned == [
        ("bronze", "growthleads owner", True),
        ("candidate", "growthleads loader", True),
        ("gold", "growthleads loader", True),
        ("gold", "growthleads owner", True),
        ("silver", "growthleads loader", True),
    ]

    # A function that acts for its owner is not to find another's tables and operators in place of those it means.
    assert _rows(
        owner,
        "select distinct proconfig from pg_proc where prosecdef and not pronamespace::regnamespace::text = any("
        "'{pg_catalog,information_schema}')",
    ) == [(["search_path=pg_catalog, pg_temp"],)]

    for statement in (
        "select * from bronze.files",
        "select * from silver.deals",
        "select * from silver.scraper_days('2024-03-01', '2024-03-01')",
        "select * from candidate.solution_1_marketing_daily",
        "insert into gold.published_days (part, date, inputs, run_id) values (1, '2024-03-02', '{}', '')",
        "delete from gold.solution_1_marketing_daily",
        "create table gold.mine (x int)",
        "create table public.mine (x int)",
        "create schema mine",
        "create temporary table mine (x int)",
    ):
        assert _refused(reader, statement), statement
    for statement in (
        "create role mine",
        "create database mine",
        "create schema mine",
        "drop table bronze.files cascade",
        "alter table bronze.quarantine add column mine int",
        "delete from bronze.files",
        "update bronze.files set sha256 = ''",
        "delete from bronze.quarantine",
        "truncate bronze.quarantine",
        "update bronze.quarantine set raw_line = ''",
        "update gold.commission_restatements set mart = ''",
        "delete from gold.commission_restatements",
        "insert into bronze.migrations (version, what, release) values (99, '', '')",
        "create table bronze.mine (x int)",
    ):
        assert _refused(loader, statement), statement
    for statement in (
        "create role mine",
        "create database mine",
        "alter system set work_mem = '1MB'",
        "copy bronze.files to '/tmp/x'",
    ):
        assert _refused(owner, statement), statement
    storage = "dagster storage"
    for role in ("loader", "owner", "reader"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(installation.database(role, dbname=storage).conninfo)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(installation.database("dagster").conninfo)
    assert _rows(installation.database("dagster", dbname=storage), "select status from dagster.runs")


def test_files_are_read_again_by_a_loader_who_may_delete_no_row_of_the_quarantine(installation: Installation) -> None:
    platform = Platform(load_settings(home=installation.home), SOURCES)
    held = "select line, resolved_at is null as counts from bronze.quarantine order by load_id"

    with psycopg.connect(installation.database("loader").conninfo, autocommit=True) as connection:
        (landed,) = (file for file in platform.landed(connection, settle_seconds=0) if file.source == "routy")
        platform.loader(connection, "first").load_landed(SOURCES["routy"], landed)
        assert _rows(installation.database("owner"), held) == [(3, True)]
        same = platform.loader(connection, "again").reload(SOURCES["routy"], "2024-03-01.csv")
        assert _rows(installation.database("owner"), held) == [(3, True)]
        by_other_rules = replace(platform.loader(connection, "again"), judged_by="the rules of another release")
        other = by_other_rules.reload(SOURCES["routy"], "2024-03-01.csv")

    for outcome in (same, other):
        assert (outcome.status, outcome.rows_loaded, outcome.rows_quarantined) == ("loaded", 1, 1)
    assert _rows(installation.database("owner"), held) == [(3, False), (3, True)]


def test_no_password_is_printed_logged_or_stored(installation: Installation) -> None:
    """After passes that succeed, that fail half way and that reach no database, whatever they left behind."""
    server = installation.server
    assert installation.run("run").returncode == 0
    # The publisher cannot record its days: the run fails in the middle, and its error is on record.
    with psycopg.connect(installation.database("owner").conninfo, autocommit=True) as connection:
        connection.execute('revoke insert on gold.published_days from "growthleads loader"')
    installation.land(routy("2024-03-01", ",A,Foo,US,,2.5,0,0"))
    failed = installation.run("run")
    assert failed.returncode == 1
    assert "permission denied for table published_days" in failed.stderr
    gone = Database({**installation.database("loader").parameters, "port": "1"})
    wrong = Database({**installation.database("loader").parameters, "password": f"{PASSWORD}not"})
    for database, reason in ((gone, "No such file or directory"), (wrong, "password authentication failed")):
        refused = installation.run("run", DATABASE_URL=database.url)
        assert refused.returncode == 1
        assert refused.stderr.startswith("The database of GROWTHLEADS_DATABASE_URL cannot be reached: ")
        assert reason in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    storage = Database({**installation.database("dagster").parameters, "dbname": "dagster storage", "password": "not"})
    refused = installation.run("run", DAGSTER_DATABASE_URL=storage.url)
    assert refused.stderr.startswith("The database of GROWTHLEADS_DAGSTER_DATABASE_URL cannot be reached: ")

    shown = installation.run("database", "url")
    assert shown.stdout.startswith("postgresql://growthleads%20loader@")
    assert "PGPASSWORD" in shown.stderr
    assert installation.run("exec", "--", "psql", "-Atc", "select current_user").stdout == "growthleads loader\n"

    files = [path for path in installation.home.rglob("*") if path.is_file()]
    assert {"dbt.log", "manifest.json"} <= {path.name for path in files}
    files.append(server.folder / ".growthleads" / "postgresql" / "server.log")
    assert "SCRAM-SHA-256$" in files[-1].read_text()
    for path in files:
        assert not _secrets_in(path.read_bytes().decode(errors="replace")), path
    for table in ("event_logs", "runs", "instance_info", "kvs"):
        for (row,) in _rows(
            installation.database("dagster", dbname="dagster storage"), f"select t::text from dagster.{table} as t"
        ):
            assert not _secrets_in(str(row)), table


def test_a_backup_restored_into_an_empty_database_says_the_same_and_nothing_is_new(installation: Installation) -> None:
    warehouse = Database({**installation.database("admin").parameters, "dbname": "growthleads"})
    assert installation.run("run").returncode == 0
    # What paid 1.50 is corrected to 2.50.
    installation.land(routy("2024-03-01", ",A,Größe ł,US,,2.5,0,0", ",A,Bar ł,US,,x,0,0"))
    passed = installation.run("run")
    assert passed.returncode == 0, passed.stderr
    assert _rows(installation.database("reader"), "select distinct difference::text from gold.commission_restatements")
    before = _everything(warehouse)
    dump = str(installation.home / "growthleads.dump")

    saved = installation.run("database", "backup", dump)

    assert saved.returncode == 0, saved.stderr
    again = installation.run("database", "backup", dump)
    assert again.stderr == f"{dump} is there already: name a new file, and no backup is ever overwritten.\n"
    refused = installation.run("database", "restore", dump)
    assert "holds files already" in refused.stderr
    with psycopg.connect(installation.database("admin").conninfo, autocommit=True) as connection:
        connection.execute("drop database growthleads with (force)")

    restored = installation.run("database", "restore", dump)

    assert restored.returncode == 0, restored.stderr
    assert _everything(warehouse) == before
    operators = "select operator from gold.solution_1_operators_monthly"
    assert _rows(installation.database("reader"), operators) == [("Größe ł",)]
    assert installation.run("exec", "--", "psql", "-Atc", operators).stdout == "Größe ł\n"
    nothing = installation.run("run")
    assert (nothing.returncode, nothing.stderr) == (0, "")
    assert "Nothing is new." in nothing.stdout
    assert _rows(
        installation.database("reader"), "select total_commission::text from gold.solution_1_marketing_daily"
    ) == [("2.50",)]


def _everything(warehouse: Database) -> dict[object, object]:
    """Every row of every table, the rights to each, in no order, and who owns it."""
    tables = _rows(
        warehouse,
        "select oid::regclass::text, pg_get_userbyid(relowner) || "
        "array(select right_to::text from unnest(relacl) as right_to order by 1)::text from pg_class "
        "where relkind in ('r', 'v') and relnamespace::regnamespace::text = any('{bronze,silver,gold,candidate}')",
    )
    return {
        table: (rights, _rows(warehouse, f"select t::text from {table} as t order by 1")) for table, rights in tables
    }


def test_an_encoding_matters_where_names_are_and_nowhere_else(installation: Installation) -> None:
    administrators = Database({**installation.database("admin").parameters, "dbname": "ascii"})
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'growthleads'"
    with psycopg.connect(installation.database("admin").conninfo, autocommit=True) as connection:
        connection.execute("create database ascii encoding 'SQL_ASCII' locale 'C' template template0")
        again = installation.run("database", "init", ADMIN_DATABASE_URL=administrators.url)
        connection.execute("drop database growthleads with (force)")
        connection.execute("create database growthleads encoding 'SQL_ASCII' locale 'C' template template0")

        refused = installation.run("database", "init", ADMIN_DATABASE_URL=administrators.url)

        assert _rows(administrators, owner) == [("postgres",)]
        connection.execute("drop database ascii with (force)")
    assert again.returncode == 0, again.stderr
    assert refused.returncode == 1
    assert "of GROWTHLEADS_DATABASE_URL has the encoding SQL_ASCII, and a name can have any character" in refused.stderr


def test_who_does_not_own_the_tables_is_told_who_upgrades_them(installation: Installation) -> None:
    with psycopg.connect(installation.database("owner").conninfo, autocommit=True) as connection:
        connection.execute("delete from bronze.migrations where version = %s", (NEWEST,))

    refused = installation.run("status")

    assert refused.returncode == 1
    assert refused.stderr == (
        f"The role growthleads loader does not own the platform's tables, which are at version {NEWEST - 1} and have "
        f"to be at {NEWEST}: run `growthleads database migrate`, with GROWTHLEADS_OWNER_DATABASE_URL set to the URL of "
        "the role that owns "
        "them.\n"
    )
    # The layout and the rights to it come together: who cannot get them must not meet new tables.
    half = installation.run("database", "migrate", READER_DATABASE_URL=installation.database("nobody").url)
    assert (half.returncode, half.stdout) == (1, "")
    assert half.stderr == (
        'A role of the settings has to exist before it gets its rights (role "growthleads nobody" does not exist): '
        "`growthleads database init` creates it, with GROWTHLEADS_ADMIN_DATABASE_URL set.\n"
    )
    assert _rows(installation.database("owner"), "select max(version) from bronze.migrations") == [(NEWEST - 1,)]
    upgraded = installation.run("database", "migrate")
    assert upgraded.returncode == 0, upgraded.stderr
    assert upgraded.stdout.startswith(f"Version {NEWEST}: ")
    assert installation.run("status").returncode == 0


@pytest.mark.parametrize(
    ("statements", "problem", "end"),
    [
        (
            'grant pg_read_all_data to "growthleads reader"',
            "growthleads reader of GROWTHLEADS_READER_DATABASE_URL is a member of pg_read_all_data",
            'revoke "pg_read_all_data" from "growthleads reader"',
        ),
        (
            'grant "growthleads owner" to "growthleads loader"',
            "growthleads loader of GROWTHLEADS_DATABASE_URL is a member of growthleads owner",
            'revoke "growthleads owner" from "growthleads loader"',
        ),
        (
            """
            create role team;
            create role payroll;
            create table public.pay (x int);
            grant select on public.pay to payroll;
            grant payroll to team;
            grant team to "growthleads reader";
            """,
            "growthleads reader of GROWTHLEADS_READER_DATABASE_URL is a member of payroll, by being one of team",
            'revoke "team" from "growthleads reader"',
        ),
    ],
)
def test_a_role_that_is_a_member_of_one_with_rights_is_refused(
    installation: Installation, statements: str, problem: str, end: str
) -> None:
    warehouse = Database({**installation.database("admin").parameters, "dbname": "growthleads"})
    with psycopg.connect(warehouse.conninfo, autocommit=True) as connection:
        connection.execute(statements.encode())

        refused = installation.run("database", "init")

        connection.execute(end.encode())
        connection.execute("drop table if exists public.pay")
        connection.execute("drop role if exists team, payroll")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"The role {problem}, which may do more than the platform needs: name another role, or end that with `{end}`.\n"
    )


@pytest.mark.parametrize(
    ("variable", "url", "here"),
    [
        ("OWNER_DATABASE_URL", "postgresql://owner@db-2/warehouse", "db-2, port 5432"),
        ("READER_DATABASE_URL", "postgresql://reader@db/warehouse?port=5433", "db, port 5433"),
        ("ADMIN_DATABASE_URL", "postgresql:///postgres?user=admin", "localhost, port 5432"),
    ],
)
def test_urls_of_two_servers_are_refused(monkeypatch: pytest.MonkeyPatch, variable: str, url: str, here: str) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", "postgresql://loader@DB:5432/warehouse")
    monkeypatch.setenv(f"{PREFIX}OWNER_DATABASE_URL", "postgresql://owner@db/warehouse")
    monkeypatch.setenv(f"{PREFIX}{variable}", url)
    settings = load_settings()

    with pytest.raises(DatabaseUnavailable) as refused:
        list(create_roles_and_databases(settings, accounts(settings)))

    assert str(refused.value) == (
        f"{PREFIX}{variable} names the server {here}, but {PREFIX}DATABASE_URL names db, port 5432: both must name the "
        "server of the warehouse, in the same words."
    )


def test_this_machine_is_one_server_however_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", "postgresql://loader@localhost/warehouse")
    monkeypatch.setenv(f"{PREFIX}OWNER_DATABASE_URL", "postgresql:///warehouse?user=owner&host=/run/postgresql")
    monkeypatch.setenv(f"{PREFIX}READER_DATABASE_URL", "postgresql://reader@127.0.0.1:5432/warehouse")

    assert {account.role for account in accounts(load_settings()).of_warehouse} == {"loader", "owner", "reader"}
