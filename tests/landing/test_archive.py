"""Copies in the archive: complete, unchanged, never overwritten."""

import errno
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from growthleads_assets.landing.archive import Archive, ArchiveError
from tests.landing.zones import archived, mode, names_in, unprivileged

CONTENT = b"date\n"
NOON = datetime(2024, 3, 27, 12, 0, 0, 42, UTC)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def store(archive: Archive, content: bytes = CONTENT, at: datetime = NOON) -> Path:
    return archived(archive, "routy", "2024-03-26.csv", content, at)


def test_a_copy_is_named_by_source_file_time_and_content(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")

    # sha256 of b"abc" is the textbook example ba7816bf 8f01cfea …
    event = archived(archive, "routy", "2024-03-26.csv", b"abc", NOON)
    dimension = archived(archive, "deals", "deals.csv", b"abc", NOON)

    assert event.as_posix() == "routy/2024-03-26.20240327T120000.000042Z.ba7816bf8f01.csv"
    assert dimension.as_posix() == "deals/deals.20240327T120000.000042Z.ba7816bf8f01.csv"
    assert names_in(tmp_path / "archive") == {event.as_posix(), dimension.as_posix()}
    assert (tmp_path / "archive" / event).read_bytes() == b"abc"


def test_times_are_in_utc_and_need_a_zone(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    in_new_york = NOON.astimezone(timezone(timedelta(hours=-4)))

    assert store(archive, at=in_new_york) == store(archive, at=NOON)
    with pytest.raises(ValueError, match="time zone"):
        store(archive, at=NOON.replace(tzinfo=None))


def test_every_version_stays_and_names_sort_by_time(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    times = [NOON, NOON + timedelta(microseconds=1), NOON + timedelta(seconds=1), NOON + timedelta(days=300)]

    stored = [store(archive, f"version {number}".encode(), at) for number, at in enumerate(times)]

    assert sorted(stored) == stored
    assert [archive.read(path, digest(f"version {n}".encode())) for n, path in enumerate(stored)] == [
        b"version 0",
        b"version 1",
        b"version 2",
        b"version 3",
    ]


def test_the_same_call_again_changes_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    path = store(archive)
    before = (tmp_path / path).stat()

    assert store(archive) == path
    assert (tmp_path / path).stat() == before
    assert names_in(tmp_path) == {path.as_posix()}


def test_another_copy_under_the_same_name_is_never_overwritten(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    path = store(archive)
    (tmp_path / path).unlink()
    (tmp_path / path).write_bytes(b"something else")

    with pytest.raises(ArchiveError, match="was changed in the archive"):
        store(archive)
    assert (tmp_path / path).read_bytes() == b"something else"


def test_superseded_files_are_kept_apart_from_versions(tmp_path: Path) -> None:
    path = Archive(tmp_path).keep_superseded("routy", "2024-03-26.csv", b"abc", NOON)

    assert path.as_posix() == "routy/superseded/2024-03-26.20240327T120000.000042Z.ba7816bf8f01.csv"
    assert (tmp_path / path).read_bytes() == b"abc"


def test_a_copy_that_was_changed_is_not_passed_off_as_the_original(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    path = store(archive)
    (tmp_path / path).chmod(0o644)
    (tmp_path / path).write_bytes(b"tampered")

    with pytest.raises(ArchiveError) as error:
        archive.read(path, digest(CONTENT))

    assert str(error.value) == (
        f"{path} was changed in the archive (its SHA-256 is not {digest(CONTENT)[:12]}…): put it back from a backup, "
        "or land the file again."
    )


def test_a_copy_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ArchiveError, match=r"^routy/x\.csv cannot be read from the archive \(No such file or directory\)"
    ):
        Archive(tmp_path).read(Path("routy/x.csv"), digest(CONTENT))


@pytest.mark.parametrize("relative", ["../secret.csv", "/etc/passwd", "routy/../../secret.csv"])
def test_no_path_leads_out_of_the_archive(tmp_path: Path, relative: str) -> None:
    (tmp_path / "secret.csv").write_bytes(CONTENT)
    archive = Archive(tmp_path / "archive")

    with pytest.raises(ArchiveError, match="is not a path within the archive"):
        archive.read(Path(relative), digest(CONTENT))
    with pytest.raises(ArchiveError, match="is not a path within the archive"):
        archive.begin_acceptance(Path(relative))
    assert (tmp_path / "secret.csv").exists()


def test_a_copy_in_acceptance_is_no_version_until_it_is_accepted_and_is_set_aside_if_it_is_not(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, second = store(archive), store(archive, b"other", NOON + timedelta(seconds=1))
    archive.begin_acceptance(second)

    assert [copy.path for copy in archive.versions("routy")["2024-03-26.csv"]] == [first]
    assert [copy.path for copy in archive.in_acceptance("routy")] == [second]

    archive.end_acceptance(second, is_accepted=True)

    assert [copy.path for copy in archive.versions("routy")["2024-03-26.csv"]] == [first, second]

    archive.begin_acceptance(second)
    archive.end_acceptance(second, is_accepted=False)
    archive.end_acceptance(second, is_accepted=False)

    assert [copy.path for copy in archive.versions("routy")["2024-03-26.csv"]] == [first]
    assert names_in(tmp_path) == {first.as_posix(), f"routy/superseded/{second.name}"}


def test_a_version_sorts_behind_the_one_before_it_though_the_clock_was_set_back(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    before = store(archive)

    after = archive.place("routy", "2024-03-26.csv", digest(b"b"), NOON - timedelta(hours=1), after=before)

    assert after.name > before.name


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "routy").mkdir()
    monkeypatch.setattr(os, "fsync", no_space)

    with pytest.raises(ArchiveError, match=r"cannot be written to the archive \(No space left on device\)\.$"):
        store(Archive(tmp_path))
    assert names_in(tmp_path) == set()


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


@pytest.mark.parametrize("step", ["fsync", "link"])
def test_a_killed_process_leaves_no_incomplete_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Killed

    (tmp_path / "routy").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", killed)  # no cleaning up either
        patch.setattr(os, step, killed)
        with pytest.raises(Killed):
            store(Archive(tmp_path))

    [left_over] = names_in(tmp_path)
    assert left_over.startswith("routy/.")
    assert Archive(tmp_path).read(store(Archive(tmp_path)), digest(CONTENT)) == CONTENT


@pytest.fixture
def no_hard_links(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def arrange(number: int) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "link", refuse)

    return arrange


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, no_hard_links: Callable[[int], None], number: int
) -> None:
    no_hard_links(number)
    archive = Archive(tmp_path)

    path = store(archive)

    assert store(archive) == path
    assert names_in(tmp_path) == {path.as_posix()}
    (tmp_path / path).chmod(0o644)
    (tmp_path / path).write_bytes(b"something else")
    with pytest.raises(ArchiveError, match="was changed"):
        store(archive)
    assert (tmp_path / path).read_bytes() == b"something else"


def test_copies_cannot_be_written_to(tmp_path: Path) -> None:
    path = store(Archive(tmp_path))

    assert (tmp_path / path).stat().st_mode & 0o222 == 0


def test_the_archive_may_be_a_link_and_is_created_when_first_needed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("volume/archive")
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume" / "archive").mkdir()

    path = store(Archive(tmp_path / "link"))

    assert (tmp_path / "volume" / "archive" / path).read_bytes() == CONTENT
    assert not (tmp_path / "new").exists()
    assert (tmp_path / "new" / "zone" / store(Archive(tmp_path / "new" / "zone"))).exists()


def test_an_archive_closed_to_us_is_an_error_in_words() -> None:
    with unprivileged() as folder:
        archive = Archive(folder)
        path = store(archive)
        unwritable = pytest.raises(ArchiveError, match=r"cannot be written to the archive \(Permission denied\)\.$")
        with mode(folder / "routy", 0o500), unwritable:
            store(archive, b"other")
        with mode(folder / "routy", 0o000), pytest.raises(ArchiveError, match="Permission denied"):
            archive.read(path, digest(CONTENT))
