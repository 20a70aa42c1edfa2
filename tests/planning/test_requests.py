"""Which runs are started now: what is under way, what failed and when it is tried again."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from growthleads_assets.planning.planner import DayRange, Landed, Plan, plan
from growthleads_assets.planning.requests import (
    AUTOMATIC,
    BY_HAND,
    Attempts,
    Patience,
    Request,
    Requests,
    UnderWay,
    requests,
)

NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
FIRST = date(2024, 3, 1)


def _days(*numbers: int, sha256: str = "new") -> list[Landed]:
    days = [FIRST.replace(day=number) for number in numbers]
    return [Landed("routy", f"{day}.csv", day, f"routy/{day}.csv", sha256) for day in days]


def _plan(*landed: Landed, release: str = "") -> Plan:
    return plan(landed, in_force={}, refusals={}, rules="rules", days_to_settle={}, release=release)


def _asked(
    found: Plan,
    attempts: Mapping[str, Attempts] | None = None,
    *,
    under_way: Collection[UnderWay] = (),
    now: datetime = NOON,
    patience: Patience = AUTOMATIC,
) -> Requests:
    return requests(found, attempts=attempts or {}, under_way=under_way, now=now, patience=patience)


def _numbers(request: Request) -> list[int]:
    assert request.days
    return list(range(request.days.first.day, request.days.last.day + 1))


def _under_way(first: int, last: int) -> UnderWay:
    return UnderWay(DayRange(FIRST.replace(day=first), FIRST.replace(day=last), frozenset()))


DEALS = Landed("deals", "deals.csv", None, "deals.csv", "new")


def test_days_wait_for_dimensions() -> None:
    [request] = _asked(_plan(DEALS, *_days(1, 2))).now

    assert request.dimensions == ("deals",)
    # While they are being loaded nothing else is started, they themselves included.
    assert _asked(_plan(DEALS, *_days(1, 2)), under_way=[UnderWay(None)]).now == []


def test_days_do_not_wait_for_dimensions_that_cannot_be_loaded() -> None:
    found = _plan(DEALS, *_days(1, 2))
    [first] = _asked(found).now

    asked = _asked(found, {first.work: Attempts(1, NOON)})

    assert [_numbers(request) for request in asked.now] == [[1, 2]]
    assert [held.again_at for held in asked.held_back] == [NOON + timedelta(seconds=15)]


def test_days_under_way_are_left_to_their_run() -> None:
    asked = _asked(_plan(*_days(1, 2, 3, 4, 5)), under_way=[_under_way(2, 3)])

    assert [_numbers(request) for request in asked.now] == [[1], [4, 5]]


def test_days_that_failed_together_are_tried_in_halves_until_the_bad_one_stands_alone() -> None:
    found = _plan(*_days(1, 2, 3, 4, 5, 6, 7, 8))
    attempts: dict[str, Attempts] = {}
    done: set[int] = set()
    runs = 0
    while True:
        left = _plan(*_days(*(number for number in range(1, 9) if number not in done)))
        asked = _asked(left, attempts, patience=BY_HAND)
        if not asked.now:
            break
        request = asked.now[0]
        attempts[request.work] = Attempts(1, NOON)
        runs += 1
        if 6 not in _numbers(request):
            done.update(_numbers(request))

    assert not found.is_empty
    assert done == {1, 2, 3, 4, 5, 7, 8}
    # 1-8 failed, 1-4, 5-8 failed, 5-6 failed, 5; what is left is 6-8: failed, 6 failed, 7-8
    assert runs == 8
    assert [held.title for held in asked.held_back] == ["2024-03-06: routy"]


def test_a_bad_day_holds_up_no_new_day_beside_it() -> None:
    [bad] = _asked(_plan(*_days(6))).now

    asked = _asked(_plan(*_days(5, 6, 7)), {bad.work: Attempts(5, NOON)})

    assert [_numbers(request) for request in asked.now] == [[5], [7]]


def test_a_day_is_tried_again_after_a_growing_delay_and_then_given_up() -> None:
    found = _plan(*_days(6))
    [bad] = _asked(found).now
    delays = [timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=16)]
    for count, delay in enumerate(delays, start=1):
        tried = {bad.work: Attempts(count, NOON)}
        assert _asked(found, tried, now=NOON + delay - timedelta(seconds=1)).now == []
        assert _asked(found, tried, now=NOON + delay).now == [bad]

    given_up = _asked(found, {bad.work: Attempts(5, NOON)}, now=NOON + timedelta(days=365))
    assert given_up.now == []
    assert [held.again_at for held in given_up.held_back] == [None]


def test_work_given_up_is_tried_when_its_file_or_the_release_changes() -> None:
    [bad] = _asked(_plan(*_days(6))).now
    given_up = {bad.work: Attempts(5, NOON)}

    assert len(_asked(_plan(*_days(6, sha256="mended")), given_up).now) == 1
    assert len(_asked(_plan(*_days(6), release="next"), given_up).now) == 1


@given(
    days=st.sets(st.integers(1, 31), min_size=1),
    bad=st.sets(st.integers(1, 31)),
    under_way=st.lists(st.tuples(st.integers(1, 31), st.integers(0, 5)), max_size=3),
)
def test_every_good_day_is_done_whatever_fails_beside_it(
    days: set[int], bad: set[int], under_way: list[tuple[int, int]]
) -> None:
    elsewhere = [_under_way(first, min(31, first + more)) for first, more in under_way]
    attempts: dict[str, Attempts] = {}
    done: set[int] = set()
    while (asked := _asked(_plan(*_days(*(days - done))), attempts, under_way=elsewhere, patience=BY_HAND)).now:
        covered = [number for request in asked.now for number in _numbers(request)]
        assert len(covered) == len(set(covered)), "no day is in two runs"
        for request in asked.now:
            attempts[request.work] = Attempts(1, NOON)
            if not bad.intersection(_numbers(request)):
                done.update(_numbers(request))

    busy = {number for first, more in under_way for number in range(first, first + more + 1)}
    assert done == days - bad - busy
