"""Folders and names of the file system, opened and shown so that neither can lead astray.

Belongs here: what discovery, reading and taking away share. Does not: any rule about a source or its files.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

_NO_HARD_LINK = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_FOLDER_ONLY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened_folder(root: Path, *names: str) -> Iterator[int]:
    """The descriptor of ``root``/``names``…, for use as ``dir_fd``.

    Each folder is opened by its name in the one before, and neither ``root`` itself nor any below may be a symbolic
    link: a folder exchanged for a link between discovery and use is an error, not a way out. Above ``root`` links are
    followed, for those are the operator's own.

    Raises OSError when a folder is missing, closed to us, not a folder, or a link.
    """
    with ExitStack() as opened:
        folder = opened.enter_context(_opened(root, None))
        for name in names:
            folder = opened.enter_context(opened_within(folder, name))
        yield folder


def opened_within(folder: int, name: str) -> AbstractContextManager[int]:
    """The descriptor of the folder ``name`` in an opened folder; raises OSError as ``opened_folder`` does."""
    return _opened(name, folder)


@contextmanager
def _opened(name: str | Path, within: int | None) -> Iterator[int]:
    folder = os.open(name, _FOLDER_ONLY, dir_fd=within)
    try:
        yield folder
    finally:
        os.close(folder)


def rename_to_free_name(old: str, new: str, folder: int) -> None:
    """Rename a file in an opened folder without ever overwriting another: FileExistsError when ``new`` is taken.

    Where no hard link is to be had (the file system has none, or the file is another user's), a file that takes the
    name in the instant between looking and renaming is not noticed. Raises OSError for all else that goes wrong.
    """
    try:
        os.link(old, new, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINK:
            raise
        if new in os.listdir(folder):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new) from error
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    else:
        os.unlink(old, dir_fd=folder)


def shown(*names: str) -> str:
    r"""A path as people read it in messages, ledgers and JSON: ``/`` between names, nothing unprintable in them.

    Control characters, newlines, invisible characters and undecodable bytes are escaped as in Python (``\n``,
    ``\udcff``), and so is the backslash: two different names never look the same.
    """
    return "/".join("".join(_printable(character) for character in name) for name in names)


def _printable(character: str) -> str:
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode("ascii")


def why(error: OSError) -> str:
    """What the operating system objects to, in its own words, such as ``Permission denied``."""
    return error.strerror or type(error).__name__
