"""Reading landed files: the bytes that were seen to lie in the landing zone, and no others.

Belongs here: opening, reading and fingerprinting. Does not: judging names (zone.py) or content (parsing.py).
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader

from growthleads_assets.landing.folders import opened_folder, why
from growthleads_assets.landing.zone import LandedFile

_READ_AT_ONCE = 1 << 20
# Not blocking: a pipe put in the place of a file would wait for a writer before it can be told from one.
_READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class UnreadableFile(Exception):
    """A landed file could not be read; ``str()`` is a sentence. No refusal: it is tried again at the next pass."""


class FileChanged(UnreadableFile):
    """The file is gone, or no longer the one that was seen: what lies there now is for the next pass, once settled."""


def copy_landed(file: LandedFile, write: Callable[[bytes], object]) -> str:
    """Hand the content of a takeable file to ``write``, piece by piece, and return its SHA-256 in hexadecimal.

    It is the content that it had when it was discovered. No folder or file on the way, from the landing zone down,
    may be a symbolic link, and only a regular file is read. It must have the size, times and inode that it was seen
    with, before and after reading: a file exchanged before it was opened, or written to, may be half written. One
    exchanged while it is read is read to its end.

    Raises FileChanged when it does not, and UnreadableFile for everything that the operating system objects to; in the
    end too, so that what was written is to be used only when nothing is raised.
    """
    digest, left = hashlib.sha256(), file.size
    with _opened(file) as content:
        while piece := content.read(_READ_AT_ONCE):
            # What grows while it is read may grow for ever, over any limit.
            left -= len(piece)
            _require(left >= 0, file)
            digest.update(piece)
            write(piece)
    return digest.hexdigest()


def fingerprint(file: LandedFile) -> str:
    """The SHA-256 of a takeable file in hexadecimal, read piece by piece; raises as ``copy_landed`` does."""
    return copy_landed(file, lambda _: None)


class Fingerprints:
    """The fingerprints of landed files, remembered while size, times and inode of a file stay the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, files: Iterable[LandedFile]) -> Iterator[tuple[LandedFile, str | None, str | None]]:
        """Each file with its fingerprint, or with the reason why it cannot be read; neither if it is not takeable.

        What is not among the files is forgotten.
        """
        before, self._known = self._known, {}
        for file in files:
            sha256 = problem = None
            if file.takeable:
                identity = (file.path, file.size, file.mtime_ns, file.ctime_ns, file.inode)
                try:
                    sha256 = self._known[identity] = before.get(identity) or fingerprint(file)
                except UnreadableFile as error:
                    problem = str(error)
            yield file, sha256, problem


def sha256(content: bytes) -> str:
    """The SHA-256 of bytes already read, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def open_regular(name: str, folder: int) -> Iterator[BufferedReader]:
    """The file ``name`` in an opened folder, for reading.

    Raises OSError when it cannot be opened, or is anything else than a regular file.
    """
    descriptor = os.open(name, _READ_ONLY, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as content:
            yield content
    finally:
        os.close(descriptor)


@contextmanager
def _opened(file: LandedFile) -> Iterator[BufferedReader]:
    *folders, name = file.path.relative_to(file.landing_zone).parts
    try:
        with opened_folder(file.landing_zone, *folders) as folder, open_regular(name, folder) as content:
            status = os.fstat(content.fileno())
            _require(file.same_file(status) and status.st_ctime_ns == file.ctime_ns, file)
            yield content
            # Not the ctime: it also moves when a newer file takes this one's name, which does not touch these bytes.
            _require(file.same_file(os.fstat(content.fileno())), file)
    except FileNotFoundError as error:
        raise FileChanged(f"{file.relative} is no longer there.") from error
    except OSError as error:
        raise UnreadableFile(f"{file.relative} cannot be read ({why(error)}); it is tried again.") from error


def _require(unchanged: bool, file: LandedFile) -> None:
    if not unchanged:
        raise FileChanged(f"{file.relative} has changed since it was found; it is taken up once it has settled.")
