"""Typed, checked configuration from the environment and a `.env` file.

Belongs here: what can be configured, what is accepted, and where things lie that follow from it.
Does not: anything that connects, or reads a file while it is imported.

A variable of the environment wins over the same one in a `.env` file; an empty value counts as unset. The `.env` of
the home is read. That of the checkout is read too unless the environment names another home, so a home of its own
(such as the demo's) never picks up the zones or the database of another.

Each secret setting `X` can be given as `X_FILE` instead: a file that holds the value, as Docker and Kubernetes hand
secrets to containers.

Paths may start with `~`. A relative `GROWTHLEADS_HOME` starts at the current directory (in the checkout's `.env`: at
the checkout), relative zones and files of secrets at the home.
"""

import contextlib
import difflib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "GROWTHLEADS_"
CHECKOUT = Path(__file__).resolve().parents[1]
"""The folder that holds this package, `dbt_project/` and `dagster.yaml`."""

DAGSTER_STORAGE_URL = f"{PREFIX}DAGSTER_STORAGE_URL"
READER_ROLE = f"{PREFIX}READER_ROLE"
PLATFORM_VARIABLES = frozenset({DAGSTER_STORAGE_URL, READER_ROLE})
"""Variables that the platform sets for its child processes: no settings, and no typing errors either."""

KEPT_FROM_CHILDREN = frozenset({"admin_database_url", "owner_database_url"})
"""Settings that only `growthleads database` uses: whatever else runs is not to have more rights than it needs."""


class SettingsError(Exception):
    """One sentence per wrong value, a line each: the variable, its value (no password) and what is accepted."""


def _folder(value: Path, info: ValidationInfo) -> Path:
    """The absolute folder a path means; one that does not exist yet is made when it is needed."""
    start: Path = info.data.get("home", Path.cwd())
    folder = (start / value.expanduser()).resolve()
    if folder.exists() and not folder.is_dir():
        raise ValueError("a folder, not a file")
    return folder


def _apart_from_landing_zone(archive: Path, info: ValidationInfo) -> Path:
    landing: Path | None = info.data.get("landing_zone")
    if landing and (archive.is_relative_to(landing) or landing.is_relative_to(archive)):
        raise ValueError(f"a folder apart from the landing zone {landing}: neither may lie in the other")
    return archive


