"""The rules that judge files, as a fingerprint.

Belongs here: telling whether a file refused before would be judged by the same rules today. Does not: the rules.
"""

import hashlib
from functools import cache
from pathlib import Path

_ROOMS = (Path(__file__).parent, Path(__file__).parents[1] / "contracts")


@cache
def rules_fingerprint() -> str:
    """The SHA-256 of the code that holds the rules, in hexadecimal: it changes when a rule may have."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for module in sorted(room.glob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()
