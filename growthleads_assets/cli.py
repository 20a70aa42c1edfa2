"""The `growthleads` command.

Belongs here: commands, options, exit codes. Does not: what they do (commands/).
"""

import json
import signal
import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import psycopg

from growthleads_assets import garbage
from growthleads_assets.commands.reporting import NotPossible, Reporter, plain_values
from growthleads_assets.settings import Settings, SettingsError, load_settings
from growthleads_assets.warehouse.database import NOT_THERE, DatabaseUnavailable


def _explained(command: Callable[..., int | None]) -> Callable[..., None]:
    """Exit with the command's code; what a user can mend becomes a sentence and exit code 1, not a traceback."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        # `kill` is to end a process as an exception does, so that the database is given back.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        # A shell that starts a command in the background has it ignore Ctrl-C; asked by signal, it is to end too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            code = command(*args, **kwargs)
        except (SettingsError, DatabaseUnavailable, NotPossible) as problem:
            Reporter().complain(str(problem))
            code = 1
        except psycopg.OperationalError as problem:
            # The connection was lost, or the server has no room: nothing that the platform or its user did wrong.
            reason = " ".join(str(problem).split()).rstrip(".")
            Reporter().complain(f"The database could not go on: {reason}. Try again once it can; its log says more.")
            code = 1
        except NOT_THERE as missing:
            Reporter().complain(
                f"The database lacks something that it should have: {missing.diag.message_primary}. Somebody dropped "
                "it, or it is being made again at the moment. `growthleads check` makes again what dbt makes, but no "
                "rows of marts: these and all of bronze are in a backup."
            )
            code = 1
        except KeyboardInterrupt:
            Reporter().complain("Stopped. What was not finished is taken up by the next run.")
            code = 130
        except BrokenPipeError:
            # The reader of a pipe (such as `head`) had enough.
            sys.stderr.close()
            code = 0
        sys.exit(code or 0)

    return wrapper


_DAY = click.DateTime(formats=["%Y-%m-%d"])


def _days_between(first: datetime | None, last: datetime | None) -> tuple[date | None, date | None]:
    """The days of --from and --to. Raises NotPossible when they are the wrong way round."""
    if first and last and first > last:
        raise NotPossible(f"{first.date()} is after {last.date()}: give the earlier day with --from.")
    return first and first.date(), last and last.date()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="growthleads")
def main() -> None:
    """Affiliate commission from landed files to published marts.

    Configuration is environment variables, and .env: see the README.
    """
    garbage.look_seldom()
    garbage.leave_all_to_the_system_at_exit()


@main.command()
@_explained
def run() -> int:
    """Load everything that has landed and publish what it touches.

    Exit code 1: a file was refused or a run failed; everything else is loaded.
    """
    return _run(load_settings())


def _run(settings: Settings) -> int:
    from growthleads_assets.commands.run import run_pass
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    with working_on(settings) as (inside, _):
        return 0 if run_pass(Platform(inside, SOURCES), Reporter()) else 1


@main.command()
@click.option("--from", "first", required=True, type=_DAY, help="The first day.")
@click.option("--to", "last", required=True, type=_DAY, help="The last day.")
@click.option("--source", help="Read only the files of this source again.")
@_explained
def backfill(first: datetime, last: datetime, source: str | None) -> int:
    """Rebuild days from the accepted files, and publish what comes out differently."""
    from growthleads_assets.commands.backfill import rebuild
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    with working_on(load_settings()) as (inside, _):
        succeeded = rebuild(Platform(inside, SOURCES), first.date(), last.date(), source, Reporter())
    return 0 if succeeded else 1


@main.command()
@click.option("--catch-up", is_flag=True, help="Load into a database that holds files what it lacks of the archive.")
@click.option("--abandon", is_flag=True, help="End an interrupted rebuild whose archive is gone for good.")
@_explained
def rebuild(catch_up: bool, abandon: bool) -> int:
    """Load every accepted version from the archive into an empty database, then what has landed, and publish.

    Interrupted, it goes on where it was. Exit code 1: something could not be loaded, and is named.
    """
    from growthleads_assets.commands.rebuild import abandon_rebuild, rebuild_from_archive
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    if abandon and catch_up:
        raise NotPossible("--abandon ends a rebuild and --catch-up begins one: give one of them.")
    with working_on(load_settings()) as (inside, _):
        platform, reporter = Platform(inside, SOURCES), Reporter()
        if abandon:
            return 0 if abandon_rebuild(platform, reporter) else 1
        return 0 if rebuild_from_archive(platform, reporter, catches_up=catch_up) else 1


@main.command()
@click.argument("source")
@click.argument("file")
@_explained
def revert(source: str, file: str) -> int:
    """Go back to the version of FILE (such as 2024-03-26.csv) of SOURCE before the one in force."""
    from growthleads_assets.commands.revert import land_previous_version
    from growthleads_assets.commands.run import run_pass
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    with working_on(load_settings()) as (inside, _):
        platform = Platform(inside, SOURCES)
        Reporter().say(land_previous_version(platform, source, file))
        return 0 if run_pass(platform, Reporter()) else 1


@main.command()
@click.option("--from", "first", type=_DAY, help="The first day; months that it lies in are shown too.")
@click.option("--to", "last", type=_DAY, help="The last day.")
@click.option("--source", help="Only what this source's files brought about, or of this marketing source.")
@click.option("--all", "with_accruals", is_flag=True, help="Show accruals too: months and sums that new days moved.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of the ledger's columns.")
@_explained
def restatements(
    first: datetime | None, last: datetime | None, source: str | None, with_accruals: bool, as_json: bool
) -> None:
    """List published numbers that changed, with the file that brought it about."""
    from growthleads_assets.commands import restatements as listing
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform
    from growthleads_assets.warehouse.restatements import restatements as read

    first_day, last_day = _days_between(first, last)
    with working_on(load_settings()) as (inside, _), Platform(inside, SOURCES).connected() as connection:
        rows = read(
            connection,
            first=first_day,
            last=last_day,
            source=source,
            with_accruals=with_accruals,
        )
    if as_json:
        click.echo(json.dumps(plain_values(rows), indent=2, ensure_ascii=False))
    else:
        listing.show(rows, Reporter(), is_selection=bool(first or last or source))


@main.group(invoke_without_command=True)
@click.option("--from", "first", type=_DAY, help="The first day.")
@click.option("--to", "last", type=_DAY, help="The last day.")
@click.option("--source", help="Only what this source delivered.")
@click.option("--all", "with_resolved", is_flag=True, help="Show too what a later version of its file resolved.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of the same.")
@click.pass_context
def quarantine(context: click.Context, /, **options: Any) -> None:
    """List what is held out of the calculation, by source, day and reason, with the money it is worth."""
    if context.invoked_subcommand is None:
        _list_quarantine(**options)


@_explained
def _list_quarantine(
    first: datetime | None, last: datetime | None, source: str | None, with_resolved: bool, as_json: bool
) -> None:
    from growthleads_assets.commands import quarantine as listing
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform
    from growthleads_assets.warehouse.quarantine import held_out

    first_day, last_day = _days_between(first, last)
    if source not in (None, *SOURCES):
        raise NotPossible(f"There is no source {source}; the sources are {', '.join(SOURCES)}.")
    with working_on(load_settings()) as (inside, _), Platform(inside, SOURCES).connected() as connection:
        rows = held_out(connection, first=first_day, last=last_day, source=source, with_resolved=with_resolved)
    if as_json:
        click.echo(json.dumps(plain_values(rows), indent=2, ensure_ascii=False))
    else:
        listing.show_list(rows, SOURCES, Reporter(), is_selection=bool(first or last or source))


@quarantine.command(name="show")
@click.argument("file", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of rows.")
@_explained
def show_quarantine(file: tuple[str, ...], as_json: bool) -> None:
    """Show the rows of FILE (such as routy/2024-03-26.csv) that are held out, each with what to do."""
    from growthleads_assets.commands import quarantine as listing
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform
    from growthleads_assets.landing.archive import Archive

    with working_on(load_settings()) as (inside, _):
        platform = Platform(inside, SOURCES)
        with platform.connected() as connection:
            found = listing.find(platform, connection, file)
    if as_json:
        click.echo(json.dumps(plain_values(found.rows), indent=2, ensure_ascii=False))
    else:
        listing.show_rows(found, Archive(inside.archive_zone), Reporter())


@quarantine.command(name="export")
@click.argument("file", nargs=-1, required=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output.")
@_explained
def export_quarantine(file: tuple[str, ...], output: Path | None) -> None:
    """Write the rows of FILE that are held out in the file's own format, to be mended and landed again."""
    from growthleads_assets.commands import quarantine as listing
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform
    from growthleads_assets.landing.archive import Archive

    with working_on(load_settings()) as (inside, _):
        platform = Platform(inside, SOURCES)
        with platform.connected() as connection:
            found = listing.find(platform, connection, file)
        content = listing.as_file(found, Archive(inside.archive_zone))
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        output.write_bytes(content)
    except OSError as problem:
        raise NotPossible(f"{output} cannot be written: {problem.strerror}.") from None
    Reporter().say(f"{listing.said_of(found)} written to {output}.")


