"""What docker-compose.yml starts, started without Docker: its commands and environment, as processes on this machine.

Only names of hosts, ports and folders are others than in containers, and PostgreSQL is the bundled 18 instead of 17.
`kill -9` of all that a container runs stands for its end, and starting it again for its restart policy.
"""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sysconfig
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from dotenv import dotenv_values

from growthleads_assets.settings import CHECKOUT, SETTING_VARIABLES
from growthleads_assets.warehouse.embedded import SERVER_SETTINGS
from growthleads_assets.warehouse.installation import Account, binaries_for
from tests.cases import RAW_EARNINGS, no_clicks, routy
from tests.homes import folder_for_all
from tests.test_dev import PATIENCE_SECONDS, free_port, processes_of, until

COMPOSE = CHECKOUT / "docker-compose.yml"
CONTAINER_FOLDERS = {
    "/var/lib/growthleads": "state",
    "/srv/landing_zone": "landing_zone",
    "/srv/archive_zone": "archive_zone",
}


def services_of(variables: Mapping[str, str]) -> dict[str, Any]:
    """The services of the compose file as compose reads it: values are interpolated once YAML has been read."""
    services: dict[str, Any] = _interpolated(yaml.safe_load(COMPOSE.read_text())["services"], variables)
    return services


def _interpolated(node: Any, variables: Mapping[str, str]) -> Any:
    match node:
        case dict():
            return {key: _interpolated(value, variables) for key, value in node.items()}
        case list():
            return [_interpolated(value, variables) for value in node]
        case str():
            return re.sub(r"\$\{(\w+)(:-|:\?)([^}]*)\}", lambda match: _value(match, variables), node)
    return node


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    """`${X:-default}`, and `${X:?what to do}` for what must be set."""
    name, kind, rest = match.groups()
    assert variables.get(name) or kind == ":-", f"{name} is missing: {rest}"
    return variables.get(name) or rest


@dataclass
class Deployment:
    """The services of the compose file, and what can be seen of them from outside."""

    folder: Path
    variables: Mapping[str, str]
    services: Mapping[str, Any] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ended: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.services = services_of(self.variables)
        (self.folder / "landing_zone").mkdir()
        (self.folder / "archive_zone").mkdir()

    def _environment(self, service: str) -> dict[str, str]:
        """What a container has: the image's variables and the service's, and nothing of whoever starts it."""
        coverage = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.defpath])
        own = {name: str(value) for name, value in self.services[service]["environment"].items()}
        for inside, outside in CONTAINER_FOLDERS.items():
            own = {name: value.replace(inside, str(self.folder / outside)) for name, value in own.items()}
        return {**coverage, "PATH": path, "HOME": str(self.folder), **own}

    def _command(self, arguments: list[str]) -> list[str]:
        return [argument.replace("0.0.0.0", "127.0.0.1") for argument in arguments]  # noqa: S104

    def run_once(self, service: str) -> str:
        """Run a one-shot service; what it said."""
        command = self._command(self.services[service]["command"])
        ended = subprocess.run(
            command, env=self._environment(service), cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    def start(self, service: str) -> None:
        if service == "postgres":
            self._start_postgres()
            return
        with (self.folder / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                self._command(self.services[service]["command"]),
                env=self._environment(service),
                cwd=CHECKOUT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _start_postgres(self) -> None:
        """As the entrypoint of PostgreSQL's image does it."""
        account = Account.current()
        binaries, home = binaries_for(account), self.folder / "postgres"
        environment = self.services["postgres"]["environment"]
        if not home.exists():
            home.mkdir()
            password = home / "password"
            password.write_text(environment["POSTGRES_PASSWORD"])
            account.take_over(home)
            arguments = environment["POSTGRES_INITDB_ARGS"].split()
            made = account.run(
                [binaries / "initdb", "-D", "data", "-U", "postgres", "--pwfile=password", *arguments], cwd=home
            )
            assert made.returncode == 0, made.stderr
        here = ["-D", str(home / "data"), "-k", str(home), f"-p{self.variables['DATABASE_PORT']}"]
        here += ["-clisten_addresses=127.0.0.1", "-cdynamic_shared_memory_type=mmap"]
        user = account.user
        identity: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid} if account.is_other else {}
        program, *options = self.services["postgres"]["command"]
        with (self.folder / "postgres.log").open("ab") as log:
            self.running["postgres"] = subprocess.Popen(
                [binaries / program, *here, *options],
                env={"PATH": os.defpath},
                cwd=home,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **identity,
            )

    def kill(self, service: str) -> None:
        """`kill -9` of all that the service's container runs."""
        container = self.running.pop(service)
        for process in processes_of(container.pid):
            process.kill()
        container.wait(PATIENCE_SECONDS)
        until(lambda: not processes_of(container.pid), f"nothing of {service} is left")

    def stop(self, service: str) -> int:
        """What `docker compose stop` does; the exit code."""
        container = self.running.pop(service)
        container.send_signal(signal.SIGINT if service == "postgres" else signal.SIGTERM)
        code = container.wait(PATIENCE_SECONDS)
        until(lambda: not processes_of(container.pid), f"nothing of {service} is left")
        return code

    def restart_what_ended(self) -> None:
        """The restart policy of the services."""
        for service, process in list(self.running.items()):
            if process.poll() is not None:
                assert self.services[service]["restart"] == "unless-stopped"
                self.start(service)

    def is_healthy(self, service: str) -> bool:
        """Whether the service's health check passes."""
        kind, *command = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        check = subprocess.run(
            self._command(command), env=self._environment(service), cwd=CHECKOUT, capture_output=True, check=False
        )
        return check.returncode == 0

    def land(self, files: Mapping[str, str | bytes]) -> None:
        for relative, content in files.items():
            path = self.folder / "landing_zone" / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(content))

    def connect(self, role: str = "growthleads_loader", dbname: str = "growthleads") -> psycopg.Connection:
        password = {"growthleads_loader": "LOADER", "growthleads_reader": "READER", "growthleads_dagster": "DAGSTER"}
        return psycopg.connect(
            host="127.0.0.1",
            port=self.variables["DATABASE_PORT"],
            user=role,
            dbname=dbname,
            password=self.variables[f"{password[role]}_PASSWORD"],
            connect_timeout=10,
        )

    def rows(self, query: str, **who: str) -> list[tuple[Any, ...]]:
        with self.connect(**who) as connection:
            return connection.execute(query.encode()).fetchall()

    def pays(self) -> set[tuple[str, str]]:
        """Day and commission of the rows of part 3, as stakeholders see them."""
        query = "select date::text, total_commission::text from gold.solution_3_marketing_daily"
        return {*self.rows(query, role="growthleads_reader")}

    def until_it_pays(self, *expected: tuple[str, str]) -> None:
        def is_so() -> bool:
            self.restart_what_ended()
            try:
                return self.pays() == {*expected}
            except psycopg.Error:
                return False

        until(is_so, f"the marts say {expected}")

    def locations(self) -> list[str]:
        """The code locations that the UI shows as loaded."""
        query = (
            "{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } } }"
        )
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.variables['WEBSERVER_PORT']}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - the webserver's own address
                entries = json.load(answer)["data"]["workspaceOrError"]["locationEntries"]
        except (OSError, urllib.error.URLError):
            return []
        loaded = "RepositoryLocation"
        return [entry["name"] for entry in entries if (entry["locationOrLoadError"] or {}).get("__typename") == loaded]

    @contextmanager
    def marts_locked(self) -> Iterator[None]:
        """Whoever publishes meanwhile has to wait."""
        with self.connect() as connection:
            connection.execute("lock table gold.solution_3_marketing_daily in share mode")
            yield

    def someone_waits_to_publish(self) -> bool:
        query = "select 1 from pg_locks where not granted and relation = 'gold.solution_3_marketing_daily'::regclass"
        return bool(self.rows(query))


