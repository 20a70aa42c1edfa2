"""What can be configured, and what a wrong value is answered with."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from growthleads_assets import settings as settings_module
from growthleads_assets.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout, and an environment without settings."""
    known = (
        settings_module.SETTING_VARIABLES,
        settings_module.SECRET_FILE_VARIABLES,
        settings_module.PLATFORM_VARIABLES,
    )
    for name in (name for names in known for name in names):
        monkeypatch.delenv(name, raising=False)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.setattr(settings_module, "CHECKOUT", checkout)
    return checkout


def _load(monkeypatch: pytest.MonkeyPatch, **variables: object) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"GROWTHLEADS_{name}", str(value))
    return load_settings()


def _problems(monkeypatch: pytest.MonkeyPatch, **variables: object) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        _load(monkeypatch, **variables)
    return str(raised.value).splitlines()


def test_nothing_needs_to_be_set(checkout: Path) -> None:
    settings = load_settings()
    assert settings.home == checkout
    assert settings.landing_zone == checkout / "landing_zone"
    assert settings.archive_zone == checkout / "archive_zone"
    assert settings.state_dir == checkout / ".growthleads"
    assert settings.dbt_project_dir == checkout / "dbt_project"
    assert settings.database_url is None
    assert settings.start_date == date(2024, 1, 1)
    assert settings.timezone == "UTC"
    assert settings.settle_seconds == 3
    assert settings.late_after == timedelta(hours=6)
    assert list(checkout.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("6h", timedelta(hours=6)),
        ("1.5 h", timedelta(minutes=90)),
        ("90min", timedelta(minutes=90)),
        ("30s", timedelta(seconds=30)),
        ("2d", timedelta(days=2)),
        ("0", timedelta()),
    ],
)
def test_a_duration_has_a_unit(monkeypatch: pytest.MonkeyPatch, text: str, duration: timedelta) -> None:
    assert _load(monkeypatch, LATE_AFTER=text).late_after == duration


def test_everything_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(
        monkeypatch,
        HOME=tmp_path / "home",
        LANDING_ZONE=tmp_path / "in",
        ARCHIVE_ZONE="kept",
        DATABASE_URL="postgres://ann:s3cret@db:6432/ledger?sslmode=require",
        START_DATE="2023-12-31",
        TIMEZONE="Pacific/Kiritimati",
        SETTLE_SECONDS="0.5",
        BATCH_SIZE="512 KiB",
    )
    assert settings.landing_zone == tmp_path / "in"
    assert settings.archive_zone == tmp_path / "home" / "kept"
    assert settings.state_dir == tmp_path / "home" / ".growthleads"
    assert settings.database_url
    assert settings.database_url.get_secret_value() == "postgresql://ann:s3cret@db:6432/ledger?sslmode=require"
    assert settings.start_date == date(2023, 12, 31)
    assert settings.settle_seconds == 0.5
    assert settings.batch_size == 524_288
    assert "s3cret" not in f"{settings!r} {settings}"


def test_today_is_the_day_of_the_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2024, 3, 26, 22, 30, tzinfo=UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)  # type: ignore[arg-type]

    monkeypatch.setattr(settings_module, "datetime", Clock)
    assert load_settings().today() == date(2024, 3, 26)
    assert _load(monkeypatch, TIMEZONE="Europe/Berlin").today() == date(2024, 3, 26)
    assert _load(monkeypatch, TIMEZONE="Europe/Athens").today() == date(2024, 3, 27)


def test_an_empty_value_is_unset(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch, HOME="", LANDING_ZONE="", DATABASE_URL="", START_DATE="", SETTLE_SECONDS="")
    assert settings == load_settings()
    assert settings.home == checkout


def test_the_environment_wins_over_the_env_file(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".env").write_text(
        "GROWTHLEADS_START_DATE=2020-01-01\nGROWTHLEADS_TIMEZONE=Asia/Tokyo\nPOSTGRES_PASSWORD=of-another-program\n"
    )
    settings = _load(monkeypatch, START_DATE="2021-01-01")
    assert (settings.start_date, settings.timezone) == (date(2021, 1, 1), "Asia/Tokyo")


def test_the_env_file_can_name_the_home_and_that_home_has_the_last_word(checkout: Path) -> None:
    (checkout / ".env").write_text(
        "GROWTHLEADS_HOME=data\nGROWTHLEADS_TIMEZONE=Asia/Tokyo\nGROWTHLEADS_SETTLE_SECONDS=1\n"
    )
    (checkout / "data").mkdir()
    (checkout / "data" / ".env").write_text("GROWTHLEADS_SETTLE_SECONDS=2\n")
    settings = load_settings()
    assert settings.home == checkout / "data"
    assert (settings.timezone, settings.settle_seconds) == ("Asia/Tokyo", 2)