def _iso_date(value: object) -> object:
    """Only this one form: pydantic alone also takes numbers of seconds for a date."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("a date of the calendar written YYYY-MM-DD, such as 2024-01-01")


_DURATION = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>s|min|h|d)", re.ASCII)
_LONGEST = timedelta(days=3650)
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def _duration(value: object) -> object:
    """Only with a unit: `6` could be hours or seconds."""
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match:
        with contextlib.suppress(OverflowError):
            duration = timedelta(**{_UNITS[match["unit"]]: float(match["number"])})
            if duration <= _LONGEST:
                return duration
    if value.strip() == "0":
        return timedelta()
    raise ValueError("a duration with its unit, of 3650d at most, such as 6h, 90min, 30s or 2d")


def _no_less_than_a_day(value: timedelta) -> timedelta:
    # Those who look for what failed, such as alerts, are to find it first.
    if timedelta() < value < timedelta(days=1):
        raise ValueError("a duration of 1d to 3650d, such as 90d, or 0 to keep every run")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("a time zone of the IANA database, such as UTC or Europe/Berlin") from None
    return value


def _postgresql_url(value: object) -> object:
    """A URL that libpq reads as it was meant, with `postgres://` written out.

    An unencoded `@`, `/` or `?` in a password makes libpq take part of it for a host, a port or a database, and name
    it in error messages: such URLs are refused here.
    """
    if not isinstance(value, str):
        return value
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    scheme, separator, rest = value.strip().partition("://")
    if scheme not in {"postgresql", "postgres"} or not separator:
        raise ValueError("a URL that starts with postgresql:// or postgres://")
    url = f"postgresql://{rest}"
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        parts = {"port": "unreadable"}
    if not re.fullmatch(r"\d*", str(parts.get("port", "")), re.ASCII) or any(
        re.search("[@,]", str(parts.get(part, ""))) for part in ("host", "dbname")
    ):
        raise ValueError(
            "a URL of the form postgresql://user:password@host:5432/database with one host, and with special "
            "characters in the password percent-encoded"
        )
    return url


def _of_a_role(url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """Roles need a server that somebody else runs: the embedded one has a single role, which needs no password."""
    from psycopg.conninfo import conninfo_to_dict

    if url is None:
        return url
    if info.data.get("database_url", ...) is None:
        raise ValueError(f"set together with {PREFIX}DATABASE_URL: the embedded server has one role for everything")
    if not conninfo_to_dict(url.get_secret_value()).get("user"):
        raise ValueError("a URL that names its role, such as postgresql://role:password@host:5432/database")
    return url


def _parts_of_url(url: str, form: str) -> SplitResult:
    """The parts of a URL of printable ASCII with a host. Raises ValueError with the ``form`` that is accepted."""
    parts = urlsplit(url if re.fullmatch(r"[!-~]+", url) else "")
    try:
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError(form)
    return parts


def _http_url(value: object) -> object:
    if not isinstance(value, str):
        return value
    form = "a URL that starts with https:// or http://, without user and password before the host"
    parts = _parts_of_url(value.strip(), form)
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise ValueError(form)
    return value.strip()


@dataclass(frozen=True)
class Limits:
    """What a landed file may come to, in bytes and fields: beyond it the file is refused, or the row quarantined.

    A file of events is read piece by piece, and takes 16 bytes of memory for each row that is
    loaded, 40 where many are equal; a dimension is read whole, and takes many times its size.
    """

    largest_file: int = 1024**3
    largest_dimension: int = 16 * 1024**2
    longest_row: int = 2 * 1024**2
    most_fields: int = 1000


MOST_OF_A_ROW = 64 * 1024**2
"""Bytes of a row that no setting can go beyond: in quarantine it is JSON, of up to six bytes for one, and a text of
PostgreSQL has a gigabyte at most.
"""

LIMITS = Limits()
"""The limits where nothing is configured."""


@dataclass(frozen=True)
class MailServer:
    """An SMTP server: ``starttls`` is `required`, `offered` (used if the server has it) or `never`; with ``is_tls``
    the connection is encrypted from its start.
    """  # noqa: D205

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    is_tls: bool
    starttls: str


_MAIL_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_STARTTLS = ("required", "offered", "never")


def _mail_server(url: str) -> MailServer:
    form = (
        "a URL of the form smtp://user:password@host:587 or smtps://user:password@host:465, with special characters in "
        "user and password percent-encoded; smtp:// may end in ?starttls=required, offered or never"
    )
    parts = _parts_of_url(url, form)
    query = parse_qs(parts.query, keep_blank_values=True)
    host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    # A password goes to another machine encrypted or not at all, unless somebody says otherwise.
    [starttls] = query.pop("starttls", ["required" if password and host not in _LOOPBACK else "offered"])[-1:]
    known = parts.scheme in _MAIL_PORTS and starttls in _STARTTLS and not query and "@" not in (host + parts.path)
    if not known or parts.path not in {"", "/"} or bool(user) != bool(password) or parts.fragment:
        raise ValueError(form)
    return MailServer(
        host, parts.port or _MAIL_PORTS[parts.scheme], user, password, parts.scheme == "smtps", starttls=starttls
    )


def _smtp_url(value: object) -> object:
    if isinstance(value, str):
        _mail_server(value.strip())
        return value.strip()
    return value


def _with_addresses(url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """Mail needs a server, a sender and a recipient; with some of the three only, none would be sent, silently."""
    names = ("alert_mail_from", "alert_mail_to")
    if any(name not in info.data for name in names):
        # One of them is wrong, which is said already.
        return url
    addresses = [info.data[name] for name in names]
    if any(addresses) if url is None else not all(addresses):
        raise ValueError(
            f"set together with {PREFIX}ALERT_MAIL_FROM and {PREFIX}ALERT_MAIL_TO: mail needs all three, or none"
        )
    return url


_ADDRESS = r"[^@\s,;<>\"]+@[^@\s,;<>\"]+"


def _mail_address(value: str) -> str:
    if not re.fullmatch(_ADDRESS, value.strip(), re.ASCII) or not value.isascii():
        raise ValueError("an e-mail address such as alerts@example.com")
    return value.strip()


def _mail_addresses(value: str) -> str:
    addresses = [address.strip() for address in value.split(",")]
    if not all(re.fullmatch(_ADDRESS, address) and address.isascii() for address in addresses):
        raise ValueError("e-mail addresses with commas between them, such as ann@example.com, bob@example.com")
    return ", ".join(addresses)


Folder = Annotated[Path, AfterValidator(_folder)]
DatabaseUrl = Annotated[SecretStr | None, BeforeValidator(_postgresql_url)]
RoleUrl = Annotated[DatabaseUrl, AfterValidator(_of_a_role)]


class Settings(BaseSettings):
    """The configuration; each field is the environment variable of its name in capitals after `GROWTHLEADS_`.

    Field descriptions complete the sentence "must be ...".
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    home: Folder = Field(default=CHECKOUT, description="a folder for the zones and the local state")
    landing_zone: Folder = Field(
        default_factory=lambda fields: fields["home"] / "landing_zone", description="the folder where files land"
    )
    archive_zone: Annotated[Folder, AfterValidator(_apart_from_landing_zone)] = Field(
        default_factory=lambda fields: fields["home"] / "archive_zone",
        description="the folder that keeps every accepted version of every file",
    )
    database_url: DatabaseUrl = Field(
        default=None, description="the URL of a PostgreSQL database; unset: an embedded server"
    )
    owner_database_url: RoleUrl = Field(
        default=None, description="the same database's URL for the role that owns and migrates the platform's tables"
    )
    reader_database_url: RoleUrl = Field(
        default=None, description="the same database's URL for the role that reads gold and nothing else"
    )
    admin_database_url: RoleUrl = Field(
        default=None, description="a URL on the same server for a role that may create roles and databases"
    )
    dagster_database_url: DatabaseUrl = Field(
        default=None, description="the URL of a PostgreSQL database for Dagster's storage; unset: the warehouse's"
    )
    start_date: Annotated[date, BeforeValidator(_iso_date)] = Field(
        default=date(2024, 1, 1), description="the first day whose files are accepted"
    )
    timezone: Annotated[str, AfterValidator(_time_zone)] = Field(
        default="UTC", description="the time zone that decides what today is"
    )
    settle_seconds: float = Field(
        default=3,
        ge=0,
        allow_inf_nan=False,
        description="a number of seconds, 0 or more, such as 3 or 0.5",
    )
    late_after: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        default=timedelta(hours=6), description="how long a required file may follow the first other file of its day"
    )
    provisional_for: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        default=timedelta(days=7), description="how long after its day an optional file may still be expected"
    )
    quarantined_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="a share of a file's rows from 0 to 1, such as 0.05",
    )
    stale_after: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        gt=timedelta(),
        default=timedelta(hours=36),
        description="a duration above 0 with its unit, such as 36h: how long sources and marts may go without news",
    )
    batch_size: ByteSize = Field(
        default=ByteSize(4 * 1024**2),
        gt=0,
        description="a size above 0, such as 4MiB: how much of a file is read, checked and loaded at a time",
    )
    keep_runs: Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_no_less_than_a_day)] = Field(
        default=timedelta(days=90), description="how long Dagster's record of runs is kept"
    )
    largest_file: ByteSize = Field(
        default=ByteSize(LIMITS.largest_file), gt=0, description="a size above 0, such as 1GiB: what a file may have"
    )
    largest_dimension: ByteSize = Field(
        default=ByteSize(LIMITS.largest_dimension),
        gt=0,
        description="a size above 0, such as 64MiB: what the file of a dimension may have",
    )
    longest_row: ByteSize = Field(
        default=ByteSize(LIMITS.longest_row),
        ge=1024,
        le=MOST_OF_A_ROW,
        description="a size from 1KiB to 64MiB, such as 2MiB: what a row of a file may have",
    )
    most_fields: int = Field(
        default=LIMITS.most_fields,
        ge=1,
        le=100_000,
        description="a number from 1 to 100000, such as 1000: how many columns the header of a file may name",
    )
    log_format: Literal["text", "json"] = Field(default="text", description="text or json")
    slack_webhook_url: Annotated[SecretStr | None, BeforeValidator(_http_url)] = Field(
        default=None, description="the URL of an incoming webhook of Slack"
    )
    alert_webhook_url: Annotated[SecretStr | None, BeforeValidator(_http_url)] = Field(
        default=None, description="a URL that takes alerts as JSON"
    )
    alert_mail_from: Annotated[str, AfterValidator(_mail_address)] | None = Field(
        default=None, description="the address that alerts are sent from"
    )
    alert_mail_to: Annotated[str, AfterValidator(_mail_addresses)] | None = Field(
        default=None, description="the addresses that alerts are sent to"
    )
    smtp_url: Annotated[SecretStr | None, BeforeValidator(_smtp_url), AfterValidator(_with_addresses)] = Field(
        default=None, validate_default=True, description="the URL of a mail server"
    )
    ui_url: Annotated[str, BeforeValidator(_http_url)] = Field(
        default="http://127.0.0.1:3000", description="the URL at which people open the Dagster UI"
    )

    @property
    def state_dir(self) -> Path:
        """The home's local state: the embedded database, Dagster's home, dbt's output."""
        return self.home / ".growthleads"

    @property
    def dagster_home(self) -> Path:
        """The folder of Dagster's configuration and logs (`DAGSTER_HOME`)."""
        return self.state_dir / "dagster"

    @property
    def dbt_project_dir(self) -> Path:
        """The dbt project, which is code and lies in the checkout."""
        return CHECKOUT / "dbt_project"

    @property
    def dbt_target_path(self) -> Path:
        """Where dbt writes compiled SQL and its artifacts."""
        return self.state_dir / "dbt" / "target"

    @property
    def dbt_log_path(self) -> Path:
        """Where dbt writes its logs."""
        return self.state_dir / "dbt" / "logs"

    @property
    def limits(self) -> Limits:
        """What a landed file may come to."""
        return Limits(self.largest_file, self.largest_dimension, self.longest_row, self.most_fields)

    @property
    def mail_server(self) -> MailServer | None:
        """The server of ``smtp_url``."""
        return _mail_server(self.smtp_url.get_secret_value()) if self.smtp_url else None

    @property
    def alert_channels(self) -> tuple[str, ...]:
        """Where alerts go: each of `slack`, `mail` and `webhook` that is configured, else the `log`."""
        configured = {"slack": self.slack_webhook_url, "mail": self.smtp_url, "webhook": self.alert_webhook_url}
        return tuple(name for name, setting in configured.items() if setting) or ("log",)

    def today(self) -> date:
        """The current day in the configured time zone."""
        return datetime.now(ZoneInfo(self.timezone)).date()


