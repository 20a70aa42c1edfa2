"""Going back to the version of a file before the one in force.

Belongs here: putting that version back where files land. Does not: loading it, which a pass does.

Reverting is a correction like any other: the old bytes land again, are accepted again, and the ledger says so. So it is
as safe as landing a file, and a dimension's file in the landing zone says what is in force.
"""

from pathlib import Path

from growthleads_assets.commands.reporting import NotPossible
from growthleads_assets.contracts.registry import Source
from growthleads_assets.home.platform import Platform
from growthleads_assets.landing.archive import Archive, ArchiveError
from growthleads_assets.landing.parsing import FileRefused, parse_file
from growthleads_assets.landing.reading import sha256
from growthleads_assets.warehouse import ledger


def land_previous_version(platform: Platform, source_name: str, file_name: str) -> str:
    """Put the version before the one in force back into the landing zone, and say in a sentence which it is.

    Raises NotPossible: there is no such file or no earlier version, today's rules refuse it, or another file of that
    name has landed and is not accepted yet.
    """
    source = platform.registry.get(source_name)
    if source is None:
        raise NotPossible(f"There is no source {source_name}; the sources are {', '.join(platform.registry)}.")
    with platform.connected() as connection:
        in_force = ledger.version_in_force(connection, source.name, file_name)
        previous = ledger.version_before(connection, in_force) if in_force else None
    if in_force is None:
        raise NotPossible(f"No file {file_name} of {source.name} was ever accepted: `growthleads status` lists those.")
    if previous is None:
        raise NotPossible(f"{source.name}/{file_name} has only one version: there is none to go back to.")
    start_date = platform.settings.start_date
    if previous.day and previous.day < start_date:
        raise NotPossible(f"{file_name} is of a day before the start date {start_date} (GROWTHLEADS_START_DATE).")
    content = _archived(platform, source, previous)
    _place(_landing_place(platform.settings.landing_zone, source, file_name), content, in_force)
    return (
        f"{source.name}/{file_name} goes back to the version accepted at {previous.recorded_at:%Y-%m-%d %H:%M:%S} UTC "
        f"({previous.sha256[:12]}, {previous.rows_loaded} rows)."
    )


def _archived(platform: Platform, source: Source, version: ledger.Version) -> bytes:
    try:
        content = Archive(platform.settings.archive_zone).read(version.archived_path, version.sha256)
        parse_file(content, source, version.day, platform.settings.limits)
    except (ArchiveError, FileRefused) as problem:
        raise NotPossible(f"The version before cannot be taken back: {problem}") from None
    return content


def _landing_place(landing_zone: Path, source: Source, file_name: str) -> Path:
    in_folder = landing_zone / source.name / file_name
    return in_folder if source.is_event or in_folder.exists() else landing_zone / file_name


def _place(path: Path, content: bytes, in_force: ledger.Version) -> None:
    """Write the file in one step, unless something that was not accepted yet lies in its place."""
    try:
        if path.is_symlink() or path.parent.is_symlink():
            raise NotPossible(
                f"{path} is or lies in a symbolic link, which is not followed: put the folder itself there."
            )
        if path.exists() and sha256(path.read_bytes()) not in {in_force.sha256, sha256(content)}:
            raise NotPossible(f"{path} has landed and is not accepted yet: load it first, or move it away.")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise NotPossible(f"{path} cannot be written: {error.strerror}.") from None
