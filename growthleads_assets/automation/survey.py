"""Gathering what the planner needs: what lies in the landing zone, what the ledger says, what was calculated.

Belongs here: looking those up. Does not: deciding, which the planner does.
"""

import psycopg

from growthleads_assets.assets.platform import Platform
from growthleads_assets.landing.reading import UnreadableFile, fingerprint
from growthleads_assets.landing.rules import rules_fingerprint
from growthleads_assets.landing.zone import LandedFile
from growthleads_assets.planning.planner import Judged, Landed, Plan, plan
from growthleads_assets.warehouse import ledger, publication


def survey(platform: Platform, connection: psycopg.Connection, *, settle_seconds: float) -> Plan:
    """What is to do now, after waiting for files that are still being written.

    What is refused at the door is put on record.
    """
    rules = rules_fingerprint()
    landed = [_landed(file) for file in platform.landed(connection, settle_seconds=settle_seconds)]
    for file in landed:
        if file.refusal:
            ledger.record_refusal(
                connection,
                source=file.source or "",
                file=file.file if file.source else file.place,
                day=file.day,
                sha256=None,
                judged_by=rules,
                reason=file.refusal,
                run_id=None,
            )
    return plan(
        landed,
        in_force={(version.source, version.file): version.sha256 for version in ledger.versions_in_force(connection)},
        refusals={
            (refusal.source, refusal.file): Judged(refusal.sha256, refusal.judged_by, refusal.reason)
            for refusal in ledger.newest_refusals(connection)
        },
        rules=rules,
        days_to_settle={day for _, day in publication.days_to_settle(connection)},
    )


def _landed(file: LandedFile) -> Landed:
    sha256 = unreadable = None
    if file.takeable:
        try:
            sha256 = fingerprint(file)
        except UnreadableFile as problem:
            unreadable = str(problem)
    return Landed(
        source=file.source,
        file=file.name,
        day=file.day,
        place=file.relative,
        sha256=sha256,
        refusal=file.refusal,
        waits=file.waits,
        unreadable=file.unreadable or unreadable,
    )
