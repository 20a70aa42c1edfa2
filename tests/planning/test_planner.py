"""What is to do, told from what has landed, what is loaded and what is calculated."""

from datetime import date

from growthleads_assets.planning.planner import DayRange, Judged, Landed, Plan, plan

NOTHING = {"in_force": {}, "refusals": {}, "rules": "rules", "days_to_settle": {}}


def _event(source: str, day: str, sha256: str = "new", **verdict: str) -> Landed:
    return Landed(source, f"{day}.csv", date.fromisoformat(day), f"{source}/{day}.csv", sha256, **verdict)


def _planned(*landed: Landed, **known: object) -> Plan:
    return plan(landed, **{**NOTHING, **known})  # type: ignore[arg-type]


def _range(first: str, last: str, *sources: str, recalculates: bool = True) -> DayRange:
    return DayRange(date.fromisoformat(first), date.fromisoformat(last), frozenset(sources), recalculates)


def test_files_of_days_without_a_gap_are_one_range() -> None:
    found = _planned(
        _event("routy", "2024-03-01"),
        _event("voluum", "2024-02-29"),
        _event("routy", "2024-02-28"),
        _event("routy", "2024-03-03"),
    )

    assert found.ranges == (
        _range("2024-02-28", "2024-03-01", "routy", "voluum"),
        _range("2024-03-03", "2024-03-03", "routy"),
    )


def test_a_day_behind_its_files_is_calculated_though_nothing_landed() -> None:
    found = _planned(days_to_settle={date(2024, 3, 1): "versions"})

    assert found.ranges == (_range("2024-03-01", "2024-03-01"),)


def test_the_same_bytes_again_only_leave_the_landing_zone() -> None:
    in_force = {("routy", "2024-03-01.csv"): "same", ("routy", "2024-03-02.csv"): "old"}
    found = _planned(_event("routy", "2024-03-01", "same"), _event("routy", "2024-03-02"), in_force=in_force)

    assert found.ranges == (
        _range("2024-03-01", "2024-03-01", "routy", recalculates=False),
        _range("2024-03-02", "2024-03-02", "routy"),
    )


def test_a_dimension_is_loaded_when_its_bytes_are_new() -> None:
    deals = Landed("deals", "deals.csv", None, "deals.csv", "new")

    assert _planned(deals).dimensions == ("deals",)
    assert _planned(deals, in_force={("deals", "deals.csv"): "new"}).is_empty


def test_a_refused_file_is_tried_again_only_when_it_or_the_rules_change() -> None:
    file = _event("routy", "2024-03-01")
    same = {("routy", "2024-03-01.csv"): Judged("new", "rules", "Line 3 is wrong.")}
    other_bytes = {("routy", "2024-03-01.csv"): Judged("old", "rules", "Line 3 is wrong.")}

    refused = _planned(file, refusals=same)
    assert refused.is_empty
    assert refused.refused == ((file, "Line 3 is wrong."),)
    assert _planned(file, refusals=other_bytes).ranges == (_range("2024-03-01", "2024-03-01", "routy"),)
    assert _planned(file, refusals=same, rules="newer").ranges == (_range("2024-03-01", "2024-03-01", "routy"),)


def test_what_waits_or_cannot_be_read_is_said_and_left() -> None:
    found = _planned(
        _event("routy", "2024-03-01", waits="It has only just landed."),
        _event("routy", "2024-03-02", unreadable="It cannot be read."),
        _event("routy", "2024-03-03", refusal="It is a link."),
    )

    assert found.is_empty
    assert [sentence for _, sentence in found.waiting] == ["It has only just landed."]
    assert [sentence for _, sentence in found.unreadable] == ["It cannot be read."]
    assert [sentence for _, sentence in found.refused] == ["It is a link."]
