"""Whether a day's numbers can be paid out, in words: a verdict for each part and day, and what speaks against it.

Belongs here: saying what `gold.day_completeness` and the quarantine mean for a person. Does not: reading or showing it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from growthleads_assets.commands.quarantine import worth
from growthleads_assets.contracts.registry import Registry
from growthleads_assets.landing.refusal import Reason
from growthleads_assets.warehouse.completeness import PartDay
from growthleads_assets.warehouse.quarantine import HeldOut

SourceDay = tuple[str, date | None]


@dataclass(frozen=True)
class Verdict:
    """Whether a part's numbers of a day can be paid out: `yes`, `no`, or `provisional` for what is published and may
    change. ``reasons`` are phrases; one beside a `yes` is only good to know.
    """  # noqa: D205

    part: int
    day: date
    verdict: Literal["yes", "provisional", "no"]
    reasons: list[str]


@dataclass(frozen=True)
class Circumstances:
    """What verdicts are made of beside the completeness of days: rows held out, files that lie in the landing zone and
    are not loaded, files unlike the recent ones, and the reasons of refusals, all by source and day; why the archive is
    to be loaded before anything else, if it is; why the newest run of a day failed, and how long an optional file may
    follow its day.
    """  # noqa: D205

    registry: Registry
    held: Mapping[SourceDay, Sequence[HeldOut]]
    to_come: Mapping[SourceDay, str]
    unusual: Mapping[SourceDay, str]
    refusals: Mapping[SourceDay, str]
    rebuild_due: str | None
    failure: Callable[[date], str | None]
    provisional_for: timedelta


def by_source_and_day(held: Sequence[HeldOut]) -> Mapping[SourceDay, Sequence[HeldOut]]:
    """Rows held out, together for each source and day; repeats aside, for what they repeat is loaded."""
    found: defaultdict[SourceDay, list[HeldOut]] = defaultdict(list)
    for group in held:
        if group.reason != Reason.DUPLICATE:
            found[group.source, group.day].append(group)
    return found


def verdict(day: PartDay, circumstances: Circumstances) -> Verdict:
    """The verdict on a part and day."""
    held = list(_held_out(day, circumstances))
    if circumstances.rebuild_due:
        # What was published may be without versions that the archive has.
        return Verdict(day.part, day.date, "no", [circumstances.rebuild_due.rstrip("."), *held])
    if not day.is_current or day.status in {"waiting", "missing"}:
        return Verdict(day.part, day.date, "no", [*_why_not(day, circumstances), *held])
    may_change = list(_may_change(day, circumstances)) if day.status == "provisional" else []
    good_to_know = ["some figures are estimated"] if day.is_estimated else []
    good_to_know += [
        f"{source} has no row that counts"
        for source in day.files_empty
        if circumstances.registry[source].earnings_column
    ]
    unusual = (circumstances.unusual.get((source, day.date)) for source in day.files_in)
    good_to_know += [sentence for sentence in unusual if sentence]
    may_change += _refused_terms(day, circumstances)
    may_change += _not_loaded(day, circumstances)
    if may_change or held:
        return Verdict(day.part, day.date, "provisional", [*may_change, *held, *good_to_know])
    return Verdict(day.part, day.date, "yes", good_to_know)


def _why_not(day: PartDay, circumstances: Circumstances) -> Iterator[str]:
    yield from _refusals(day, circumstances)
    for source in day.files_late:
        yield f"{source} is late: the first file of the day came at {day.first_file_at:%Y-%m-%d %H:%M} UTC"
    dimensions = [source for source in day.waiting_for if not circumstances.registry[source].is_event]
    for source in set(dimensions) - set(day.files_refused):
        yield f"{source}.csv has never come"
    awaited = set(day.waiting_for) - {*day.files_late, *day.files_refused, *dimensions}
    if not day.files_in and not day.files_refused:
        yield "nothing has come" if day.status == "missing" else "nothing has come yet"
    elif awaited:
        yield f"waits for {' and '.join(sorted(awaited))}"
    if not day.waiting_for:
        yield _not_calculated(day, circumstances.failure(day.date))


def _not_calculated(day: PartDay, failure: str | None) -> str:
    what = "its files are in and not published" if day.published_at is None else "newer files are not published"
    return f"{what}, for the newest run failed ({failure})" if failure else f"{what} yet: a run is to come"


def _may_change(day: PartDay, circumstances: Circumstances) -> Iterator[str]:
    yield from _refusals(day, circumstances)
    within = f"within {_days(circumstances.provisional_for)} after the day"
    for source in day.files_missing:
        if day.part in circumstances.registry[source].required_for:
            yield f"{source} is estimated, and may still come {within}"
        elif source not in day.files_refused:
            yield f"{source} may still come {within}"


def _refused_terms(day: PartDay, circumstances: Circumstances) -> Iterator[str]:
    """Newer versions of dimensions that are refused: nobody can tell which days they would change."""
    for (source, file_day), reason in circumstances.refusals.items():
        if file_day is None and day.part in circumstances.registry[source].parts:
            yield f"a newer {source}.csv is refused, and an older one in force: {reason.rstrip('.')}"


def _not_loaded(day: PartDay, circumstances: Circumstances) -> Iterator[str]:
    """Files in the landing zone that concern the day, and those of dimensions, which concern every day."""
    for (source, file_day), sentence in circumstances.to_come.items():
        if day.part in circumstances.registry[source].parts and file_day in {None, day.date}:
            yield sentence


def _refusals(day: PartDay, circumstances: Circumstances) -> Iterator[str]:
    for source in day.files_refused:
        entry = circumstances.registry[source]
        file_day = day.date if entry.is_event else None
        newer = "a newer " if source in day.files_in else ""
        yield (
            f"{newer}{source}/{entry.file_name(file_day)} is refused: "
            f"{circumstances.refusals.get((source, file_day), 'see the file ledger').rstrip('.')}"
        )


def _held_out(day: PartDay, circumstances: Circumstances) -> Iterator[str]:
    for source in day.files_in:
        held = circumstances.held.get((source, day.date))
        if held:
            yield f"{source}/{held[0].file}: {worth(held, circumstances.registry)}"


def _days(duration: timedelta) -> str:
    days = duration / timedelta(days=1)
    return f"{days:g} day" if days == 1 else f"{days:g} days"
