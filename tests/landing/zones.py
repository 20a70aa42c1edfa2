"""Landing zones for tests: files landed, links and replacements made as deliverers make them."""

import io
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.landing.archive import Archive
from growthleads_assets.landing.reading import copy_landed, sha256
from growthleads_assets.landing.zone import LandedFile, discover

START, TODAY = date(2024, 1, 1), date(2024, 3, 28)
NOBODY = 65534

_next_moment = itertools.count(1_711_500_000)


def land(zone: Path, relative: str, content: bytes = b"date\n") -> Path:
    """Put a file in its place in one step, over any that lies there, one second later than the one landed before."""
    path = zone / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    arriving = path.with_name(f".{path.name}.arriving")
    arriving.write_bytes(content)
    moment = next(_next_moment)
    os.utime(arriving, (moment, moment))
    arriving.replace(path)
    return path


def find(zone: Path) -> list[LandedFile]:
    return discover(zone, SOURCES, start_date=START, today=TODAY)


def found(zone: Path, relative: str) -> LandedFile:
    """The one thing found under this path, as it is shown."""
    [file] = [file for file in find(zone) if file.relative == relative]
    return file


def read_landed(file: LandedFile) -> bytes:
    """The content of a landed file, as a loader gets it."""
    content = io.BytesIO()
    digest = copy_landed(file, content.write)
    assert digest == sha256(content.getvalue())
    return content.getvalue()


def archived(archive: Archive, source: str, name: str, content: bytes, at: datetime) -> Path:
    """Write a copy of an accepted version and return its path in the archive."""
    path = archive.place(source, name, sha256(content), at)
    with archive.arriving(source, name) as copy:
        copy.write(content)
        copy.keep(path, sha256(content))
    return path


def names_in(folder: Path) -> set[str]:
    """Every file and link below, hidden ones too, as paths from the folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A fresh folder, and a process that permissions hold for: root becomes nobody meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(path, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield path
        finally:
            if is_root:
                os.seteuid(0)


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    """Another mode for a file or folder, for a while."""
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)
