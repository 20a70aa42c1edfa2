"""How commands talk: a spinner and colours on a terminal, plain lines otherwise.

Belongs here: writing to the terminal. Does not: what is said.
"""

import logging
import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from growthleads_assets import logs
from growthleads_assets.landing.refusal import REPLACEMENT, UNSHOWN

LOG = logging.getLogger(__name__)


class NotPossible(Exception):
    """What was asked for cannot be done: a sentence that says why and what can."""


def plain_values(rows: Iterable[object]) -> list[dict[str, Any]]:
    """The fields of each row for JSON: amounts as decimal texts, days and times in ISO 8601."""
    return [{name: _plain(value) for name, value in vars(row).items()} for row in rows]


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value


class Mark(NamedTuple):
    """What stands in a cell of a grid: a character or two, and the style they have on a terminal."""

    text: str
    style: str = ""


def _text(text: str, style: str = "") -> Text:
    """Text that commands nothing of the terminal, whatever a file has brought in: no colour, no cursor, no title."""
    return Text(_COMMANDS.sub(REPLACEMENT, text), style=style)


_COMMANDS = re.compile(f"(?![\\n\\t]){UNSHOWN}")


class Reporter:
    """Results go to standard output, problems to standard error; nothing that is data is taken for markup."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, soft_wrap=True)
        self.err = Console(highlight=False, soft_wrap=True, stderr=True)

    def say(self, line: str, style: str = "") -> None:
        """Something that was done."""
        self.out.print(_text(line, style))

    def say_beside(self, line: str) -> None:
        """Something to know that is no part of the result, which may be on its way into another command."""
        self.err.print(_text(line))

    def complain(self, line: str) -> None:
        """Something that went wrong: a line of the log where that is JSON."""
        if logs.writes_json():
            LOG.error(line)
            return
        self.err.print(_text(line, "red"))

    @contextmanager
    def working(self, title: str) -> Iterator[None]:
        """Say what is being done: moving while it lasts on a terminal, one line elsewhere."""
        if self.out.is_terminal:
            with self.out.status(escape(title)):
                yield
        else:
            self.say(f"{title} …")
            yield

    def table(
        self, title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, figures: Collection[str] = ()
    ) -> None:
        """Rows as a table; numbers to the right, and the columns of ``figures``, which are numbers as texts."""
        table = Table(title=Text(title), title_justify="left", header_style="bold")
        for column in columns:
            is_number = any(not isinstance(row[column], str | None) for row in rows) and column not in {"date", "month"}
            justify: Literal["left", "right"] = "right" if is_number or column in figures else "left"
            table.add_column(Text(column.replace("_", " ")), justify=justify)
        for row in rows:
            table.add_row(*(_text("" if row[column] is None else str(row[column])) for column in columns))
        # As wide as it needs to be where nobody sees the edge of a window.
        Console(highlight=False, width=None if self.out.is_terminal else 160, file=self.out.file).print(table)

    def grid(
        self, title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Mark]]], legend: Sequence[str]
    ) -> None:
        """One mark a cell, under headings of one or more lines; of a terminal too narrow the last columns are kept."""
        label = max((len(name) for name, _ in rows), default=0)
        width = max((len(line) for heading in columns for line in heading.splitlines()), default=0) + 1
        fitting = (self.out.width - label - 1) // width if self.out.is_terminal else len(columns)
        left_out = max(0, len(columns) - max(1, fitting))
        table = Table(title=Text(title), title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column(no_wrap=True)
        for heading in columns[left_out:]:
            table.add_column(Text(heading), no_wrap=True, justify="right", vertical="bottom")
        for name, marks in rows:
            table.add_row(_text(name), *(Text(mark.text, style=mark.style) for mark in marks[left_out:]))
        Console(highlight=False, width=None if self.out.is_terminal else 10_000, file=self.out.file).print(table)
        if left_out:
            self.say(f"{left_out} more to the left: the terminal is too narrow for them.")
        # Wrapped between entries, not within them.
        wrapped = textwrap.wrap("   ".join(entry.replace(" ", "\0") for entry in legend), self.out.width)
        for line in wrapped:
            self.say(line.replace("\0", " "), style="dim")
