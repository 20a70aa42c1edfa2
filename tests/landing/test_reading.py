"""Reading what was found in the landing zone, and nothing that was put in its place."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from growthleads_assets.landing.reading import FileChanged, UnreadableFile, copy_landed, fingerprint, sha256
from growthleads_assets.landing.zone import LandedFile
from tests.landing.zones import found, land, mode, read_landed, unprivileged

FILE = "routy/2024-03-26.csv"
CONTENT = b"date,marketing_source\n,A\n"
SHA = hashlib.sha256(CONTENT).hexdigest()

Read = Callable[[LandedFile], object]
BOTH = pytest.mark.parametrize("read", [read_landed, fingerprint])


@pytest.mark.parametrize("relative", [FILE, "deals.csv", "deals/deals.csv"])
def test_the_bytes_are_those_that_landed(tmp_path: Path, relative: str) -> None:
    land(tmp_path, relative, CONTENT)
    file = found(tmp_path, relative)

    assert read_landed(file) == CONTENT
    assert fingerprint(file) == sha256(CONTENT) == SHA


def test_an_empty_file_reads_as_no_bytes(tmp_path: Path) -> None:
    land(tmp_path, FILE, b"")

    assert read_landed(found(tmp_path, FILE)) == b""


def replace_file_by_link(zone: Path, outside: Path) -> None:
    (zone / FILE).unlink()
    (zone / FILE).symlink_to(outside / FILE)


def replace_folder_by_link(zone: Path, outside: Path) -> None:
    shutil.rmtree(zone / "routy")
    (zone / "routy").symlink_to(outside / "routy")


def replace_zone_by_link(zone: Path, outside: Path) -> None:
    shutil.rmtree(zone)
    zone.symlink_to(outside)


def move_file_out_and_link_to_it(zone: Path, outside: Path) -> None:
    # Size, times and inode are those that were seen: only the link itself gives it away.
    (zone / FILE).rename(outside / FILE)
    (zone / FILE).symlink_to(outside / FILE)


@BOTH
@pytest.mark.parametrize(
    "trick", [replace_file_by_link, replace_folder_by_link, replace_zone_by_link, move_file_out_and_link_to_it]
)
def test_a_link_put_in_the_way_leads_nowhere(tmp_path: Path, read: Read, trick: Callable[[Path, Path], None]) -> None:
    zone, outside = tmp_path / "zone", tmp_path / "outside"
    land(zone, FILE, CONTENT)
    land(outside, FILE, b"secret")
    file = found(zone, FILE)

    trick(zone, outside)

    with pytest.raises(UnreadableFile, match=r"^routy/2024-03-26\.csv cannot be read \(.+\); it is tried again\.$"):
        read(file)


@BOTH
def test_a_pipe_put_in_its_place_does_not_block(tmp_path: Path, read: Read) -> None:
    path = land(tmp_path, FILE, CONTENT)
    file = found(tmp_path, FILE)
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(UnreadableFile, match="Not a regular file"):
        read(file)


@BOTH
def test_a_folder_put_in_its_place_is_not_read(tmp_path: Path, read: Read) -> None:
    path = land(tmp_path, FILE, CONTENT)
    file = found(tmp_path, FILE)
    path.unlink()
    path.mkdir()

    with pytest.raises(UnreadableFile, match="Not a regular file"):
        read(file)


def replace_by_another(path: Path) -> None:
    land(path.parent.parent, FILE, CONTENT)


def write_to(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def write_to_and_put_the_time_back(path: Path) -> None:
    status = path.stat()
    path.write_bytes(CONTENT.upper())  # the same size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@BOTH
@pytest.mark.parametrize("change", [replace_by_another, write_to, write_to_and_put_the_time_back])
def test_a_file_that_changed_since_it_settled_is_left_for_the_next_pass(
    tmp_path: Path, read: Read, change: Callable[[Path], None]
) -> None:
    path = land(tmp_path, FILE, CONTENT)
    file = found(tmp_path, FILE)

    change(path)

    with pytest.raises(
        FileChanged,
        match=r"^routy/2024-03-26\.csv has changed since it was found; it is taken up once it has settled\.$",
    ):
        read(file)


@BOTH
@pytest.mark.parametrize("with_folder", [False, True])
def test_a_file_that_is_gone_is_named(tmp_path: Path, read: Read, with_folder: bool) -> None:
    path = land(tmp_path, FILE, CONTENT)
    file = found(tmp_path, FILE)
    shutil.rmtree(path.parent) if with_folder else path.unlink()

    with pytest.raises(FileChanged, match=r"^routy/2024-03-26\.csv is no longer there\.$"):
        read(file)


@BOTH
def test_a_file_closed_to_us_is_a_failure_not_a_traceback(read: Read) -> None:
    with unprivileged() as zone:
        path = land(zone, FILE, CONTENT)
        path.chmod(0o000)
        file = found(zone, FILE)
        with pytest.raises(UnreadableFile) as failure:
            read(file)
        with mode(zone / "routy", 0o000), pytest.raises(UnreadableFile):
            read(file)

    assert str(failure.value) == "routy/2024-03-26.csv cannot be read (Permission denied); it is tried again."
    assert not isinstance(failure.value, FileChanged)


def copied_while(file: LandedFile, happening: Callable[[], object]) -> str:
    """The fingerprint of a file that something happens to once its first piece was read."""
    happenings = iter([happening])
    return copy_landed(file, lambda _: next(happenings, lambda: None)())


def test_a_file_written_to_while_it_is_read_is_not_taken_half_written(tmp_path: Path) -> None:
    path = land(tmp_path, FILE, CONTENT)
    file = found(tmp_path, FILE)

    with pytest.raises(FileChanged):
        copied_while(file, lambda: write_to(path))


def test_a_file_that_grows_while_it_is_read_is_not_followed_to_its_end(tmp_path: Path) -> None:
    path = land(tmp_path, FILE, CONTENT)
    file = found(tmp_path, FILE)
    pieces: list[bytes] = []

    def grow_for_ever(piece: bytes) -> None:
        pieces.append(piece)
        with path.open("ab") as appended:
            appended.write(CONTENT)

    with pytest.raises(FileChanged):
        copy_landed(file, grow_for_ever)
    assert pieces == [CONTENT]


def test_a_file_exchanged_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    land(tmp_path, FILE, CONTENT)
    file = found(tmp_path, FILE)

    assert copied_while(file, lambda: land(tmp_path, FILE, b"newer")) == SHA