def variables_of(**own: str) -> dict[str, str]:
    """What `.env` says once `make env` was there: `.env.example` with passwords."""
    example = {name: value or "" for name, value in dotenv_values(CHECKOUT / ".env.example").items()}
    passwords = {name: secrets.token_hex(24) for name in example if name.endswith("_PASSWORD")}
    return {**example, **passwords, **own}


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with folder_for_all() as folder:
        variables = variables_of(
            DATABASE_HOST="127.0.0.1",
            DATABASE_PORT=str(free_port()),
            CODE_SERVER_HOST="127.0.0.1",
            CODE_SERVER_PORT=str(free_port()),
            WEBSERVER_PORT=str(free_port()),
            GROWTHLEADS_SETTLE_SECONDS="1",
        )
        deployment = Deployment(folder, variables)
        try:
            yield deployment
        finally:
            for service in reversed(list(deployment.running)):
                deployment.kill(service)


# One test, because each start and each run costs as much as all that is looked at.
@pytest.mark.takes_minutes
def test_what_compose_starts_publishes_whatever_is_killed(deployment: Deployment) -> None:
    deployment.land({**RAW_EARNINGS, **routy("2024-03-01", ",A,Foo,US,,1.10,0,0"), **no_clicks("2024-03-01")})
    deployment.start("postgres")
    until(lambda: _accepts(deployment), "PostgreSQL accepts connections")
    said = deployment.run_once("init") + deployment.run_once("storage")
    assert not any(value in said for name, value in deployment.variables.items() if name.endswith("_PASSWORD"))
    deployment.start("code")
    until(lambda: _listens(deployment.variables["CODE_SERVER_PORT"]), "the code location listens")
    until(lambda: deployment.is_healthy("code"), "the code location is healthy")
    deployment.start("webserver")
    deployment.start("daemon")
    deployment.until_it_pays(("2024-03-01", "1.10"))
    until(lambda: deployment.locations() == ["growthleads"], "the UI shows the code location")
    assert deployment.is_healthy("webserver")
    assert deployment.is_healthy("daemon")

    # Files land while nobody looks and are taken up while there is no UI, and the code location with a run in it is
    # killed as that is about to publish.
    deployment.kill("webserver")
    deployment.kill("daemon")
    deployment.land({**routy("2024-03-02", ",A,Foo,US,,2.20,0,0"), **no_clicks("2024-03-02")})
    deployment.land(routy("2024-03-01", ",A,Foo,US,,7.70,0,0"))
    with deployment.marts_locked():
        deployment.start("daemon")
        until(deployment.someone_waits_to_publish, "the correction is being published")
        deployment.kill("code")
    deployment.start("code")
    deployment.until_it_pays(("2024-03-01", "7.70"), ("2024-03-02", "2.20"))

    # The database is killed under all of them.
    deployment.start("webserver")
    deployment.kill("postgres")
    deployment.land({**routy("2024-03-03", ",A,Foo,US,,3.30,0,0", ",B,Foo,US,,0.01,0,0"), **no_clicks("2024-03-03")})
    deployment.start("postgres")
    deployment.until_it_pays(
        ("2024-03-01", "7.70"), ("2024-03-02", "2.20"), ("2024-03-03", "3.30"), ("2024-03-03", "0.01")
    )
    until(lambda: deployment.locations() == ["growthleads"], "the UI shows the code location again")

    # Nothing is doubled: four rows landed in force, and 7.70 + 2.20 + 3.30 + 0.01 = 13.21.
    assert deployment.rows("select _file, raw_earnings::numeric(9, 2)::text from bronze.routy order by 1, 2") == [
        ("2024-03-01.csv", "7.70"),
        ("2024-03-02.csv", "2.20"),
        ("2024-03-03.csv", "0.01"),
        ("2024-03-03.csv", "3.30"),
    ]
    months = "select operator, month::text, total_commission::text from gold.solution_3_operators_monthly"
    assert deployment.rows(months, role="growthleads_reader") == [("Foo", "2024-03-01", "13.21")]
    restated = "select mart, old_commission::text, new_commission::text from gold.commission_restatements where "
    restated += "mart like 'solution_3_marketing%'"
    assert deployment.rows(restated) == [("solution_3_marketing_daily", "1.10", "7.70")]
    # Of the run that was killed it is on record that it failed, in Dagster's own database.
    failed = "select exists (select from dagster.runs where status = 'FAILURE')"
    assert deployment.rows(failed, role="growthleads_dagster", dbname="growthleads_dagster") == [(True,)]
    # Only PostgreSQL's volume and the zones are for good: the landing zone holds the dimensions, all else has left.
    landed = {path.name for path in (deployment.folder / "landing_zone").rglob("*.csv")}
    assert landed == set(RAW_EARNINGS)

    for service in ("daemon", "webserver", "code", "postgres"):
        assert deployment.stop(service) in (0, 143, -signal.SIGTERM), service


