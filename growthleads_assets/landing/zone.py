"""What lies in the landing zone, and what is refused at the door.

Belongs here: finding files and judging them by place, name and kind. Does not: opening any, or judging their bytes.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from growthleads_assets.contracts.registry import Registry
from growthleads_assets.landing.folders import opened_folder, opened_within, shown, why
from growthleads_assets.settings import Limits

_DAY_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.csv")
_UNFINISHED = (".tmp", ".part")
# What mkfs puts at the top of a volume, closed to all but root: a landing zone may be a volume of its own.
_NOT_LANDED = frozenset({"lost+found"})
# Deeper folders are not entered, so that no nesting exhausts file descriptors or the stack.
_DEEPEST = 20
# A refusal is on record under its path, and an entry of a PostgreSQL index holds 2704 bytes: 4 a character and some.
_LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class LandedFile:
    r"""One file, or thing in place of a file, in the landing zone, as it was when it was seen.

    At most one of ``refusal``, ``waits`` and ``unreadable`` is set, each a full sentence; with none of them the file
    is *takeable*.

    - ``source``: the source it belongs to by its place; None for places that no source has.
    - ``name``, ``relative``: its name, and its path from the landing zone, as shown to people: what cannot be printed
      is escaped (see ``folders.shown``), and a path of more than 500 characters is cut, with a fingerprint in place of
      the rest. Those of a takeable file are exact.
    - ``day``: the day that names it; None for dimensions and for names that are no day.
    - ``landing_zone``, ``path``: where it is, absolute; links above and at the landing zone itself are resolved.
    - ``size`` in bytes, ``mtime_ns`` and ``ctime_ns`` in nanoseconds since 1970, ``inode``: 0 when they could not be
      had.
    - ``refusal``: why it is refused whatever it holds, and what to do.
    - ``waits``: why it is not yet taken up, though nothing is wrong with it.
    - ``unreadable``: why it could not be looked at. That is no refusal: it is tried again at the next pass.
    """

    source: str | None
    name: str
    day: date | None
    landing_zone: Path
    path: Path
    relative: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    refusal: str | None = None
    waits: str | None = None
    unreadable: str | None = None

    @property
    def takeable(self) -> bool:
        """Whether it may be loaded, as far as place, name, kind and day go."""
        return not (self.refusal or self.waits or self.unreadable)

    def same_file(self, status: os.stat_result) -> bool:
        """Whether ``status`` is of the very file that was seen, its content unchanged as far as its times tell."""
        return (status.st_size, status.st_mtime_ns, status.st_ino) == (self.size, self.mtime_ns, self.inode)


def discover(landing_zone: Path, registry: Registry, *, start_date: date, today: date) -> list[LandedFile]:
    """Everything that lies in the landing zone, in the order of its path, each with what the door says to it.

    Accepted are, by domain.md, ``SOURCE/YYYY-MM-DD.csv`` for events, from ``start_date`` on; ``NAME.csv`` or
    ``NAME/NAME.csv`` for dimensions. A day after ``today`` waits. Everything else is refused: other names and places,
    both places of a dimension at once, symbolic links (never followed), pipes and devices (never opened). Names that
    end in ``.tmp`` or ``.part`` or start with a dot are left alone, folders too. Empty folders are not mentioned.

    No file is opened. What cannot be listed or looked at is in the result as ``unreadable``, and so is the landing
    zone itself, as ``.``; nothing is raised for it.
    """
    # The configured folder may be a link by the operator's choice; from here on no link is followed.
    root = Path(os.path.realpath(landing_zone))
    door = _Door(root, registry, start_date, today)
    things = sorted(_things_in(root), key=lambda thing: thing.names)
    return _without_ambiguous_dimensions([door.judge(thing) for thing in things], registry)


def without_large(files: Iterable[LandedFile], registry: Registry, limits: Limits) -> list[LandedFile]:
    """``files`` with those refused that are larger than a file may be; they are not opened to tell.

    To be asked of files that have settled: of one still growing, each look would tell another size.
    """
    return [_without_large(file, registry, limits) for file in files]


def _without_large(file: LandedFile, registry: Registry, limits: Limits) -> LandedFile:
    if not file.takeable or file.source is None:
        return file
    is_event = registry[file.source].is_event
    most, setting = (
        (limits.largest_file, "GROWTHLEADS_LARGEST_FILE")
        if is_event
        else (limits.largest_dimension, "GROWTHLEADS_LARGEST_DIMENSION")
    )
    return file if file.size <= most else replace(file, refusal=_too_large(file, most, setting))


def _too_large(file: LandedFile, most: int, setting: str) -> str:
    return (
        f"{file.relative} has {file.size} bytes, more than the {most} of {setting}, and is not read: see whether it is "
        "what it should be, and land it smaller, or raise the setting."
    )


def is_left_alone(name: str) -> bool:
    """Whether a file or folder of this name is no business of the platform's: unfinished, or hidden."""
    return name.startswith(".") or name.lower().endswith(_UNFINISHED) or name in _NOT_LANDED


