"""Words that sentences of more than one room have in common.

Belongs here: how numbers, days and parts are said. Does not: what is said of them.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

PART_NAMES = {1: "web traffic", 2: "scrapers"}


def counted(number: int, what: str) -> str:
    """`1 row`, `2 rows`: so many of something whose plural ends in s."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def span(first: date, last: date) -> str:
    """Days as people read them."""
    return f"{first}" if first == last else f"{first} to {last}"


def spans(days: Iterable[date]) -> str:
    """Days in order, those without a gap as one span."""
    runs = groupby(enumerate(sorted(days)), key=lambda item: item[1] - timedelta(days=item[0]))
    together = ([day for _, day in run] for _, run in runs)
    return ", ".join(span(run[0], run[-1]) for run in together)
