"""When a file counts as written to its end."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from growthleads_assets.landing.settling import observe, wait_until_settled
from growthleads_assets.landing.zone import LandedFile
from tests.landing.zones import found, land

NOW = 1_711_600_000.0
ZONE = Path("/zone")


def landed(name: str = "2024-03-26.csv", *, mtime: float, ctime: float, size: int = 10) -> LandedFile:
    return LandedFile(
        source="routy",
        name=name,
        day=date.fromisoformat(name.removesuffix(".csv")),
        landing_zone=ZONE,
        path=ZONE / "routy" / name,
        relative=f"routy/{name}",
        size=size,
        mtime_ns=round(mtime * 1e9),
        ctime_ns=round(ctime * 1e9),
        inode=7,
    )


def test_a_file_that_lies_there_unchanged_is_settled_at_first_sight() -> None:
    files, observations = observe([landed(mtime=NOW - 3, ctime=NOW - 3)], {}, now=NOW, settle_seconds=3)

    assert files[0].takeable
    assert observations == {}


def test_a_preserved_time_proves_nothing(tmp_path: Path) -> None:
    path = land(tmp_path, "routy/2024-03-26.csv")
    os.utime(path, (0, 0))  # as `cp -p` and `rsync -t` leave it
    arrived = path.stat().st_ctime_ns / 1e9

    file = found(tmp_path, "routy/2024-03-26.csv")
    early, observations = observe([file], {}, now=arrived + 2.9, settle_seconds=3)
    late, _ = observe([file], {}, now=arrived + 3.1, settle_seconds=3)

    assert early[0].waits == (
        "routy/2024-03-26.csv is still being written, or has only just landed: it is taken up once it has not changed "
        "for 3 seconds."
    )
    assert list(observations) == ["routy/2024-03-26.csv"]
    assert late[0].takeable


@pytest.mark.parametrize(("mtime", "ctime"), [(NOW + 1000, NOW - 100), (NOW - 100, NOW + 1000)])
def test_a_time_in_the_future_is_watched_by_our_own_clock(mtime: float, ctime: float) -> None:
    file = landed(mtime=mtime, ctime=ctime)

    first, observations = observe([file], {}, now=NOW, settle_seconds=3)
    second, observations = observe([file], observations, now=NOW + 2.9, settle_seconds=3)
    third, observations = observe([file], observations, now=NOW + 3, settle_seconds=3)
    fourth, _ = observe([file], observations, now=NOW + 60, settle_seconds=3)

    assert [files[0].takeable for files in (first, second, third, fourth)] == [False, False, True, True]


@pytest.mark.parametrize(
    "change",
    [
        lambda file: replace(file, size=11),
        lambda file: replace(file, mtime_ns=file.mtime_ns + 1),
        lambda file: replace(file, ctime_ns=file.ctime_ns + 1),
        lambda file: replace(file, inode=8),
    ],
)
def test_any_change_starts_the_wait_anew(change: Callable[[LandedFile], LandedFile]) -> None:
    file = landed(mtime=NOW + 1000, ctime=NOW + 1000)
    _, observations = observe([file], {}, now=NOW, settle_seconds=3)

    files, observations = observe([change(file)], observations, now=NOW + 3, settle_seconds=3)
    assert files[0].waits
    files, _ = observe([change(file)], observations, now=NOW + 6, settle_seconds=3)
    assert files[0].takeable


def test_a_clock_that_was_put_back_only_starts_the_wait_anew() -> None:
    file = landed(mtime=NOW, ctime=NOW)
    _, observations = observe([file], {}, now=NOW, settle_seconds=3)

    _, observations = observe([file], observations, now=NOW - 5000, settle_seconds=3)
    files, _ = observe([file], observations, now=NOW - 4997, settle_seconds=3)

    assert files[0].takeable


def test_zero_seconds_trust_the_deliverer() -> None:
    files, observations = observe([landed(mtime=NOW, ctime=NOW + 9)], {}, now=NOW, settle_seconds=0)

    assert files[0].takeable
    assert observations == {}


def test_what_is_not_takeable_passes_as_it_is() -> None:
    fresh = landed(mtime=NOW, ctime=NOW)
    files = [replace(fresh, refusal="No."), replace(fresh, waits="Not yet."), replace(fresh, unreadable="Closed.")]

    assert observe(files, {}, now=NOW, settle_seconds=3) == (files, {})


def test_observations_are_plain_json_and_forget_what_is_gone_or_settled() -> None:
    fresh, other = landed(mtime=NOW, ctime=NOW), landed("2024-03-27.csv", mtime=NOW, ctime=NOW)
    _, observations = observe([fresh, other], {}, now=NOW, settle_seconds=3)

    restored = json.loads(json.dumps(observations))
    files, remaining = observe([fresh], restored, now=NOW + 1, settle_seconds=3)

    assert restored == observations
    assert files[0].waits
    assert list(remaining) == [fresh.relative]
    assert observe([fresh], remaining, now=NOW + 3, settle_seconds=3) == ([fresh], {})


class Deliverer:
    """A clock that sleeping moves, and a landing zone that changes with it."""

    def __init__(self, zone: Callable[[float], Sequence[LandedFile]]) -> None:
        self.now = NOW
        self.sleeps: list[float] = []
        self._zone = zone

    def discover(self) -> Sequence[LandedFile]:
        return self._zone(self.now - NOW)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def wait(self, settle_seconds: float, patience_seconds: float = 30) -> list[LandedFile]:
        return wait_until_settled(
            self.discover,
            settle_seconds,
            patience_seconds=patience_seconds,
            clock=lambda: self.now,
            sleep=self.sleep,
        )


def test_nothing_is_waited_for_when_all_has_settled() -> None:
    file = landed(mtime=NOW - 60, ctime=NOW - 60)
    deliverer = Deliverer(lambda _: [file])

    assert deliverer.wait(3) == [file]
    assert deliverer.sleeps == []


def test_a_fresh_file_is_waited_for_as_long_as_it_needs() -> None:
    file = landed(mtime=NOW - 1, ctime=NOW - 1)
    deliverer = Deliverer(lambda _: [file])

    assert deliverer.wait(3) == [file]
    assert deliverer.sleeps == [2]


def test_a_file_that_grows_for_a_while_is_taken_when_it_is_whole() -> None:
    def growing(elapsed: float) -> list[LandedFile]:
        written = min(elapsed, 5)
        return [landed(mtime=NOW + written, ctime=NOW + written, size=round(written * 100))]

    deliverer = Deliverer(growing)
    [file] = deliverer.wait(3)

    assert file.takeable
    assert file.size == 500
    assert sum(deliverer.sleeps) == pytest.approx(8)


def test_a_file_that_never_stops_growing_does_not_hold_up_the_others() -> None:
    whole = landed("2024-03-27.csv", mtime=NOW - 60, ctime=NOW - 60)
    deliverer = Deliverer(lambda t: [landed(mtime=NOW + t, ctime=NOW + t, size=int(t)), whole])

    growing, other = deliverer.wait(3, patience_seconds=30)

    assert "still being written" in (growing.waits or "")
    assert other.takeable
    assert sum(deliverer.sleeps) == 30


def test_a_file_that_arrives_meanwhile_is_waited_for_too() -> None:
    first = landed(mtime=NOW, ctime=NOW)
    second = landed("2024-03-27.csv", mtime=NOW + 2, ctime=NOW + 2)
    deliverer = Deliverer(lambda t: [first, second] if t >= 2 else [first])

    assert deliverer.wait(3) == [first, second]
    assert sum(deliverer.sleeps) == 5


def test_patience_gives_each_file_one_settling_time_at_the_least() -> None:
    file = landed(mtime=NOW, ctime=NOW)
    deliverer = Deliverer(lambda _: [file])

    assert deliverer.wait(120, patience_seconds=30) == [file]
    assert deliverer.sleeps == [120]


def test_zero_seconds_do_not_wait() -> None:
    deliverer = Deliverer(lambda t: [landed(mtime=NOW + t, ctime=NOW + t)])

    assert deliverer.wait(0)[0].takeable
    assert deliverer.sleeps == []
