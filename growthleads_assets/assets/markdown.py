"""Tables in metadata, as the UI shows them.

Belongs here: Markdown. Does not: what is in a table.
"""

from collections.abc import Iterable, Sequence

SHOWN_ROWS = 100


def markdown_table(
    header: Sequence[str], rule: str, rows: Sequence[Iterable[object]], rest_in: str, *, in_all: int | None = None
) -> str:
    """The first rows as a Markdown table, and where the rest is; ``rule`` is the line below the header.

    Nothing in a cell can end it: null is shown as `none`. ``in_all`` says how many rows there are where ``rows`` are
    only the first of them.
    """
    lines = [_line(header), rule, *map(_line, rows[:SHOWN_ROWS])]
    rest = (len(rows) if in_all is None else in_all) - len(rows[:SHOWN_ROWS])
    if rest > 0:
        lines.append(f"\n{rest} more in {rest_in}.")
    return "\n".join(lines)


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join('none' if cell is None else _escaped(str(cell)) for cell in cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