@main.command()
@_explained
def demo() -> int:
    """Show it all on sample data, in a home of its own."""
    from growthleads_assets.commands.demo import demo_settings, run_demo
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    with working_on(demo_settings()) as (inside, _):
        return 0 if run_demo(Platform(inside, SOURCES), Reporter()) else 1


@main.command()
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Port on 127.0.0.1.")
@click.option("--demo", "on_demo", is_flag=True, help="Open the UI on the demo's home.")
@_explained
def dev(port: int, on_demo: bool) -> int:
    """Open the Dagster UI and start the daemon, on 127.0.0.1."""
    from growthleads_assets.commands.demo import demo_settings
    from growthleads_assets.commands.dev import serve
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.warehouse.environment import child_environment

    settings = demo_settings() if on_demo else load_settings()
    if "ui_url" not in settings.model_fields_set:
        settings = settings.model_copy(update={"ui_url": f"http://127.0.0.1:{port}"})
    with working_on(settings) as (_, database):
        return serve(port, child_environment(settings, database), settings, Reporter())


@main.command()
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 1000), help="How many days to show.")
@click.option("--to", "last", type=_DAY, help="The last of them, instead of today.")
@click.option("--files", "with_files", is_flag=True, help="List all files and days too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: files, days, completeness, payout and quarantine.")
@_explained
def status(days: int, last: datetime | None, with_files: bool, as_json: bool) -> None:
    """Show which days can be paid out and why others cannot, and what has landed without being loaded."""
    from growthleads_assets.commands import status as overview
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    with working_on(load_settings()) as (inside, _):
        found = overview.status(Platform(inside, SOURCES), number_of_days=days, last=last.date() if last else None)
    if as_json:
        click.echo(json.dumps(overview.as_json(found), indent=2, ensure_ascii=False))
    else:
        overview.show_status(found, SOURCES, Reporter(), with_files=with_files)


