"""Gathering what the planner needs: what lies in the landing zone, what the ledger says, what was calculated.

Belongs here: looking those up. Does not: deciding, which the planner does.
"""

from collections.abc import Iterable

import psycopg

from growthleads_assets.assets.platform import Platform
from growthleads_assets.landing.rules import rules_fingerprint
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.planning.planner import Judged, Landed, Plan, plan
from growthleads_assets.warehouse import ledger, publication


def survey(platform: Platform, connection: psycopg.Connection, *, settle_seconds: float) -> Plan:
    """What is to do now, after waiting for files that are still being written; see ``survey_of``."""
    return survey_of(platform, connection, platform.landed(connection, settle_seconds=settle_seconds))


def survey_of(platform: Platform, connection: psycopg.Connection, files: Iterable[LandedFile]) -> Plan:
    """What is to do about these files and the days whose calculation is behind.

    What is refused at the door is put on record, and so are dimension versions that leave a day as it is.
    """
    rules = rules_fingerprint()
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
                # Elsewhere than in its source's place a name says nothing: it could be that of another file.
                file=file.file if file.place in {file.file, f"{file.source}/{file.file}"} else file.place,
                day=file.day,
                sha256=None,
                judged_by=rules,
                reason=file.refusal,
                run_id=None,
            )
    publication.acknowledge_dimensions(connection, platform.settings.start_date)
    return plan(
        landed,
        in_force={(version.source, version.file): version.sha256 for version in ledger.versions_in_force(connection)},
        refusals={
            (refusal.source, refusal.file): Judged(refusal.sha256, refusal.judged_by, refusal.reason)
            for refusal in ledger.newest_refusals(connection)
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