def test_another_home_takes_nothing_from_the_checkouts_env_file(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / ".env").write_text("GROWTHLEADS_DATABASE_URL=postgresql://db/real\nGROWTHLEADS_LANDING_ZONE=/real\n")
    assert load_settings().database_url
    for settings in (load_settings(home=tmp_path / "demo"), _load(monkeypatch, HOME=tmp_path / "demo")):
        assert settings.database_url is None
        assert settings.landing_zone == tmp_path / "demo" / "landing_zone"


def test_overrides_win_over_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROWTHLEADS_DATABASE_URL", "postgresql://db/real")
    settings = load_settings(home=tmp_path / "demo", database_url=None, settle_seconds=0)
    assert (settings.database_url, settings.settle_seconds) == (None, 0)


def test_paths_are_understood_where_people_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = _load(monkeypatch, HOME="here", LANDING_ZONE="../in", ARCHIVE_ZONE="~/kept")
    assert settings.home == tmp_path / "here"
    assert settings.landing_zone == tmp_path / "in"
    assert settings.archive_zone == tmp_path / "kept"


@pytest.mark.parametrize(
    ("variable", "value", "accepted"),
    [
        ("START_DATE", "2024-02-30", "a date of the calendar written YYYY-MM-DD, such as 2024-01-01"),
        ("START_DATE", "20240101", "a date of the calendar written YYYY-MM-DD, such as 2024-01-01"),
        ("START_DATE", "1704067200", "a date of the calendar written YYYY-MM-DD, such as 2024-01-01"),
        ("TIMEZONE", "Mars/Base", "a time zone of the IANA database, such as UTC or Europe/Berlin"),
        ("TIMEZONE", "America", "a time zone of the IANA database, such as UTC or Europe/Berlin"),
        ("TIMEZONE", "../UTC", "a time zone of the IANA database, such as UTC or Europe/Berlin"),
        ("LATE_AFTER", "6", "a duration with its unit, of 3650d at most, such as 6h, 90min, 30s or 2d"),
        ("LATE_AFTER", "-1h", "a duration with its unit, of 3650d at most, such as 6h, 90min, 30s or 2d"),
        ("LATE_AFTER", "9999999999999d", "a duration with its unit, of 3650d at most, such as 6h, 90min, 30s or 2d"),
        ("LATE_AFTER", "4000d", "a duration with its unit, of 3650d at most, such as 6h, 90min, 30s or 2d"),
        ("SETTLE_SECONDS", "-1", "a number of seconds, 0 or more, such as 3 or 0.5"),
        ("SETTLE_SECONDS", "nan", "a number of seconds, 0 or more, such as 3 or 0.5"),
        ("BATCH_SIZE", "big", "a size above 0, such as 4MiB: how much of a file is read, checked and loaded at a time"),
        ("BATCH_SIZE", "0", "a size above 0, such as 4MiB: how much of a file is read, checked and loaded at a time"),
        ("LONGEST_ROW", "1GiB", "a size from 1KiB to 64MiB, such as 2MiB: what a row of a file may have"),
        ("MOST_FIELDS", "0", "a number from 1 to 100000, such as 1000: how many columns the header of a file may name"),
        ("SETTLE_SECONDS", "soon", "a number of seconds, 0 or more, such as 3 or 0.5"),
        ("ALERT_MAIL_FROM", "growth at example.com", "an e-mail address such as alerts@example.com"),
        (
            "ALERT_MAIL_TO",
            "ann@example.com; bob@example.com",
            "e-mail addresses with commas between them, such as ann@example.com, bob@example.com",
        ),
        (
            "UI_URL",
            "dagster:3000",
            "a URL that starts with https:// or http://, without user and password before the host",
        ),
        ("HOME", __file__, "a folder, not a file"),
        ("LANDING_ZONE", __file__, "a folder, not a file"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, accepted: str
) -> None:
    assert _problems(monkeypatch, **{variable: value}) == [
        f"GROWTHLEADS_{variable} is {value!r}, but must be {accepted}."
    ]


def test_every_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = _problems(monkeypatch, HOME=__file__, START_DATE="today", SETTLE_SECONDS="-1")
    assert [sentence.split()[0] for sentence in problems] == [
        "GROWTHLEADS_HOME",
        "GROWTHLEADS_START_DATE",
        "GROWTHLEADS_SETTLE_SECONDS",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:s3cret@db/ledger",
        "postgresql+psycopg2://ann:s3cret@db/ledger",
        "s3cret",
        "postgresql://ann:s3cret@x@db/ledger",
        "postgresql://ann:s3cret/x@db/ledger",
        "postgresql://ann:12/s3cret@db/ledger",
        "postgresql://ann:s3cret%zz@db/ledger",
        "postgresql://ann:s3cret@db1,db2/ledger",
        "postgresql://ann:s3cret@db/ledger?color=red",
    ],
)
def test_a_wrong_database_url_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(SettingsError) as raised:
        _load(monkeypatch, DATABASE_URL=url)
    assert str(raised.value).startswith("GROWTHLEADS_DATABASE_URL must be a URL ")
    error: BaseException | None = raised.value
    while error:
        assert "s3cret" not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SLACK_WEBHOOK_URL", "hooks.slack.com/s3cret"),
        ("SLACK_WEBHOOK_URL", "ftp://hooks.slack.com/s3cret"),
        ("ALERT_WEBHOOK_URL", "https://ann:s3cret@example.com/"),
        ("ALERT_WEBHOOK_URL", "https://example.com:x/s3cret"),
        ("ALERT_WEBHOOK_URL", "https://example.com/s3cret x"),
        ("SMTP_URL", "mail.example.com:587 s3cret"),
        ("SMTP_URL", "http://ann:s3cret@example.com"),
        ("SMTP_URL", "smtp://ann:s3c/ret@example.com"),
        ("SMTP_URL", "smtp://ann:12/s3cret@example.com"),
        ("SMTP_URL", "smtp://ann:s3cret#x@example.com"),
        ("SMTP_URL", "smtp://ann@example.com"),
        ("SMTP_URL", "smtp://ann:s3cret@example.com?starttls=maybe"),
        ("SMTP_URL", "smtp://ann:s3cret@example.com?tls=1"),
    ],
)
def test_a_wrong_url_for_alerts_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    [problem] = _problems(
        monkeypatch,
        ALERT_MAIL_FROM="growth@example.com",
        ALERT_MAIL_TO="ann@example.com",
        **{"SMTP_URL": SMTP} | {variable: value},
    )
    assert problem.startswith(f"GROWTHLEADS_{variable} must be a URL ")
    assert "s3c" not in problem