@main.command()
@_explained
def check() -> int:
    """Check all of history: every rule, and what is worth a look. Exit code 1: a rule is broken."""
    from growthleads_assets.commands.check import check_history
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    with working_on(load_settings()) as (inside, _):
        return 0 if check_history(Platform(inside, SOURCES), Reporter()) else 1


@main.command()
@click.option("--keep", help="Instead of GROWTHLEADS_KEEP_RUNS, such as 30d.")
@_explained
def trim(keep: str | None) -> None:
    """Delete Dagster's record of old runs, as the job `retention` does each day; all data and its history stay."""
    from growthleads_assets.commands import trim as trimming
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    with working_on(load_settings(**({} if keep is None else {"keep_runs": keep}))) as (inside, _):
        trimming.trim(Platform(inside, SOURCES), Reporter())


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of alerts with their deliveries.")
@click.option(
    "--test", is_flag=True, help="Send a test message over each channel; exit code 1 if one does not take it."
)
@_explained
def alerts(as_json: bool, test: bool) -> int:
    """List what people were told of, and whether it reached them."""
    from growthleads_assets.commands import alerts as listing
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform
    from growthleads_assets.warehouse.alerts import alerts_raised

    settings = load_settings()
    if test:
        return 0 if listing.send_test(settings, Reporter()) else 1
    with working_on(settings) as (inside, _), Platform(inside, SOURCES).connected() as connection:
        raised = alerts_raised(connection)
    if as_json:
        click.echo(json.dumps(listing.as_json(raised, settings.ui_url), indent=2, ensure_ascii=False))
    else:
        listing.show(raised, Reporter())
    return 0


