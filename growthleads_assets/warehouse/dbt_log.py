"""dbt's log file, written from dbt's events: what a build did, and why it failed.

Belongs here: the form of its lines. Does not: running dbt.

dbt can write it by itself. But it makes a line of every event before it drops those below the level, and looks through
the whole environment for secrets each time: a sixth of the processor time of a build with its tests.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

_LARGEST_BYTES = 10 * 1024**2
_KEPT = 5


@contextmanager
def dbt_log(folder: Path) -> Iterator[Callable[[Any], None]]:
    """A function that takes an event of dbt and writes it to `dbt.log` in the folder, unless it is for debugging.

    A line of text, or JSON as dbt forms it where `DBT_LOG_FORMAT_FILE` asks for that. Older lines move to `dbt.log.1`
    and on.
    """
    from dbt_common.events.functions import msg_to_json

    folder.mkdir(parents=True, exist_ok=True)
    is_json = os.environ.get("DBT_LOG_FORMAT_FILE") == "json"
    path = folder / "dbt.log"
    with closing(RotatingFileHandler(path, maxBytes=_LARGEST_BYTES, backupCount=_KEPT, encoding="utf-8")) as handler:

        def write(event: Any) -> None:
            if event.info.level == "debug":
                return
            info = event.info
            line = msg_to_json(event) if is_json else f"{info.ts.ToJsonString()} [{info.level}] {info.msg}"
            handler.handle(logging.LogRecord("dbt", logging.INFO, "", 0, line, None, None))

        yield write
