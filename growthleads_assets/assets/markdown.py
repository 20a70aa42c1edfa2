"""Tables in metadata, as the UI shows them.

Belongs here: Markdown. Does not: what is in a table.
"""

from collections.abc import Iterable, Sequence

SHOWN_ROWS = 100


def markdown_table(header: Sequence[str], rule: str, rows: Sequence[Iterable[object]], rest_in: str) -> str:
    """The first rows as a Markdown table, and where the rest is; ``rule`` is the line below the header.

    Nothing in a cell can end it: null is shown as `none`.
    """
    lines = [_line(header), rule, *map(_line, rows[:SHOWN_ROWS])]
    if len(rows) > SHOWN_ROWS:
        lines.append(f"\n{len(rows) - SHOWN_ROWS} more in {rest_in}.")
    return "\n".join(lines)


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join('none' if cell is None else _escaped(str(cell)) for cell in cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
