"""Accepted files leave the landing zone; nothing else is ever lost, whoever lands what and whenever a process dies."""

import contextlib
import errno
import hashlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from growthleads_assets.landing.archive import Archive, ArchiveError
from growthleads_assets.landing.departure import NotTakenAway, recover, take_away
from growthleads_assets.landing.zone import LandedFile
from tests.landing.zones import archived, find, found, land, mode, names_in, read_landed, unprivileged

FILE = "routy/2024-03-26.csv"
NAME = "2024-03-26.csv"
ACCEPTED = b"accepted"


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def all_accepted(_source: str, _name: str, _sha256: str) -> bool:
    return True


def none_accepted(_source: str, _name: str, _sha256: str) -> bool:
    return False


@pytest.fixture(params=["one file system", "another file system"])
def zones(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Archive]]:
    """A landing zone, and an archive beside it or on a memory file system (where the machine has one)."""
    memory = Path("/dev/shm")  # noqa: S108  nothing is read there but what the test wrote
    elsewhere = memory if request.param == "another file system" and memory.is_dir() else tmp_path
    with tempfile.TemporaryDirectory(dir=elsewhere) as archive:
        (tmp_path / "landing").mkdir()
        yield tmp_path / "landing", Archive(Path(archive))


def accept(zone: Path, archive: Archive, relative: str = FILE) -> tuple[LandedFile, str]:
    """Read a file and archive it, as acceptance does."""
    file = found(zone, relative)
    content = read_landed(file)
    archived(archive, file.source or "", file.name, content, datetime.now(UTC))
    return file, digest(content)


def superseded(archive: Archive) -> list[bytes]:
    return [path.read_bytes() for path in sorted(archive.archive_zone.glob("*/superseded/*.csv"))]


