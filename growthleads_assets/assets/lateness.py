"""The check that required files come in time.

Belongs here: what Dagster is told of late files. Does not: which are late, or when that is looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from growthleads_assets.contracts.registry import Source
from growthleads_assets.warehouse.completeness import LateFile

FILES_IN_TIME = "required_files_are_in_time"


@dataclass(frozen=True)
class Lateness:
    """The late files of one source, as a check result inside a run and as an event of its own outside."""

    source: Source
    late: tuple[LateFile, ...]

    @property
    def days(self) -> list[str]:
        """The days whose file is late, as YYYY-MM-DD."""
        return [file.day.isoformat() for file in self.late]

    def result(self) -> dg.AssetCheckResult:
        """For the run that materializes the source."""
        return dg.AssetCheckResult(check_name=FILES_IN_TIME, **self._finding())

    def evaluation(self) -> dg.AssetCheckEvaluation:
        """For whoever looks between runs."""
        key = dg.AssetKey(["bronze", self.source.name])
        return dg.AssetCheckEvaluation(asset_key=key, check_name=FILES_IN_TIME, **self._finding())

    def _finding(self) -> dict[str, Any]:
        lines = [
            f"- {self.source.name}/{self.source.file_name(file.day)} is late: the first other file of that day came "
            f"at {file.others_came_at:%Y-%m-%d %H:%M} UTC."
            for file in self.late
        ]
        return {
            "passed": not self.late,
            "metadata": {"late_files": dg.MetadataValue.md("\n".join(lines))} if lines else {},
            "description": f"{len(lines)} late: {', '.join(self.days)}" if lines else "No required file is late.",
        }


def can_be_late(source: Source) -> bool:
    """Whether a day can wait for a file of this source."""
    return source.is_event and bool(source.required_for)


def lateness_check(source: Source) -> dg.AssetCheckSpec:
    """The check of a source whose files can be late."""
    return dg.AssetCheckSpec(
        FILES_IN_TIME,
        asset=["bronze", source.name],
        description="No day waits for its file for longer than GROWTHLEADS_LATE_AFTER after its first other file came.",
    )


def lateness(source: Source, late: Iterable[LateFile]) -> Lateness:
    """What there is to say of one source."""
    return Lateness(source, tuple(file for file in late if file.source == source.name))