EMBEDDED: Mapping[str, None] = dict.fromkeys(name for name in Settings.model_fields if name.endswith("database_url"))
"""Overrides for `load_settings` by which a home uses its embedded server, whatever the caller's settings are."""

_SECRETS = tuple(name for name, about in Settings.model_fields.items() if SecretStr in get_args(about.annotation))

SECRET_FILE_VARIABLES = tuple(f"{PREFIX}{name.upper()}_FILE" for name in _SECRETS)
"""Every variable that names a file with the value of a setting."""

SETTING_VARIABLES = tuple(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)
"""Every variable that configures the platform."""


def load_settings(**overrides: Any) -> Settings:
    """The settings of the environment and `.env`; ``overrides`` are field values that win over both.

    A child process of the platform has its settings from that, and what is kept from it from nowhere: not from the
    `.env` of its home either.

    Raises SettingsError when a value is not accepted or a variable is unknown.
    """
    if DAGSTER_STORAGE_URL in os.environ:
        overrides = {**dict.fromkeys(KEPT_FROM_CHILDREN), **overrides}
    home, env_files = _home_and_env_files(overrides.get("home") or os.environ.get(f"{PREFIX}HOME"))
    places: list[tuple[str, Mapping[str, str | None]]] = [(str(path), _read_env_file(path)) for path in env_files]
    places.append(("the environment", os.environ))
    problems = [problem for place, variables in reversed(places) for problem in _unknown_variables(variables, place)]
    from_files: dict[str, str] = {}
    for name in set(_SECRETS) - overrides.keys():
        try:
            from_files |= _secret_of_file(name, places, home)
        except ValueError as problem:
            problems.append(str(problem))
    try:
        settings = Settings(**{"_env_file": env_files, **from_files, **overrides, "home": home})
    except ValidationError as error:
        problems += [_sentence(cause, from_files) for cause in _causes(error)]
    else:
        if not problems:
            return settings
    # Raised out here, unchained: pydantic's own error holds the values, passwords included.
    raise SettingsError("\n".join(problems))


