"""The archive zone: a copy of every accepted version of every file, never changed once written.

Belongs here: writing, reading and verifying those copies. Does not: which of them is in force, which the ledger says.

A copy lies at ``SOURCE/STEM.TIMESTAMP.SHA.csv``: when it was accepted, in UTC to the microsecond
(``20240327T061500.123456Z``, so names sort by time), and the first 12 digits of its SHA-256. The copies of files that
were replaced before anyone could accept them lie in ``SOURCE/superseded/``, and are no versions. Names starting with a
dot are copies that were being written when their process ended.
"""

import contextlib
import errno
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path, PurePath

from growthleads_assets.landing.folders import opened_folder, rename_to_free_name, why
from growthleads_assets.landing.reading import sha256

SUPERSEDED = "superseded"
_NO_SYNC_OF_FOLDERS = frozenset({errno.EINVAL, errno.ENOTSUP})


class ArchiveError(Exception):
    """The archive could not be written or read, or holds something else than it should; ``str()`` is a sentence."""


class Archive:
    """The archive zone at ``archive_zone``, which is created when first written to.

    Paths go in and out relative to it, so that the zone can move.
    """

    def __init__(self, archive_zone: Path) -> None:
        self.archive_zone = archive_zone

    def store(self, source: str, name: str, content: bytes, accepted_at: datetime) -> Path:
        """Write a copy of an accepted version and return its path in the archive.

        The copy is complete and on disk before it has its name, and no other copy is ever overwritten. The same call
        again changes nothing.

        Raises ArchiveError when it cannot be written, ValueError when ``accepted_at`` has no time zone.
        """
        return self._write(PurePath(source), name, content, accepted_at)

    def keep_superseded(self, source: str, name: str, content: bytes, seen_at: datetime) -> Path:
        """As ``store``, for a file that a newer one replaced before it was accepted: kept, but no version."""
        return self._write(PurePath(source, SUPERSEDED), name, content, seen_at)

    def read(self, relative: Path, expected_sha256: str) -> bytes:
        """The content of a copy, which must have the SHA-256 (hexadecimal) that the ledger has on record.

        Raises ArchiveError when the copy is missing, unreadable, or not what was archived.
        """
        try:
            content = self._inside(relative).read_bytes()
        except OSError as error:
            raise ArchiveError(
                f"{relative} cannot be read from the archive ({why(error)}): put it back from a backup, or land the "
                "file again."
            ) from error
        if sha256(content) != expected_sha256:
            raise ArchiveError(
                f"{relative} was changed in the archive (its SHA-256 is not {expected_sha256[:12]}…): put it back from "
                "a backup, or land the file again."
            )
        return content

    def discard(self, relative: Path) -> None:
        """Remove a copy whose version was not accepted after all; one that is not there is fine.

        Raises ArchiveError when it cannot be removed.
        """
        try:
            self._inside(relative).unlink(missing_ok=True)
        except OSError as error:
            raise ArchiveError(f"{relative} cannot be removed from the archive ({why(error)}).") from error

    def _inside(self, relative: Path) -> Path:
        if relative.is_absolute() or ".." in relative.parts:
            raise ArchiveError(f"{relative} is not a path within the archive.")
        return self.archive_zone / relative

    def _write(self, folder: PurePath, name: str, content: bytes, moment: datetime) -> Path:
        if moment.tzinfo is None:
            raise ValueError("The time of an archive copy must have a time zone.")
        stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        landed_as = PurePath(name)
        relative = Path(folder, f"{landed_as.stem}.{stamp}.{sha256(content)[:12]}{landed_as.suffix}")
        path = self._inside(relative)
        try:
            _make_folder(path.parent)
            _write_whole(path, content)
        except FileExistsError:
            self.read(relative, sha256(content))
        except OSError as error:
            raise ArchiveError(f"{relative} cannot be written to the archive ({why(error)}).") from error
        return relative


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        with _opened(folder.parent) as above:
            _sync(above)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that has its name only when it is complete and on disk; FileExistsError when the name is taken."""
    unfinished = f".{path.name}.{secrets.token_hex(4)}.tmp"
    with _opened(path.parent) as folder:
        try:
            # Read-only from the start: nothing is to change it.
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444, dir_fd=folder)
            with os.fdopen(descriptor, "wb") as copy:
                copy.write(content)
                copy.flush()
                os.fsync(descriptor)
            rename_to_free_name(unfinished, path.name, folder)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(unfinished, dir_fd=folder)
        _sync(folder)


def _opened(folder: Path) -> contextlib.AbstractContextManager[int]:
    # The archive is the operator's own ground: its folders may be links.
    return opened_folder(Path(os.path.realpath(folder)))


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC_OF_FOLDERS:
            raise
