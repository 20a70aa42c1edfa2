"""How commands talk: a spinner and colours on a terminal, plain lines otherwise.

Belongs here: writing to the terminal. Does not: what is said.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text


class NotPossible(Exception):
    """What was asked for cannot be done: a sentence that says why and what can."""


class Reporter:
    """Results go to standard output, problems to standard error; nothing that is data is taken for markup."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, soft_wrap=True)
        self.err = Console(highlight=False, soft_wrap=True, stderr=True)

    def say(self, line: str, style: str = "") -> None:
        """Something that was done."""
        self.out.print(Text(line, style=style))

    def complain(self, line: str) -> None:
        """Something that went wrong."""
        self.err.print(Text(line, style="red"))

    @contextmanager
    def working(self, title: str) -> Iterator[None]:
        """Say what is being done: moving while it lasts on a terminal, one line elsewhere."""
        if self.out.is_terminal:
            with self.out.status(escape(title)):
                yield
        else:
            self.say(f"{title} …")
            yield

    def table(self, title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Rows as a table; numbers to the right."""
        table = Table(title=Text(title), title_justify="left", header_style="bold")
        for column in columns:
            is_number = any(not isinstance(row[column], str | None) for row in rows) and column not in {"date", "month"}
            table.add_column(Text(column.replace("_", " ")), justify="right" if is_number else "left")
        for row in rows:
            table.add_row(*(Text("" if row[column] is None else str(row[column])) for column in columns))
        # As wide as it needs to be where nobody sees the edge of a window.
        Console(highlight=False, width=None if self.out.is_terminal else 160, file=self.out.file).print(table)
