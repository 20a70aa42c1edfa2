"""Gathering what the planner needs: what lies in the landing zone, what the ledger says, what was calculated.

Belongs here: looking those up. Does not: deciding, which the planner does.
"""

from collections.abc import Iterable, Mapping, Sequence

import psycopg

from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.planning.planner import Judged, Landed, Plan, plan
from growthleads_assets.warehouse import ledger, publication


def survey(platform: Platform, connection: psycopg.Connection, *, settle_seconds: float) -> Plan:
    """What is to do now, after waiting for files that are still being written; see ``survey_of``."""
    return survey_of(platform, connection, platform.landed(connection, settle_seconds=settle_seconds))


def survey_of(platform: Platform, connection: psycopg.Connection, files: Iterable[LandedFile]) -> Plan:
    """What is to do about these files and the days whose calculation is behind.

    What is refused at the door is put on record, and so are refused files that lie there no longer, and dimension
    versions that leave a day as it is.
    """
    rules = platform.rules
    landed = [
        Landed(
            source=file.source,
            file=file.name,
            day=file.day,
            place=file.relative,
            sha256=sha256,
            refusal=file.refusal,
            waits=file.waits,
            unreadable=file.unreadable or unreadable,
        )
        for file, sha256, unreadable in platform.fingerprints.of(files)
    ]
    for file in landed:
        if file.refusal:
            ledger.record_refusal(
                connection,
                source=file.source or "",
                file=_on_record_as(file),
                day=file.day,
                sha256=None,
                judged_by=rules,
                reason=file.refusal,
                run_id=None,
            )
    in_force = {(version.source, version.file): version.sha256 for version in ledger.versions_in_force(connection)}
    refusals = ledger.newest_refusals(connection)
    gone = _gone(refusals, landed, in_force)
    ledger.record_gone(connection, [refusal.load_id for refusal in gone])
    publication.acknowledge_dimensions(connection, platform.settings.start_date)
    return plan(
        landed,
        in_force=in_force,
        refusals={
            (refusal.source, refusal.file): Judged(refusal.sha256, refusal.judged_by, refusal.reason)
            for refusal in refusals
            if refusal not in gone
        },
        rules=rules,
        # What an earlier start date let in stays as it is: its days are no partitions any more.
        days_to_settle={
            day: versions
            for day, versions in publication.days_to_settle(connection).items()
            if day >= platform.settings.start_date
        },
        release=f"{rules} {platform.transformation.checksum}",
    )


def _on_record_as(file: Landed) -> str:
    """Its name in the ledger: elsewhere than in its source's place a name says nothing, it could be another file's."""
    return file.file if file.place in {file.file, f"{file.source}/{file.file}"} else file.place


def _gone(
    refusals: Iterable[ledger.Refusal], landed: Sequence[Landed], in_force: Mapping[tuple[str, str], str]
) -> list[ledger.Refusal]:
    """The refusals whose file lies in the landing zone no longer; one in a folder that cannot be seen may still.

    In its place there may be the version in force again, as when somebody put a dimension's good file back.
    """
    there = {
        (file.source or "", _on_record_as(file))
        for file in landed
        if file.refusal or file.sha256 is None or in_force.get((file.source or "", file.file)) != file.sha256
    }
    unseen = [file.place for file in landed if file.unreadable]
    return [
        refusal
        for refusal in refusals
        if (refusal.source, refusal.file) not in there
        and not any(
            folder == "." or place.startswith(f"{folder}/")
            for folder in unseen
            for place in (refusal.file, f"{refusal.source}/{refusal.file}")
        )
    ]