def _listens(port: str) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", int(port))) == 0


def _accepts(deployment: Deployment) -> bool:
    """Whether PostgreSQL answers; a password is wanted, so anyone else is refused."""
    try:
        deployment.connect().close()
    except psycopg.OperationalError as error:
        return "password authentication failed" in str(error)
    return True


def test_the_compose_file_hands_on_every_setting_and_the_rights_of_owner_and_administrator_to_init_alone() -> None:
    services = services_of(variables_of(**{f"{name}_PASSWORD": f"of-{name}" for name in ("POSTGRES", "OWNER")}))

    of_init = {"GROWTHLEADS_ADMIN_DATABASE_URL", "GROWTHLEADS_OWNER_DATABASE_URL"}
    assert set(SETTING_VARIABLES) - services["code"]["environment"].keys() == of_init
    assert set(SETTING_VARIABLES) <= services["init"]["environment"].keys()
    others = [str(service) for name, service in services.items() if name not in {"init", "postgres"}]
    assert not any("of-POSTGRES" in service or "of-OWNER" in service for service in others)
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
    # Without passwords nothing starts.
    with pytest.raises(AssertionError, match="LOADER_PASSWORD is missing"):
        services_of(variables_of(LOADER_PASSWORD=""))


def test_postgresql_is_set_up_as_the_embedded_server_is() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    program, *options = services["postgres"]["command"]
    in_compose = dict(option.removeprefix("-c").split("=", 1) for option in options)
    # The embedded server has no network, logs no checkpoints, and must not take the machine's time zone.
    of_embedded_alone = {"listen_addresses", "log_checkpoints", "timezone", "log_timezone"}

    assert program == "postgres"
    assert in_compose == {name: value for name, value in SERVER_SETTINGS.items() if name not in of_embedded_alone}, (
        "What both servers are set to is in docker-compose.yml and in SERVER_SETTINGS of "
        "growthleads_assets/warehouse/embedded.py: change it in both."
    )


def test_the_image_installs_what_is_tested() -> None:
    def pinned(name: str) -> dict[str, str]:
        blocks = re.split(r"^(?=[a-z0-9])", (CHECKOUT / name).read_text(), flags=re.MULTILINE)[1:]
        return {block.split("==")[0]: "".join(re.findall(r"==\S+|sha256:\w+", block)) for block in blocks}

    tested, installed = pinned("requirements.lock"), pinned("requirements-image.lock")

    assert installed
    assert installed.items() <= tested.items()