@main.command()
@click.option("--serve", is_flag=True, help="Serve them at /metrics until stopped, instead of printing them once.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option("--port", default=9464, show_default=True, type=click.IntRange(1, 65535), help="The port to serve on.")
@_explained
def metrics(serve: bool, host: str, port: int) -> None:
    """Print what an operator watches, as Prometheus metrics."""
    from growthleads_assets.commands import metrics as watch
    from growthleads_assets.contracts.registry import SOURCES
    from growthleads_assets.home.platform import Platform

    platform = Platform(load_settings(), SOURCES)
    if serve:
        watch.serve(platform, host, port, Reporter())
    else:
        click.echo(watch.exposition(platform), nl=False)


@main.command()
@click.argument("mart")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A .csv, .parquet or .xlsx file.")
@_explained
def export(mart: str, output: Path | None) -> int:
    """Write MART, a table or view of gold, as CSV to standard output or to a file."""
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.warehouse.export import NotExportable, export_to, write_csv

    with (
        working_on(load_settings()) as (_, database),
        psycopg.connect(database.conninfo, autocommit=True) as connection,
    ):
        try:
            if output:
                export_to(connection, mart, output)
            else:
                # Buffered in any case, as standard output itself is not where PYTHONUNBUFFERED is set: what is not, may
                # take a part of a row and raise nothing.
                with open(sys.stdout.fileno(), "wb", closefd=False) as target:
                    write_csv(connection, mart, target)
        except NotExportable as problem:
            Reporter().complain(str(problem))
            return 1
        except OSError as problem:
            if isinstance(problem, BrokenPipeError):
                raise
            Reporter().complain(f"{output or 'standard output'} cannot be written: {problem.strerror}.")
            return 1
    return 0


@main.group()
def database() -> None:
    """The home's database: making and migrating it, its URL, and keeping it up."""


@database.command()
@_explained
def init() -> None:
    """Create the roles and databases that the settings name, and the platform's tables; again, it mends them.

    GROWTHLEADS_ADMIN_DATABASE_URL names who may create roles and databases; without it they are taken as they are.
    """
    from growthleads_assets.commands.database import initialise

    initialise(load_settings(), Reporter())


@database.command()
@_explained
def migrate() -> None:
    """Bring the platform's tables up to this release, as the role of GROWTHLEADS_OWNER_DATABASE_URL."""
    from growthleads_assets.commands.database import migrate as bring_up

    bring_up(load_settings(), Reporter())


@database.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_explained
def backup(file: Path) -> None:
    """Write the whole database to a new FILE; the archive zone is to be copied after it."""
    from growthleads_assets.commands.backup import backup as write

    write(load_settings(), file, Reporter())


@database.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_explained
def restore(file: Path) -> None:
    """Put the backup FILE in the place of a database that holds no files, and bring it up to this release."""
    from growthleads_assets.commands.backup import restore as read

    read(load_settings(), file, Reporter())


@database.command()
@_explained
def url() -> None:
    """Print the connection URL, for psql or a BI tool, without its password.

    Starts the embedded server, which needs no password, and keeps it up until `stop`.
    """
    from growthleads_assets.warehouse.server import keep_database_up

    database = keep_database_up(load_settings())
    click.echo(database.url_to_show)
    if database.url_to_show != database.url:
        Reporter().say_beside(
            "The password is not shown: give it to a client in PGPASSWORD or in ~/.pgpass, or use "
            "`growthleads exec -- psql`, which has it."
        )


@database.command()
@_explained
def start() -> None:
    """Start the embedded server and keep it up until `stop`."""
    from growthleads_assets.warehouse.server import keep_database_up

    click.echo(f"The database is up: {keep_database_up(load_settings())}.")


@database.command()
@_explained
def stop() -> None:
    """Stop the embedded server, now or with the last process that works with it."""
    from growthleads_assets.warehouse.server import StopOutcome, stop_database

    click.echo(
        {
            StopOutcome.STOPPED: "The database has stopped.",
            StopOutcome.NOT_RUNNING: "The database was not running.",
            StopOutcome.IN_USE: "Other processes work with the database: it stops when the last of them ends.",
            StopOutcome.EXTERNAL: "The database of GROWTHLEADS_DATABASE_URL is not the platform's to stop.",
        }[stop_database(load_settings())]
    )


@main.command(name="exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@_explained
def execute(command: tuple[str, ...]) -> int:
    r"""Run COMMAND with the platform's environment and its database up.

    \b
    growthleads exec -- dagster asset materialize -m growthleads_assets.definitions --select ... --partition ...
    growthleads exec -- psql
    """
    from growthleads_assets.commands.dev import become
    from growthleads_assets.commands.dev import execute as execute_command
    from growthleads_assets.commands.session import working_on
    from growthleads_assets.warehouse.environment import child_environment

    settings = load_settings()
    with working_on(settings) as (_, database):
        take_place = become if settings.database_url else execute_command
        return take_place(list(command), child_environment(settings, database), Reporter())
