"""The rules that judge files, as a fingerprint.

Belongs here: telling whether a file refused before would be judged by the same rules today. Does not: the rules.
"""

import hashlib
from functools import cache
from pathlib import Path

from growthleads_assets.settings import Limits

_ROOMS = (Path(__file__).parent, Path(__file__).parents[1] / "contracts")


@cache
def rules_fingerprint(limits: Limits) -> str:
    """The SHA-256 of the code that holds the rules and of the limits of a row: it changes when a rule may have.

    The limits of a file are not among them, for they are looked at anew with each look at the landing zone.
    """
    digest = hashlib.sha256(f"{limits.longest_row} {limits.most_fields}".encode())
    for room in _ROOMS:
        for module in sorted(room.glob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()
