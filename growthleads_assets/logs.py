"""Logs as lines of JSON, where the settings ask for it.

Belongs here: the form of a line, and having the loggers of a process write it. Does not: what is logged.

Dagster's services write JSON by themselves (`--log-format json`), and warehouse/dbt_log.py writes dbt's; what is left
to do here are the platform's own loggers and the console of Dagster's runs, which is made anew for each run and has no
setting.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

from pydantic import SecretStr
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from growthleads_assets import libpq
from growthleads_assets.settings import Settings

# What Dagster adds to a record: of it a line has what it is about, as plain values.
_META, _EVENT = "dagster_meta", "dagster_event"
_OF_DAGSTER = (_META, _EVENT, "dagster_event_batch_metadata")
_SHORTEST_SECRET = 4


class JsonLines(JsonFormatter):
    """One JSON object a line: `timestamp` (ISO 8601, UTC), `level`, `logger`, `message`, `exc_info` where there is one.

    A line of a run has `run_id`, `job`, `step`, `asset` and `partition` too, as far as it is about one; whatever else
    is given as ``extra`` stands beside them. Secrets of the settings are replaced by `***` wherever they occur, within
    what is given as ``extra`` too.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            reserved_attrs=[*RESERVED_ATTRS, *_OF_DAGSTER],
            timestamp=True,
        )
        self._secrets = sorted(_secrets(settings), key=len, reverse=True)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The fields of a line, without secrets."""
        return {name: self._without_secrets(value) for name, value in super().process_log_record(log_data).items()}

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Adds what a line of a run is about."""
        super().add_fields(log_data, record, message_dict)
        meta: Mapping[str, Any] = getattr(record, _META, None) or {}
        event = meta.get(_EVENT) or getattr(record, _EVENT, None)
        about = {"run_id": meta.get("run_id"), "job": meta.get("job_name"), "step": meta.get("step_key")}
        if event:
            about |= {"asset": event.asset_key and event.asset_key.to_user_string(), "partition": event.partition}
        log_data.update({name: value for name, value in about.items() if value})

    def _without_secrets(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case Mapping():
                return {self._masked(str(name)): self._without_secrets(item) for name, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._without_secrets(item) for item in value]
            case datetime() | date() | time():
                # Which the formatter writes as ISO 8601.
                return value
        # Anything else is written as text, whose form is not to get past this.
        return self._masked(str(value))

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def configure(settings: Settings) -> None:
    """Have this process log as the settings say; as it did before where they say `text`. Repeating it is fine."""
    if settings.log_format != "json":
        return
    lines = JsonLines(settings)

    class JsonLogger(logging.Logger):
        """A logger whose streams get lines of JSON, whoever adds them: Dagster makes one for the console of a run."""

        def addHandler(self, hdlr: logging.Handler) -> None:  # noqa: N802 - overridden
            if isinstance(hdlr, logging.StreamHandler):
                hdlr.setFormatter(lines)
            super().addHandler(hdlr)

    logging.setLoggerClass(JsonLogger)
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler.formatter, JsonLines)]:
        root.removeHandler(handler)
    to_standard_error = logging.StreamHandler()
    to_standard_error.setFormatter(lines)
    to_standard_error.addFilter(_has_no_other_handler)
    root.addHandler(to_standard_error)


def _has_no_other_handler(record: logging.LogRecord) -> bool:
    """Dagster's services have handlers of their own for their loggers."""
    return not logging.getLogger(record.name.partition(".")[0]).handlers


def writes_json() -> bool:
    """Whether this process logs JSON."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def _secrets(settings: Settings) -> set[str]:
    """The secret values, and the passwords in those that are URLs, as written and as meant."""
    values = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    passwords = [password for value in values if "://" in value for password in _passwords(value)]
    meant = [reading(password) for password in passwords for reading in (unquote, unquote_plus)]
    return {secret for secret in (*values, *passwords, *meant) if len(secret) >= _SHORTEST_SECRET}


def _passwords(url: str) -> Iterator[str]:
    """The password before the host, and those of the query (`?password=`, `&sslpassword=`), as written."""
    parts = urlsplit(url)
    yield parts.password or ""
    for parameter in parts.query.split("&"):
        name, _, value = parameter.partition("=")
        if unquote(name) in libpq.SECRETS:
            yield value
