"""Loads the routy file of a home and prints the most memory that this process held, in bytes, as JSON.

Belongs here: that. Does not: what the file is.
"""

import json
import resource
import sys
from pathlib import Path

from benchmarks.loads import load_landed
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import load_settings


def peak() -> int:
    """The most memory that this process has held.

    Linux carries the maximum of `getrusage` over from the process that started this one, which holds the benchmark's
    data; its own high-water mark starts with the program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def main() -> None:
    """Load it."""
    platform = Platform(load_settings(), SOURCES)
    with platform.connected() as connection:
        before = peak()
        loaded, quarantined = load_landed(connection, platform)
    sys.stdout.write(json.dumps({"before": before, "peak": peak(), "loaded": loaded, "quarantined": quarantined}))


if __name__ == "__main__":
    main()
