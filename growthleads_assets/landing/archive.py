"""The archive zone: a copy of every accepted version of every file, never changed once written.

Belongs here: writing, reading, listing and verifying those copies. Does not: which of them is in force, which the
ledger says.

A copy lies at ``SOURCE/STEM.TIMESTAMP.SHA.csv``: when it was accepted, in UTC to the microsecond
(``20240327T061500.123456Z``), and the first 12 digits of its SHA-256. Names sort in the order of acceptance, whatever
the clock did: so the last of a file's is the version in force, and the archive tells it without the ledger. The copies
of files that were replaced before anyone could accept them lie in ``SOURCE/superseded/``, and are no versions. Names
starting with a dot are copies that were being written when their process ended.

A copy gets its name a moment before its acceptance is committed. For that moment an empty file of the same name in
``.accepting/SOURCE/`` says so. Where the process ended in it, the copy counts as a version only if the ledger has it;
without a ledger it does not, since the file cannot have left the landing zone yet. (Releases before this note left such
a copy like any other.)
"""

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import BinaryIO

from growthleads_assets.landing.folders import opened_folder, rename_to_free_name, why
from growthleads_assets.landing.reading import sha256

SUPERSEDED = "superseded"
_ACCEPTING = ".accepting"
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"(.+)\.([0-9]{8}T[0-9]{6}\.[0-9]{6}Z)\.([0-9a-f]{12})(\.[^.]*)?", re.DOTALL)
_NO_SYNC_OF_FOLDERS = frozenset({errno.EINVAL, errno.ENOTSUP})


class ArchiveError(Exception):
    """The archive could not be written or read, or holds something else than it should; ``str()`` is a sentence."""


@dataclass(frozen=True)
class Copy:
    """A copy of a version, from its name: ``path`` within the archive, and the first 12 digits of its SHA-256."""

    path: Path
    source: str
    file: str
    accepted_at: datetime
    sha256_begins: str

    @classmethod
    def at(cls, path: Path) -> "Copy | None":
        """The copy that a path within the archive names; None for a name that the archive does not give."""
        match = _NAME.fullmatch(path.name)
        if not match:
            return None
        try:
            accepted_at = datetime.strptime(match[2], _STAMP).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(path, path.parent.as_posix(), f"{match[1]}{match[4] or ''}", accepted_at, match[3])


class Arriving:
    """A copy that is being written, and has no name yet; see `Archive.arriving`."""

    def __init__(self, archive: "Archive", copy_of: Path, folder: int, unfinished: str, content: BinaryIO) -> None:
        self.content = content
        self._archive, self._copy_of, self._folder, self._unfinished = archive, copy_of, folder, unfinished

    def write(self, piece: bytes) -> None:
        """Append to the copy; raises ArchiveError when that cannot be done."""
        try:
            self.content.write(piece)
        except OSError as error:
            raise _unwritable(self._copy_of, error) from error

    def keep(self, relative: Path, sha256: str) -> None:
        """Give the copy, all of it on disk, the name that `Archive.place` has for it; ``sha256`` is that of its bytes.

        Raises ArchiveError when it cannot be written, or when a copy of that name is there with another content.
        """
        try:
            self.content.flush()
            os.fsync(self.content.fileno())
            rename_to_free_name(self._unfinished, relative.name, self._folder)
            _sync(self._folder)
        except FileExistsError:
            self._archive.read(relative, sha256)
        except OSError as error:
            raise _unwritable(relative, error) from error


