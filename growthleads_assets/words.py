"""Words that sentences of more than one room have in common.

Belongs here: how a number is said. Does not: what is said.
"""


def counted(number: int, what: str) -> str:
    """`1 row`, `2 rows`: so many of something whose plural ends in s."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