class Interference:
    """Lets things happen just before or after a call that the platform makes to the operating system."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def at(
        self, call: str, before: Callable[[], object] | None = None, after: Callable[[], object] | None = None
    ) -> None:
        """Once, at the first ``os.<call>`` that touches a file set aside."""
        really = getattr(os, call)
        happened: list[bool] = []

        def interfered(*args: Any, **kwargs: Any) -> object:
            if happened or not any(str(argument).endswith(".taken") for argument in args):
                return really(*args, **kwargs)
            happened.append(True)
            if before:
                before()
            result = really(*args, **kwargs)
            if after:
                after()
            return result

        self._monkeypatch.setattr(os, call, interfered)

    def kill(self) -> None:
        raise Killed

    def without_hard_links(self) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        self._monkeypatch.setattr(os, "link", refuse)

    def end(self) -> None:
        self._monkeypatch.undo()


@pytest.fixture
def interference(monkeypatch: pytest.MonkeyPatch) -> Interference:
    return Interference(monkeypatch)


def test_an_accepted_file_leaves_and_its_folder_stays(zones: tuple[Path, Archive]) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    land(zone, "routy/2024-03-27.csv", b"another day")

    assert take_away(*accept(zone, archive), archive)

    assert names_in(zone) == {"routy/2024-03-27.csv"}
    assert superseded(archive) == []
    assert take_away(*accept(zone, archive, "routy/2024-03-27.csv"), archive)
    assert list((zone / "routy").iterdir()) == []


def test_a_file_that_is_gone_is_fine(zones: tuple[Path, Archive]) -> None:
    zone, archive = zones
    path = land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)

    path.unlink()
    assert take_away(file, sha256, archive)
    path.parent.rmdir()
    assert take_away(file, sha256, archive)


@pytest.mark.parametrize("newer", [b"newer", ACCEPTED])
def test_a_file_that_replaced_it_is_not_touched(zones: tuple[Path, Archive], newer: bytes) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)
    path = land(zone, FILE, newer)
    before = path.stat()

    assert not take_away(file, sha256, archive)

    after = path.stat()
    assert path.read_bytes() == newer
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert names_in(zone) == {FILE}


def test_a_file_written_to_since_it_was_read_stays(zones: tuple[Path, Archive]) -> None:
    zone, archive = zones
    path = land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)
    with path.open("ab") as deliverer:
        deliverer.write(b" and more")

    assert not take_away(file, sha256, archive)
    assert path.read_bytes() == b"accepted and more"


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_file_that_comes_in_the_last_instant_is_put_back(
    zones: tuple[Path, Archive], interference: Interference, hard_links: bool
) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)
    interference.at("rename", before=lambda: land(zone, FILE, b"newer"))
    if not hard_links:
        interference.without_hard_links()

    assert not take_away(file, sha256, archive)

    assert names_in(zone) == {FILE}
    assert read_landed(found(zone, FILE)) == b"newer"
    assert superseded(archive) == []


@pytest.mark.parametrize("hard_links", [True, False])
def test_of_two_that_come_in_that_instant_the_newest_stays_and_the_other_is_kept(
    zones: tuple[Path, Archive], interference: Interference, hard_links: bool
) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)
    interference.at("rename", before=lambda: land(zone, FILE, b"newer"), after=lambda: land(zone, FILE, b"newest"))
    if not hard_links:
        interference.without_hard_links()

    assert not take_away(file, sha256, archive)

    assert names_in(zone) == {FILE}
    assert read_landed(found(zone, FILE)) == b"newest"
    assert superseded(archive) == [b"newer"]


def test_one_that_comes_after_the_accepted_was_set_aside_is_not_touched(
    zones: tuple[Path, Archive], interference: Interference
) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)
    interference.at("rename", after=lambda: land(zone, FILE, b"newer"))

    assert take_away(file, sha256, archive)

    assert names_in(zone) == {FILE}
    assert read_landed(found(zone, FILE)) == b"newer"
    assert superseded(archive) == []


def test_a_link_that_comes_in_the_last_instant_is_put_back_and_not_followed(
    zones: tuple[Path, Archive], interference: Interference, tmp_path: Path
) -> None:
    zone, archive = zones
    outside = land(tmp_path, "outside.csv", ACCEPTED)
    path = land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)

    def replace_by_link() -> None:
        path.unlink()
        path.symlink_to(outside)

    interference.at("rename", before=replace_by_link)

    assert not take_away(file, sha256, archive)
    assert names_in(zone) == {FILE}
    assert "symbolic link" in (found(zone, FILE).refusal or "")
    assert outside.read_bytes() == ACCEPTED


def kill_after_setting_aside(zone: Path, archive: Archive, interference: Interference) -> None:
    file, sha256 = accept(zone, archive)
    interference.at("rename", after=interference.kill)
    with pytest.raises(Killed):
        take_away(file, sha256, archive)
    interference.end()
    assert find(zone) == []
    assert len(names_in(zone)) == 1


def test_what_a_killed_process_had_set_aside_is_deleted_when_it_is_accepted(
    zones: tuple[Path, Archive], interference: Interference
) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    kill_after_setting_aside(zone, archive, interference)
    asked: list[tuple[str, str, str]] = []

    def is_accepted(source: str, name: str, sha256: str) -> bool:
        asked.append((source, name, sha256))
        return True

    assert recover(zone, archive, is_accepted) == []

    assert asked == [("routy", NAME, digest(ACCEPTED))]
    assert names_in(zone) == set()
    assert (zone / "routy").is_dir()


def test_what_a_killed_process_had_set_aside_is_put_back_when_the_ledger_does_not_know_it(
    zones: tuple[Path, Archive], interference: Interference
) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    kill_after_setting_aside(zone, archive, interference)

    assert recover(zone, archive, none_accepted) == []

    assert names_in(zone) == {FILE}
    assert read_landed(found(zone, FILE)) == ACCEPTED


def set_newer_aside_and_be_killed(zone: Path, archive: Archive, interference: Interference) -> None:
    """The accepted file is replaced in the last instant, and the process dies with the newer one set aside."""
    land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)
    interference.at("rename", before=lambda: land(zone, FILE, b"newer"), after=interference.kill)
    with pytest.raises(Killed):
        take_away(file, sha256, archive)
    interference.end()
    assert find(zone) == []


def test_a_newer_file_set_aside_by_a_killed_process_is_put_back(
    zones: tuple[Path, Archive], interference: Interference
) -> None:
    zone, archive = zones
    set_newer_aside_and_be_killed(zone, archive, interference)

    assert recover(zone, archive, all_accepted) == []

    assert names_in(zone) == {FILE}
    assert read_landed(found(zone, FILE)) == b"newer"


def test_a_newer_file_set_aside_does_not_come_back_over_a_newest(
    zones: tuple[Path, Archive], interference: Interference
) -> None:
    zone, archive = zones
    set_newer_aside_and_be_killed(zone, archive, interference)
    land(zone, FILE, b"newest")

    assert recover(zone, archive, all_accepted) == []

    assert names_in(zone) == {FILE}
    assert read_landed(found(zone, FILE)) == b"newest"
    assert superseded(archive) == [b"newer"]


def test_a_newer_file_set_aside_does_not_come_back_after_the_newest_was_loaded(
    zones: tuple[Path, Archive], interference: Interference
) -> None:
    zone, archive = zones
    set_newer_aside_and_be_killed(zone, archive, interference)
    land(zone, FILE, b"newest")

    # By a process that looked for files set aside before there was one.
    assert take_away(*accept(zone, archive), archive)

    assert names_in(zone) == set()
    assert superseded(archive) == [b"newer"]
    assert recover(zone, archive, all_accepted) == []
    assert find(zone) == []


def test_a_process_killed_while_it_puts_back_leaves_one_file(
    zones: tuple[Path, Archive], interference: Interference
) -> None:
    zone, archive = zones
    set_newer_aside_and_be_killed(zone, archive, interference)
    interference.at("link", after=interference.kill)
    with pytest.raises(Killed):
        recover(zone, archive, all_accepted)
    interference.end()
    assert len(names_in(zone)) == 2

    assert recover(zone, archive, all_accepted) == []

    assert names_in(zone) == {FILE}
    assert read_landed(found(zone, FILE)) == b"newer"
    assert superseded(archive) == []


def test_two_processes_may_finish_the_same_file(zones: tuple[Path, Archive], interference: Interference) -> None:
    zone, archive = zones
    land(zone, FILE, ACCEPTED)
    file, sha256 = accept(zone, archive)
    interference.at("rename", after=lambda: recover(zone, archive, all_accepted))

    assert take_away(file, sha256, archive)
    assert names_in(zone) == set()


@pytest.mark.parametrize("relative", ["deals.csv", "deals/deals.csv"])
def test_a_dimension_set_aside_is_known_by_its_source(
    zones: tuple[Path, Archive], interference: Interference, relative: str
) -> None:
    zone, archive = zones
    land(zone, relative, ACCEPTED)
    file, sha256 = accept(zone, archive, relative)
    interference.at("rename", after=interference.kill)
    with pytest.raises(Killed):
        take_away(file, sha256, archive)
    interference.end()

    def is_accepted(*version: str) -> bool:
        return version == ("deals", "deals.csv", sha256)

    assert recover(zone, archive, is_accepted) == []
    assert names_in(zone) == set()


def test_recovery_leaves_everything_else_alone(zones: tuple[Path, Archive]) -> None:
    zone, archive = zones
    others = {
        FILE,
        ".gitkeep",
        "routy/.2024-03-26.csv.taken",
        f"routy/..hidden.{'a' * 64}.1.1.taken",
        "routy/.2024-03-26.csv.part",
        f"stray/deeper/.2024-03-26.csv.{'a' * 64}.1.1.taken",
    }
    for relative in others:
        land(zone, relative)

    def is_accepted(*_: str) -> bool:
        pytest.fail("nothing is set aside")

    assert recover(zone, archive, is_accepted) == []
    assert names_in(zone) == others


def test_recovery_does_not_follow_links(zones: tuple[Path, Archive], tmp_path: Path) -> None:
    zone, archive = zones
    aside = f".2024-03-26.csv.{digest(b'date')}.1.1.taken"
    land(tmp_path / "outside", aside, b"date")
    (zone / "routy").symlink_to(tmp_path / "outside")

    assert recover(zone, archive, all_accepted) == []
    assert names_in(tmp_path / "outside") == {aside}


def test_recovery_of_a_landing_zone_that_is_not_there_has_nothing_to_do(tmp_path: Path) -> None:
    assert recover(tmp_path / "nowhere", Archive(tmp_path), all_accepted) == []


def test_a_landing_zone_we_may_not_write_to_is_an_error_in_words() -> None:
    with unprivileged() as folder:
        zone, archive = folder / "landing", Archive(folder / "archive")
        land(zone, FILE, ACCEPTED)
        file, sha256 = accept(zone, archive)
        with mode(zone / "routy", 0o500), pytest.raises(NotTakenAway) as error:
            take_away(file, sha256, archive)
        assert names_in(zone) == {FILE}

    assert str(error.value) == (
        "routy/2024-03-26.csv is loaded, but cannot be taken out of the landing zone (Permission denied); it is tried "
        "again."
    )


def test_a_file_that_cannot_be_kept_stays_set_aside_until_it_can(
    zones: tuple[Path, Archive], interference: Interference, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone, archive = zones
    set_newer_aside_and_be_killed(zone, archive, interference)
    [aside] = names_in(zone)
    land(zone, FILE, b"newest")

    def full(*_: object) -> Path:
        raise ArchiveError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "keep_superseded", full)
        file, sha256 = accept(zone, archive)
        with pytest.raises(NotTakenAway, match="The disk is full"):
            take_away(file, sha256, archive)
        [problem] = recover(zone, archive, all_accepted)

    assert problem == (
        f"{aside}, set aside by a process that ended, cannot be dealt with (The disk is full.); it is tried again."
    )
    assert names_in(zone) == {FILE, aside}
    assert take_away(file, sha256, archive)
    assert names_in(zone) == set()
    assert superseded(archive) == [b"newer"]


class Platform:
    """What loading does around the functions under test: passes that take up what lies there, and a ledger."""

    def __init__(self, zone: Path, archive: Archive) -> None:
        self.zone, self.archive = zone, archive
        self.ledger: list[bytes] = []
        self._moments = (datetime(2024, 3, 27, tzinfo=UTC) + timedelta(seconds=n) for n in itertools.count())

    def is_accepted(self, _source: str, _name: str, sha256: str) -> bool:
        return sha256 in map(digest, self.ledger)

    def accept(self) -> tuple[LandedFile, str] | None:
        assert recover(self.zone, self.archive, self.is_accepted) == []
        for file in find(self.zone):
            content = read_landed(file)
            if self.ledger[-1:] != [content]:
                archived(self.archive, "routy", file.name, content, next(self._moments))
                self.ledger.append(content)
            return file, digest(content)
        return None

    def one_pass(self) -> None:
        accepted = self.accept()
        if accepted:
            take_away(*accepted, self.archive)

    def until_quiet(self) -> None:
        while recover(self.zone, self.archive, self.is_accepted) or find(self.zone):
            self.one_pass()


class Moments:
    """Runs something, with other things happening just before its n-th call to the operating system on open folders."""

    CALLS = ("open", "stat", "listdir", "rename", "link", "unlink")

    def __init__(self, happenings: dict[int, list[Callable[[], object]]]) -> None:
        self._happenings = happenings
        self._is_happening = False
        self.count = 0

    def run(self, something: Callable[[], object]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            for call in self.CALLS:
                patch.setattr(os, call, self._with_happenings(getattr(os, call)))
            something()

    def _with_happenings(self, really: Callable[..., object]) -> Callable[..., object]:
        def call(*args: Any, **kwargs: Any) -> object:
            on_open_folder = isinstance(args[0], int) or kwargs.get("dir_fd") or kwargs.get("src_dir_fd")
            if on_open_folder and not self._is_happening:
                self._happen()
            return really(*args, **kwargs)

        return call

    def _happen(self) -> None:
        self._is_happening = True
        try:
            for happening in self._happenings.get(self.count, []):
                happening()
        finally:
            self._is_happening = False
            self.count += 1


def die() -> None:
    raise Killed


@dataclass
class Story:
    """A is taken away; meanwhile two more files land, the first ones perhaps loaded by another process at once."""

    folder: Path
    loaded_at_once: int

    def __post_init__(self) -> None:
        self.zone = self.folder / "landing"
        self.platform = Platform(self.zone, Archive(self.folder / "archive"))
        self.landed: list[bytes] = []
        self.overwritten: set[bytes] = set()

    def land(self, content: bytes) -> None:
        if (self.zone / FILE).exists():
            self.overwritten.add((self.zone / FILE).read_bytes())
        land(self.zone, FILE, content)
        self.landed.append(content)
        if len(self.landed) <= 1 + self.loaded_at_once:
            self.platform.one_pass()

    def tell(self, happenings: dict[int, list[Callable[[], object]]]) -> int:
        """The number of moments there were, up to the death of the process, if any."""
        land(self.zone, FILE, b"A")
        self.landed.append(b"A")
        accepted = self.platform.accept()
        assert accepted
        moments = Moments(happenings)
        with contextlib.suppress(Killed):
            moments.run(lambda: take_away(*accepted, self.platform.archive))
        return moments.count

    def check(self) -> None:
        self.platform.until_quiet()
        kept = {path.read_bytes() for path in self.platform.archive.archive_zone.rglob("*.csv")}
        assert names_in(self.zone) == set()
        assert self.platform.ledger[-1] == self.landed[-1]
        assert set(self.landed) - self.overwritten <= kept


@pytest.mark.parametrize("loaded_at_once", [0, 1, 2])
@pytest.mark.parametrize(("first", "second"), [(b"B", b"C"), (b"B", b"A"), (b"A", b"B")])
def test_whatever_lands_at_whatever_moment_the_last_is_in_force_and_nothing_is_lost(
    tmp_path: Path, first: bytes, second: bytes, loaded_at_once: int
) -> None:
    stories = (Story(tmp_path / str(number), loaded_at_once) for number in itertools.count())

    def tell(at_first: int, at_second: int | None, *, killed: bool) -> int:
        """Killed as the last file lands, or as the first does: then the second lands before anything starts again."""
        story = next(stories)
        happenings: dict[int, list[Callable[[], object]]] = {at_first: [partial(story.land, first)]}
        if at_second is not None:
            happenings.setdefault(at_second, []).append(partial(story.land, second))
        happenings[at_first if at_second is None else at_second].extend([die] * killed)
        moments = story.tell(happenings)
        if at_second is None:
            story.land(second)
        story.check()
        return moments

    moments = 0
    for at_first in itertools.count():
        tell(at_first, None, killed=True)
        for at_second in itertools.count(at_first):
            tell(at_first, at_second, killed=True)
            moments = tell(at_first, at_second, killed=False)
            if moments <= at_second:
                break
        if moments <= at_first:
            break
    assert at_first > 5, "taking a file away has more moments than that"
