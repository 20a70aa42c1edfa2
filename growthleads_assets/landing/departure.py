"""Accepted files leave the landing zone, and nothing else does.

Belongs here: taking files away, and finishing what a killed process had begun. Does not: deciding what is accepted.

A deliverer may put a newer file in the place of the one that was read, at any moment. Comparing and then deleting would
sooner or later delete that newer file unread. So a file is first *set aside*, by a rename, under a name that discovery
leaves alone and that records what was read: ``.NAME.SHA256.INODE.MTIME.taken`` (inode and nanoseconds in hexadecimal).
Then it can be looked at in peace. The very file that was read is deleted, for the archive has it; any other is put back
as if nothing had happened. Should a still newer one have taken its place meanwhile, it goes to the archive's
``superseded`` folder: its deliverer had overwritten it, were it not set aside, and it must not be loaded after the
newer one.

A file set aside by a process that was killed is finished in the same way, from its name alone: by ``recover``, and when
the next file of that name is taken away, *before* that one makes room. So a file set aside earlier is never put back
after a newer one was loaded.
"""

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import NamedTuple

from growthleads_assets.landing.archive import Archive, ArchiveError
from growthleads_assets.landing.folders import opened_folder, rename_to_free_name, shown, why
from growthleads_assets.landing.reading import open_regular
from growthleads_assets.landing.zone import LandedFile, is_left_alone

IsAccepted = Callable[[str, str, str], bool]
"""Whether the ledger has (source, file name, SHA-256) as a version ever accepted, in force or not."""

_SET_ASIDE = re.compile(r"\.(.+)\.([0-9a-f]{64})\.([0-9a-f]+)\.(-?[0-9a-f]+)\.taken", re.DOTALL)


class NotTakenAway(Exception):
    """An accepted file could not be removed; ``str()`` is a sentence. Nothing is lost: the next pass tries again."""


def take_away(file: LandedFile, sha256: str, archive: Archive) -> bool:
    """Remove an accepted file from the landing zone, if it is still the one that was read; folders stay.

    ``sha256`` (hexadecimal) is that of the bytes that were read. The archive must hold them and their acceptance must
    be committed: until then, nobody may call this.

    Returns whether its place is free. False: another file lies there, or the same one written to again; it is left
    for the next pass, even when its bytes are the same. A file that is already gone is fine.

    Raises NotTakenAway.
    """
    *folders, name = file.path.relative_to(file.landing_zone).parts
    source = file.source or PurePath(name).stem
    aside = _SetAside(name, sha256, file.inode, file.mtime_ns)
    try:
        with opened_folder(file.landing_zone, *folders) as folder:
            for earlier in _set_aside_in(folder):
                if earlier.name == name:
                    _finish(earlier, folder, source, archive, is_accepted=True)
            if not file.same_file(os.stat(name, dir_fd=folder, follow_symlinks=False)):
                return False
            os.rename(name, aside.file_name, src_dir_fd=folder, dst_dir_fd=folder)
            return _finish(aside, folder, source, archive, is_accepted=True)
    except FileNotFoundError:
        return True
    except (OSError, ArchiveError) as error:
        raise NotTakenAway(
            f"{file.relative} is loaded, but cannot be taken out of the landing zone ({_reason(error)}); it is tried "
            "again."
        ) from error


def recover(landing_zone: Path, archive: Archive, is_accepted: IsAccepted) -> list[str]:
    """Finish what killed processes had set aside: delete what was accepted, put back all else.

    To be called before discovery, so that what is put back is found. Safe while other processes take files away.
    Only what was set aside is asked about: ``is_accepted`` is commonly not called at all.

    Returns a sentence for each file that could not be dealt with (it stays, and is tried again).
    """
    root = Path(os.path.realpath(landing_zone))
    problems: list[str] = []
    for place in _places(root):
        for aside in _set_aside_at(root, place):
            source = place[0] if place else PurePath(aside.name).stem
            accepted = is_accepted(source, aside.name, aside.sha256)
            try:
                with opened_folder(root, *place) as folder:
                    _finish(aside, folder, source, archive, is_accepted=accepted)
            except (OSError, ArchiveError) as error:
                problems.append(
                    f"{shown(*place, aside.file_name)}, set aside by a process that ended, cannot be dealt with "
                    f"({_reason(error)}); it is tried again."
                )
    return problems


class _SetAside(NamedTuple):
    """A file set aside, and what its name says of the file that was read: SHA-256, inode, nanoseconds since 1970."""

    name: str
    sha256: str
    inode: int
    mtime_ns: int

    @property
    def file_name(self) -> str:
        return f".{self.name}.{self.sha256}.{self.inode:x}.{self.mtime_ns:x}.taken"

    @classmethod
    def of(cls, file_name: str) -> "_SetAside | None":
        match = _SET_ASIDE.fullmatch(file_name)
        if not match or is_left_alone(match[1]):
            return None
        return cls(match[1], match[2], int(match[3], 16), int(match[4], 16))

    def is_what_was_read(self, folder: int) -> bool:
        try:
            with open_regular(self.file_name, folder) as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
                # Looked at last: a write while it was hashed shows.
                status = os.fstat(content.fileno())
        except FileNotFoundError:
            raise
        except OSError:
            return False
        return (sha256, status.st_ino, status.st_mtime_ns) == (self.sha256, self.inode, self.mtime_ns)


def _finish(aside: _SetAside, folder: int, source: str, archive: Archive, *, is_accepted: bool) -> bool:
    """Delete or put back a file set aside; whether it was deleted, or is gone since another process finished it."""
    try:
        if is_accepted and aside.is_what_was_read(folder):
            os.unlink(aside.file_name, dir_fd=folder)
            return True
        _put_back(aside, folder, source, archive)
    except FileNotFoundError:
        return True
    return False


def _put_back(aside: _SetAside, folder: int, source: str, archive: Archive) -> None:
    try:
        rename_to_free_name(aside.file_name, aside.name, folder)
    except FileExistsError:
        set_aside = os.stat(aside.file_name, dir_fd=folder, follow_symlinks=False)
        in_place = os.stat(aside.name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(set_aside.st_mode):
            return  # a link or a folder was never a file that landed, and is refused where a newer one lies
        # One file under both names was being put back when its process was killed.
        if not os.path.samestat(set_aside, in_place):
            with open_regular(aside.file_name, folder) as content:
                archive.keep_superseded(source, aside.name, content.read(), datetime.now(UTC))
        os.unlink(aside.file_name, dir_fd=folder)


def _places(root: Path) -> list[tuple[str, ...]]:
    """The landing zone itself and the folders in it, as names below it; discovery names what cannot be listed."""
    with contextlib.suppress(OSError), opened_folder(root) as top, os.scandir(top) as entries:
        folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        return [(), *((name,) for name in folders if not is_left_alone(name))]
    return []


def _set_aside_at(root: Path, place: tuple[str, ...]) -> list[_SetAside]:
    with contextlib.suppress(OSError), opened_folder(root, *place) as folder:
        return list(_set_aside_in(folder))
    return []


def _set_aside_in(folder: int) -> Iterator[_SetAside]:
    return (aside for name in os.listdir(folder) if name.endswith(".taken") and (aside := _SetAside.of(name)))


def _reason(error: OSError | ArchiveError) -> str:
    return why(error) if isinstance(error, OSError) else str(error)