class Archive:
    """The archive zone at ``archive_zone``, which is created when first written to.

    Paths go in and out relative to it, so that the zone can move.
    """

    def __init__(self, archive_zone: Path) -> None:
        self.archive_zone = archive_zone

    def place(self, source: str, name: str, sha256: str, accepted_at: datetime, after: Path | None = None) -> Path:
        """The path of the copy of an accepted version; raises ValueError when ``accepted_at`` has no time zone.

        It sorts behind ``after``, the copy of the version before, also when the clock was set back since then.
        """
        before = Copy.at(after) if after else None
        if before:
            accepted_at = max(accepted_at, before.accepted_at + timedelta(microseconds=1))
        return _place(PurePath(source), name, sha256, accepted_at)

    def folders(self) -> list[str]:
        """The names of the folders, one for each source whose files were ever accepted; raises ArchiveError."""
        try:
            return sorted(
                path.name for path in self.archive_zone.iterdir() if path.is_dir() and not path.name.startswith(".")
            )
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unreadable(Path(), error) from error

    def versions(self, source: str) -> dict[str, list[Copy]]:
        """The copies of a source's versions by file name, in the order of acceptance; see the module.

        Raises ArchiveError when the folder is there and cannot be listed.
        """
        uncertain = {copy.path for copy in self.in_acceptance(source)}
        copies = [copy for copy in self._copies_in(Path(source), source) if copy.path not in uncertain]
        found: dict[str, list[Copy]] = {}
        for copy in sorted(copies, key=lambda copy: (copy.file, copy.path.name)):
            found.setdefault(copy.file, []).append(copy)
        return found

    def in_acceptance(self, source: str) -> list[Copy]:
        """The copies whose acceptance is under way, or was when its process ended; some may not be there."""
        return list(self._copies_in(Path(_ACCEPTING, source), source))

    def begin_acceptance(self, relative: Path) -> None:
        """Note that the copy which gets this name next is not certain to be accepted; raises ArchiveError."""
        note = self._inside(_ACCEPTING / relative)
        try:
            _make_folder(note.parent)
            note.touch()
            with _opened(note.parent) as folder:
                _sync(folder)
        except OSError as error:
            raise _unwritable(relative, error) from error

    def end_acceptance(self, relative: Path, *, is_accepted: bool) -> None:
        """Take the note back: the copy is a version, or else goes to ``superseded``; raises ArchiveError.

        A copy that is not there was never written, and a note that is not there was taken back by another process.
        """
        path = self._inside(relative)
        try:
            if not is_accepted and path.exists():
                _make_folder(path.parent / SUPERSEDED)
                path.rename(path.parent / SUPERSEDED / path.name)
            self._inside(_ACCEPTING / relative).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(relative, error) from error

    def _copies_in(self, folder: Path, source: str) -> Iterator[Copy]:
        try:
            names = [path.name for path in self._inside(folder).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _unreadable(folder, error) from error
        yield from (copy for name in names if not name.startswith(".") and (copy := Copy.at(Path(source, name))))

    @contextlib.contextmanager
    def arriving(self, source: str, name: str) -> Iterator[Arriving]:
        """A copy to be written piece by piece, and then read; it is gone in the end, unless it is kept.

        Nobody else writes to it: what is read from it is what is kept. No other copy is ever overwritten; to keep the
        same bytes in the same place again changes nothing. Raises ArchiveError for all that goes wrong with writing or
        reading it.
        """
        with self._arriving(Path(source, name), Path(source)) as copy:
            yield copy

    def keep_superseded(self, source: str, name: str, content: bytes, seen_at: datetime) -> Path:
        """Write a copy of a file that a newer one replaced before it was accepted: kept, but no version.

        The same call again changes nothing. Raises ArchiveError, and ValueError when ``seen_at`` has no time zone.
        """
        digest = sha256(content)
        relative = _place(PurePath(source, SUPERSEDED), name, digest, seen_at)
        with self._arriving(relative, relative.parent) as copy:
            copy.write(content)
            copy.keep(relative, digest)
        return relative

    @contextlib.contextmanager
    def opened(self, relative: Path, expected_sha256: str) -> Iterator[BinaryIO]:
        """As ``read``, to be read piece by piece; raises ArchiveError at the end too, if it was changed meanwhile."""
        with self._opened(relative, expected_sha256) as (content, _):
            yield content

    @contextlib.contextmanager
    def opened_copy(self, copy: Copy) -> Iterator[tuple[BinaryIO, str]]:
        """A copy to be read piece by piece, and its SHA-256; it must be the one that its name says.

        Raises ArchiveError as ``opened`` does.
        """
        with self._opened(copy.path, copy.sha256_begins) as opened:
            yield opened

    @contextlib.contextmanager
    def _opened(self, relative: Path, sha256_begins: str) -> Iterator[tuple[BinaryIO, str]]:
        try:
            with self._inside(relative).open("rb") as content:
                before = _state(content)
                digest = hashlib.file_digest(content, "sha256").hexdigest()
                if not digest.startswith(sha256_begins):
                    raise _changed(relative, sha256_begins)
                content.seek(0)
                yield content, digest
                if _state(content) != before:
                    raise _changed(relative, sha256_begins)
        except OSError as error:
            raise _unreadable(relative, error) from error

    def read(self, relative: Path, expected_sha256: str) -> bytes:
        """The content of a copy, which must have the SHA-256 (hexadecimal) that the ledger has on record.

        Raises ArchiveError when the copy is missing, unreadable, or not what was archived.
        """
        try:
            content = self._inside(relative).read_bytes()
        except OSError as error:
            raise _unreadable(relative, error) from error
        if sha256(content) != expected_sha256:
            raise _changed(relative, expected_sha256)
        return content

    def _inside(self, relative: Path) -> Path:
        if relative.is_absolute() or ".." in relative.parts:
            raise ArchiveError(f"{relative} is not a path within the archive.")
        return self.archive_zone / relative

    @contextlib.contextmanager
    def _arriving(self, copy_of: Path, place: Path) -> Iterator[Arriving]:
        path = self._inside(place)
        unfinished = f".{copy_of.name}.{secrets.token_hex(4)}.tmp"
        try:
            _make_folder(path)
            with _opened(path) as folder:
                try:
                    # Read-only from the start: nothing is to change it.
                    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                    with os.fdopen(os.open(unfinished, flags, 0o444, dir_fd=folder), "w+b") as content:
                        yield Arriving(self, copy_of, folder, unfinished, content)
                finally:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(unfinished, dir_fd=folder)
        except OSError as error:
            raise _unwritable(copy_of, error) from error


def _place(folder: PurePath, name: str, digest: str, moment: datetime) -> Path:
    if moment.tzinfo is None:
        raise ValueError("The time of an archive copy must have a time zone.")
    stamp = moment.astimezone(UTC).strftime(_STAMP)
    landed_as = PurePath(name)
    return Path(folder, f"{landed_as.stem}.{stamp}.{digest[:12]}{landed_as.suffix}")


def _state(content: BinaryIO) -> tuple[int, int]:
    status = os.fstat(content.fileno())
    return status.st_size, status.st_mtime_ns


def _unwritable(relative: Path, error: OSError) -> ArchiveError:
    return ArchiveError(f"{relative} cannot be written to the archive ({why(error)}).")


def _unreadable(relative: Path, error: OSError) -> ArchiveError:
    return ArchiveError(
        f"{relative} cannot be read from the archive ({why(error)}): put it back from a backup, or land the file again."
    )


def _changed(relative: Path, expected_sha256: str) -> ArchiveError:
    return ArchiveError(
        f"{relative} was changed in the archive (its SHA-256 is not {expected_sha256[:12]}…): put it back from a "
        "backup, or land the file again."
    )


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        with _opened(folder.parent) as above:
            _sync(above)


def _opened(folder: Path) -> contextlib.AbstractContextManager[int]:
    # The archive is the operator's own ground: its folders may be links.
    return opened_folder(Path(os.path.realpath(folder)))


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC_OF_FOLDERS:
            raise