SMTP = "smtp://mail.example.com"


@pytest.mark.parametrize("given", [{"SMTP_URL": SMTP}, {"ALERT_MAIL_TO": "ann@example.com"}])
def test_mail_needs_a_server_a_sender_and_a_recipient(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    [problem] = _problems(monkeypatch, **given)
    assert problem == (
        "GROWTHLEADS_SMTP_URL must be set together with GROWTHLEADS_ALERT_MAIL_FROM and GROWTHLEADS_ALERT_MAIL_TO: "
        "mail needs all three, or none."
    )


@pytest.mark.parametrize(
    ("url", "port", "starttls"),
    [
        ("smtp://mail.example.com", 587, "offered"),
        ("smtp://ann:s3cret%40@mail.example.com:2525", 2525, "required"),
        ("smtp://ann:s3cret%40@mail.example.com?starttls=never", 587, "never"),
        # What does not leave the machine needs no encryption.
        ("smtp://ann:s3cret%40@localhost", 587, "offered"),
        ("smtps://ann:s3cret%40@mail.example.com", 465, "required"),
    ],
)
def test_a_mail_server_by_url(monkeypatch: pytest.MonkeyPatch, url: str, port: int, starttls: str) -> None:
    settings = _load(
        monkeypatch, SMTP_URL=url, ALERT_MAIL_FROM="growth@example.com", ALERT_MAIL_TO="ann@example.com,bob@example.com"
    )
    server = settings.mail_server
    assert server
    assert (server.port, server.starttls, server.is_tls) == (port, starttls, url.startswith("smtps"))
    assert server.password in {"", "s3cret@"}
    assert settings.alert_mail_to == "ann@example.com, bob@example.com"
    assert "s3cret" not in f"{settings!r} {settings} {server!r}"


@pytest.mark.parametrize(
    ("landing", "archive"), [("zone", "zone"), ("zone", "zone/archive"), ("zone/in", "zone"), ("", "landing_zone/old")]
)
def test_the_zones_lie_apart(monkeypatch: pytest.MonkeyPatch, landing: str, archive: str) -> None:
    (problem,) = _problems(monkeypatch, LANDING_ZONE=landing, ARCHIVE_ZONE=archive)
    assert problem.startswith(f"GROWTHLEADS_ARCHIVE_ZONE is '{archive}', but must be a folder apart from the landing")


def test_an_unknown_variable_is_a_mistake_wherever_it_stands(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".env").write_text("GROWTHLEADS_LANDINGZONE=x\nGROWTHLEADS_COLOR=red\n")
    problems = _problems(monkeypatch, TIME_ZONE="UTC")
    assert problems[0] == (
        "GROWTHLEADS_TIME_ZONE in the environment is not a setting: did you mean GROWTHLEADS_TIMEZONE?"
    )
    assert problems[1].startswith(f"GROWTHLEADS_COLOR in {checkout}/.env is not a setting: the settings are ")
    assert problems[2].endswith("did you mean GROWTHLEADS_LANDING_ZONE?")


def test_what_the_platform_sets_for_its_children_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _load(monkeypatch, DAGSTER_STORAGE_URL="postgresql+psycopg2://db/ledger").database_url is None


def test_a_secret_can_be_the_content_of_a_file(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("postgres://ann:s3cret@db/ledger\n")
    (checkout / "slack").write_text("https://hooks.slack.com/s3cret")
    (checkout / ".env").write_text(
        "GROWTHLEADS_SLACK_WEBHOOK_URL_FILE=slack\nGROWTHLEADS_DATABASE_URL=postgresql://db/of-the-file\n"
    )
    settings = _load(monkeypatch, DATABASE_URL_FILE=tmp_path / "url")
    assert settings.database_url
    assert settings.slack_webhook_url
    # The environment wins over the .env file in this form too.
    assert settings.database_url.get_secret_value() == "postgresql://ann:s3cret@db/ledger"
    assert settings.slack_webhook_url.get_secret_value() == "https://hooks.slack.com/s3cret"
    monkeypatch.setenv("GROWTHLEADS_SLACK_WEBHOOK_URL", "https://hooks.slack.com/other")
    assert load_settings().slack_webhook_url != settings.slack_webhook_url
    assert load_settings(database_url=None).database_url is None


def test_a_file_that_holds_no_secret_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, binary, wrong = (tmp_path / name for name in ("empty", "binary", "wrong"))
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe")
    wrong.write_text("mysql://ann:s3cret@db")
    problems = _problems(
        monkeypatch,
        DATABASE_URL_FILE=tmp_path / "missing",
        DAGSTER_DATABASE_URL="postgresql://db/dagster",
        DAGSTER_DATABASE_URL_FILE=wrong,
        SLACK_WEBHOOK_URL_FILE=empty,
        ALERT_WEBHOOK_URL_FILE=binary,
        ADMIN_DATABASE_URL_FILE="postgresql://ann:s3cret@db/",
        SMTP_URL_FILE=wrong,
        TIMEZONE_FILE="x",
    )
    assert sorted(problems) == [
        "GROWTHLEADS_ADMIN_DATABASE_URL_FILE must name a file that holds the URL, and not be the URL itself.",
        f"GROWTHLEADS_ALERT_WEBHOOK_URL_FILE is '{binary}', which is no text in UTF-8.",
        (
            "GROWTHLEADS_DAGSTER_DATABASE_URL and GROWTHLEADS_DAGSTER_DATABASE_URL_FILE are both set in the "
            "environment: set one of them."
        ),
        f"GROWTHLEADS_DATABASE_URL_FILE is '{tmp_path}/missing', which cannot be read: No such file or directory.",
        f"GROWTHLEADS_SLACK_WEBHOOK_URL_FILE is '{empty}', which is empty: it must hold the value of the setting.",
        "GROWTHLEADS_TIMEZONE_FILE in the environment is not a setting: did you mean GROWTHLEADS_TIMEZONE?",
        (
            "What GROWTHLEADS_SMTP_URL_FILE holds must be a URL of the form smtp://user:password@host:587 or "
            "smtps://user:password@host:465, with special characters in user and password percent-encoded; smtp:// may "
            "end in ?starttls=required, offered or never."
        ),
    ]


def test_roles_need_a_server_of_their_own_and_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    [problem] = _problems(monkeypatch, OWNER_DATABASE_URL="postgresql://owner:s3cret@db/ledger")
    assert problem == (
        "GROWTHLEADS_OWNER_DATABASE_URL must be set together with GROWTHLEADS_DATABASE_URL: the embedded server has "
        "one role for everything."
    )
    [problem] = _problems(
        monkeypatch, DATABASE_URL="postgresql://loader@db/ledger", OWNER_DATABASE_URL="postgresql://db/ledger"
    )
    assert problem.startswith("GROWTHLEADS_OWNER_DATABASE_URL must be a URL that names its role")
    assert load_settings(**settings_module.EMBEDDED).owner_database_url is None


def test_an_env_file_that_is_no_text_is_one_sentence(checkout: Path) -> None:
    (checkout / ".env").write_bytes(b"GROWTHLEADS_TIMEZONE=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env cannot be read: .*\.$"):
        load_settings()


def test_importing_reads_no_settings() -> None:
    program = "import growthleads_assets.settings, growthleads_assets.warehouse.server"
    subprocess.run([sys.executable, "-c", program], env={"GROWTHLEADS_START_DATE": "nonsense"}, check=True)