class _Thing(NamedTuple):
    """Something found: its names from the landing zone down, what it is, and its status or the error in its place."""

    names: tuple[str, ...]
    kind: Literal["file", "link", "special", "too deep", "unreadable"]
    status: os.stat_result | None = None
    error: str = ""


def _things_in(root: Path) -> Iterator[_Thing]:
    try:
        with opened_folder(root) as folder:
            yield from _listed(folder, ())
    except OSError as error:
        yield _Thing((), "unreadable", error=why(error))


def _listed(folder: int, above: tuple[str, ...]) -> Iterator[_Thing]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_left_alone(entry.name):
                yield from _looked_at(entry, folder, above)


def _looked_at(entry: os.DirEntry[str], folder: int, above: tuple[str, ...]) -> Iterator[_Thing]:
    names = (*above, entry.name)
    try:
        if not entry.is_dir(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            yield _Thing(names, _kind(status.st_mode), status)
        elif len(names) > _DEEPEST:
            yield _Thing(names, "too deep")
        else:
            with opened_within(folder, entry.name) as inner:
                yield from _listed(inner, names)
    except FileNotFoundError:
        return  # gone since the folder was listed: renamed by its deliverer, or taken away by another process
    except OSError as error:
        yield _Thing(names, "unreadable", error=why(error))


def _kind(mode: int) -> Literal["file", "link", "special"]:
    if stat.S_ISREG(mode):
        return "file"
    return "link" if stat.S_ISLNK(mode) else "special"


class _Verdict(NamedTuple):
    refusal: str | None = None
    waits: str | None = None
    unreadable: str | None = None


@dataclass(frozen=True)
class _Door:
    """Judges what was found by its kind, its place and its name, in this order."""

    landing_zone: Path
    registry: Registry
    start_date: date
    today: date

    def judge(self, thing: _Thing) -> LandedFile:
        source = self._source(thing)
        day = _day(thing.names[-1]) if source and self.registry[source].is_event and len(thing.names) == 2 else None
        relative = _cut(shown(*thing.names)) or "."
        verdict = self._verdict(thing, relative, source, day)
        return LandedFile(
            source=source,
            name=shown(thing.names[-1] if thing.names else self.landing_zone.name),
            day=day,
            landing_zone=self.landing_zone,
            path=self.landing_zone.joinpath(*thing.names),
            relative=relative,
            size=thing.status.st_size if thing.status else 0,
            mtime_ns=thing.status.st_mtime_ns if thing.status else 0,
            ctime_ns=thing.status.st_ctime_ns if thing.status else 0,
            inode=thing.status.st_ino if thing.status else 0,
            **verdict._asdict(),
        )

    def _source(self, thing: _Thing) -> str | None:
        """The source whose place it is: its folder, what lies in it, or the dimension's file beside the folders."""
        if not thing.names:
            return None
        top, at_the_top = thing.names[0], len(thing.names) == 1
        if at_the_top and top.endswith(".csv"):
            source = self.registry.get(top.removesuffix(".csv"))
            return source.name if source and not source.is_event else None
        is_in_place = top in self.registry and not (at_the_top and thing.kind == "file")
        return top if is_in_place else None

    def _verdict(self, thing: _Thing, relative: str, source: str | None, day: date | None) -> _Verdict:
        match thing.kind:
            case "unreadable":
                where = "The landing zone" if relative == "." else relative
                return _Verdict(unreadable=f"{where} cannot be looked at ({thing.error}); it is tried again.")
            case "link":
                return _refused(f"{relative} is a symbolic link, which is not followed: land the file itself instead.")
            case "special":
                return _refused(f"{relative} is a pipe, socket or device, which is not opened: remove it.")
            case "too deep":
                return _refused(f"{relative} lies too many folders deep: move it out of the landing zone.")
            case "file":
                return self._verdict_on_file(thing.names, relative, source, day)

    def _verdict_on_file(self, names: tuple[str, ...], relative: str, source: str | None, day: date | None) -> _Verdict:
        if source is None:
            return _refused(self._unknown_place(names, relative))
        if len(names) > 2:
            return _refused(
                f"{relative} lies in a folder inside {source}, which is not looked into: move it up into {source}, "
                "or out of the landing zone."
            )
        if self.registry[source].is_event:
            return self._verdict_on_day(relative, source, day)
        if names[-1] != f"{source}.csv":
            return _refused(f"{relative} is not named {source}.csv, the only name for a file of {source}: rename it.")
        return _Verdict()

    def _verdict_on_day(self, relative: str, source: str, day: date | None) -> _Verdict:
        if day is None:
            return _refused(
                f"{relative} is not named by a day of the calendar: rename it YYYY-MM-DD.csv, "
                f"such as {source}/{self.start_date.isoformat()}.csv."
            )
        if day < self.start_date:
            return _refused(
                f"{relative} is of a day before the start date {self.start_date.isoformat()}: move it out of the "
                "landing zone, or set an earlier GROWTHLEADS_START_DATE."
            )
        if day > self.today:
            return _Verdict(waits=f"{relative} is of a day still to come: it is loaded when that day has begun.")
        return _Verdict()

    def _unknown_place(self, names: tuple[str, ...], relative: str) -> str:
        if len(names) > 1:
            return (
                f"{relative} lies in a folder that is no source's: the sources are {_listing(self.registry)}. "
                "Move it into the folder of its source."
            )
        files = _listing(f"{name}.csv" for name, source in self.registry.items() if not source.is_event)
        folders = _listing(name for name, source in self.registry.items() if source.is_event)
        return (
            f"{relative} is not known here: {files or 'no files'} may lie at the top of the landing zone, and files "
            f"named by their day in the folders {folders}. Rename it, or move it to its place."
        )


def _refused(why_and_what_to_do: str) -> _Verdict:
    return _Verdict(refusal=why_and_what_to_do)


def _cut(path: str) -> str:
    if len(path) <= _LONGEST_PATH:
        return path
    rest = hashlib.sha256(path.encode()).hexdigest()[:12]
    return f"{path[: _LONGEST_PATH - len(rest) - 1]}…{rest}"


def _listing(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _day(name: str) -> date | None:
    match = _DAY_NAME.fullmatch(name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _without_ambiguous_dimensions(files: list[LandedFile], registry: Registry) -> list[LandedFile]:
    """``files`` with those of a dimension made untakeable where it is not certain that there is only one."""
    by_place = {file.relative: file for file in files}
    verdicts: dict[str, _Verdict] = {}
    for name in (name for name, source in registry.items() if not source.is_event):
        folder, places = by_place.get(name), (f"{name}.csv", f"{name}/{name}.csv")
        if all(place in by_place for place in places):
            sentence = f"{places[0]} and {places[1]} are both there, so neither is loaded: remove one of them."
            verdicts |= dict.fromkeys(places, _refused(sentence))
        elif folder and folder.unreadable:
            sentence = f"{places[0]} is not read while {places[1]} may be there too: {folder.unreadable}"
            verdicts[places[0]] = _Verdict(unreadable=sentence)
    return [
        replace(file, **verdicts[file.relative]._asdict()) if file.takeable and file.relative in verdicts else file
        for file in files
    ]