def _secret_of_file(name: str, places: Sequence[tuple[str, Mapping[str, str | None]]], home: Path) -> dict[str, str]:
    """The setting's value by its name where a `_FILE` variable is what holds, else nothing.

    Of several ``places`` the last one that says anything wins. Raises ValueError with the sentence for the user.
    """
    variable = f"{PREFIX}{name.upper()}"
    for place, variables in reversed(places):
        value, path = variables.get(variable), variables.get(f"{variable}_FILE")
        if value and path:
            raise ValueError(f"{variable} and {variable}_FILE are both set in {place}: set one of them.")
        if path:
            return {name: _content(path, f"{variable}_FILE", home)}
        if value:
            break
    return {}


def _content(path: str, variable: str, home: Path) -> str:
    if "://" in path:
        raise ValueError(f"{variable} must name a file that holds the URL, and not be the URL itself.")
    file = home / Path(path).expanduser()
    try:
        content = file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"{variable} is {path!r}, which is no text in UTF-8.") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{variable} is {path!r}, which cannot be read: {_reason(error)}.") from None
    if not content:
        raise ValueError(f"{variable} is {path!r}, which is empty: it must hold the value of the setting.")
    return content


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _home_and_env_files(named: str | Path | None) -> tuple[Path, list[Path]]:
    """The home, and the `.env` files that hold for it, the last of them winning."""
    checkout_file = CHECKOUT / ".env"
    if named:
        home = Path(named).expanduser().absolute()
        return home, [home / ".env"]
    home = CHECKOUT / Path(_read_env_file(checkout_file).get(f"{PREFIX}HOME") or "").expanduser()
    return home, [checkout_file] if home == CHECKOUT else [checkout_file, home / ".env"]


