"""The failure to deliver a message.

Belongs here: that error, and keeping secrets out of it. Does not: what follows from it.
"""

from collections.abc import Iterable

SHOWN_CHARACTERS = 300


class DeliveryFailed(Exception):
    """A message was not taken: one sentence that says why, without a password or a secret URL."""

    def __init__(self, why: str, secrets: Iterable[str] = ()) -> None:
        words = " ".join(why.split())
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            words = words.replace(secret, "***")
        super().__init__(words if len(words) <= SHOWN_CHARACTERS else f"{words[:SHOWN_CHARACTERS]} …")