def _read_env_file(path: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from None


def _unknown_variables(names: Iterable[str], place: str) -> Iterator[str]:
    known = {*SETTING_VARIABLES, *SECRET_FILE_VARIABLES, *PLATFORM_VARIABLES}
    for name in sorted(n for n in names if n.upper().startswith(PREFIX) and n not in known):
        similar = difflib.get_close_matches(name[len(PREFIX) :].lower(), Settings.model_fields, n=1)
        hint = (
            f"did you mean {PREFIX}{similar[0].upper()}?"
            if similar
            else f"the settings are {', '.join(SETTING_VARIABLES)}."
        )
        yield f"{name} in {place} is not a setting: {hint}"


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """The values that are wrong themselves, without the fields whose default could not follow from them."""
    return [detail for detail in error.errors() if detail["type"] != "default_factory_not_called"]


def _sentence(detail: ErrorDetails, from_files: Collection[str]) -> str:
    field = str(detail["loc"][0])
    own_words = detail.get("ctx", {}).get("error") if detail["type"] == "value_error" else None
    accepted = own_words or Settings.model_fields[field].description
    shown = "" if field in _SECRETS else f"is {str(detail['input'])!r}, but "
    variable = f"{PREFIX}{field.upper()}"
    return f"{f'What {variable}_FILE holds' if field in from_files else variable} {shown}must be {accepted}."
