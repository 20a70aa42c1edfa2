"""What is found in the landing zone, and what the door says to it."""

import json
import os
import socket
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from growthleads_assets.landing import zone as zone_module
from tests.landing.zones import find, found, land, mode, unprivileged


@pytest.mark.parametrize(
    ("relative", "source", "day"),
    [
        ("routy/2024-03-26.csv", "routy", date(2024, 3, 26)),
        ("manual/2024-02-29.csv", "manual", date(2024, 2, 29)),
        ("scrapers/2024-01-01.csv", "scrapers", date(2024, 1, 1)),  # the start date itself
        ("voluum/2024-03-28.csv", "voluum", date(2024, 3, 28)),  # today
        ("deals.csv", "deals", None),
        ("central_mapping/central_mapping.csv", "central_mapping", None),
    ],
)
def test_a_file_in_its_place_is_takeable(tmp_path: Path, relative: str, source: str, day: date | None) -> None:
    path = land(tmp_path, relative, b"12345")

    [file] = find(tmp_path)

    assert file.takeable
    assert (file.refusal, file.waits, file.unreadable) == (None, None, None)
    assert (file.source, file.day, file.relative, file.name) == (source, day, relative, path.name)
    assert (file.path, file.landing_zone) == (path, tmp_path)
    status = path.stat()
    assert (file.size, file.mtime_ns, file.ctime_ns, file.inode) == (
        5,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
    )


@pytest.mark.parametrize(
    ("relative", "source", "says"),
    [
        ("routy/2024-3-26.csv", "routy", "rename it YYYY-MM-DD.csv"),
        ("routy/2024-03-26.CSV", "routy", "rename it YYYY-MM-DD.csv"),
        ("routy/2024-03-26.csv.gz", "routy", "rename it YYYY-MM-DD.csv"),
        ("routy/ 2024-03-26.csv", "routy", "rename it YYYY-MM-DD.csv"),
        ("routy/٢٠٢٤-03-26.csv", "routy", "rename it YYYY-MM-DD.csv"),
        ("routy/2024-02-30.csv", "routy", "not named by a day of the calendar"),
        ("routy/0000-01-01.csv", "routy", "not named by a day of the calendar"),
        ("routy/2023-12-31.csv", "routy", "before the start date 2024-01-01"),
        ("routy/old/2024-03-26.csv", "routy", "move it up into routy"),
        ("deals/2024-03-26.csv", "deals", "is not named deals.csv"),
        ("deals/Deals.csv", "deals", "is not named deals.csv"),
        ("deals/old/deals.csv", "deals", "move it up into deals"),
        ("rooty/2024-03-26.csv", None, "central_mapping, deals, manual, routy, scrapers, voluum, voluum_mapper"),
        ("rooty/a/b/c.csv", None, "no source's"),
        ("Deals.csv", None, "central_mapping.csv, deals.csv, voluum_mapper.csv"),
        ("2024-03-26.csv", None, "is not known here"),
        ("routy.csv", None, "is not known here"),
        ("routy", None, "is not known here"),
        ("deals", None, "is not known here"),
        ("notes.txt", None, "is not known here"),
    ],
)
def test_a_wrong_name_or_place_is_refused_with_what_to_do(
    tmp_path: Path, relative: str, source: str | None, says: str
) -> None:
    land(tmp_path, relative)

    [file] = find(tmp_path)

    assert not file.takeable
    assert (file.source, file.relative, file.waits, file.unreadable) == (source, relative, None, None)
    assert file.refusal
    assert file.refusal.startswith(relative)
    assert file.refusal.endswith(".")
    assert says in file.refusal


def test_a_day_to_come_waits_for_it(tmp_path: Path) -> None:
    land(tmp_path, "routy/2024-03-29.csv")

    file = found(tmp_path, "routy/2024-03-29.csv")

    assert not file.takeable
    assert (file.refusal, file.day) == (None, date(2024, 3, 29))
    assert file.waits == "routy/2024-03-29.csv is of a day still to come: it is loaded when that day has begun."


def test_a_dimension_in_both_its_places_is_refused_in_both(tmp_path: Path) -> None:
    land(tmp_path, "deals.csv")
    land(tmp_path, "deals/deals.csv")
    land(tmp_path, "voluum_mapper.csv")

    refusals = {file.relative: file.refusal for file in find(tmp_path)}

    both = "deals.csv and deals/deals.csv are both there, so neither is loaded: remove one of them."
    assert refusals == {"deals.csv": both, "deals/deals.csv": both, "voluum_mapper.csv": None}


def test_a_link_in_one_place_of_a_dimension_keeps_the_file_in_the_other_from_being_loaded(tmp_path: Path) -> None:
    land(tmp_path, "deals.csv")
    (tmp_path / "deals").mkdir()
    (tmp_path / "deals" / "deals.csv").symlink_to("../deals.csv")

    assert "both there" in (found(tmp_path, "deals.csv").refusal or "")
    assert "symbolic link" in (found(tmp_path, "deals/deals.csv").refusal or "")


def test_an_empty_folder_of_a_dimension_is_no_second_place(tmp_path: Path) -> None:
    land(tmp_path, "deals.csv")
    (tmp_path / "deals").mkdir()

    assert found(tmp_path, "deals.csv").takeable


def test_unfinished_and_hidden_names_are_left_alone(tmp_path: Path) -> None:
    for relative in (
        "routy/2024-03-26.csv.tmp",
        "routy/2024-03-26.csv.part",
        "routy/2024-03-26.csv.PART",
        "routy/.2024-03-26.csv",
        "routy/.incoming/2024-03-26.csv",
        ".incoming/routy/2024-03-26.csv",
        "batch.tmp/routy/2024-03-26.csv",
        ".gitkeep",
        "deals.csv.part",
        "lost+found/#123",
    ):
        land(tmp_path, relative)
    (tmp_path / ".link").symlink_to("nowhere")

    assert find(tmp_path) == []


def test_empty_folders_are_not_mentioned(tmp_path: Path) -> None:
    for folder in ("routy/old", "unknown/deeper", "deals"):
        (tmp_path / folder).mkdir(parents=True)

    assert find(tmp_path) == []


def test_links_are_refused_and_never_followed(tmp_path: Path) -> None:
    zone, outside = tmp_path / "zone", tmp_path / "outside"
    land(outside, "2024-03-26.csv", b"secret")
    land(outside, "deals.csv", b"secret")
    (zone / "routy").mkdir(parents=True)
    (zone / "routy" / "2024-03-26.csv").symlink_to(outside / "2024-03-26.csv")
    (zone / "routy" / "2024-03-27.csv").symlink_to("nowhere")
    (zone / "routy" / "2024-03-28.csv").symlink_to("2024-03-28.csv")  # leads to itself
    (zone / "routy" / "inner").symlink_to(outside)
    (zone / "voluum").symlink_to(outside)
    (zone / "deals.csv").symlink_to(outside / "deals.csv")
    (zone / "stray").symlink_to(outside)

    files = {file.relative: file for file in find(zone)}

    assert {relative: file.source for relative, file in files.items()} == {
        "deals.csv": "deals",
        "routy/2024-03-26.csv": "routy",
        "routy/2024-03-27.csv": "routy",
        "routy/2024-03-28.csv": "routy",
        "routy/inner": "routy",
        "stray": None,
        "voluum": "voluum",
    }
    for relative, file in files.items():
        assert file.refusal == f"{relative} is a symbolic link, which is not followed: land the file itself instead."


def test_pipes_and_sockets_are_refused_without_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "routy").mkdir()
    os.mkfifo(tmp_path / "routy" / "2024-03-26.csv")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("deals.csv")

        refusals = [file.refusal for file in find(tmp_path)]

    assert refusals == [
        "deals.csv is a pipe, socket or device, which is not opened: remove it.",
        "routy/2024-03-26.csv is a pipe, socket or device, which is not opened: remove it.",
    ]


def test_names_that_cannot_be_printed_are_shown_escaped(tmp_path: Path) -> None:
    land(tmp_path, "routy/2024-03-26.csv\n")
    land(tmp_path, "routy/a\nb.csv")
    land(tmp_path, "routy/a\\nb.csv")
    land(tmp_path, "routy/\u202evsc.csv")
    land(tmp_path, os.fsdecode(b"routy/\xff.csv"))
    land(tmp_path, os.fsdecode(b"\xfe/x.csv"))
    land(tmp_path, "routy/Ünïcode café.csv")

    files = find(tmp_path)

    assert {file.relative for file in files} == {
        "routy/2024-03-26.csv\\n",
        "routy/a\\nb.csv",
        "routy/a\\\\nb.csv",
        "routy/\\u202evsc.csv",
        "routy/\\udcff.csv",
        "\\udcfe/x.csv",
        "routy/Ünïcode café.csv",
    }
    for file in files:
        assert file.refusal
        assert file.path.exists()
        json.dumps([file.name, file.relative, file.refusal], ensure_ascii=False).encode()


def test_folders_without_end_are_refused_not_followed(tmp_path: Path) -> None:
    land(tmp_path, "stray/" + "deeper/" * 60 + "x.csv")

    [file] = find(tmp_path)

    assert file.refusal == f"{file.relative} lies too many folders deep: move it out of the landing zone."


def test_a_long_path_is_cut_and_stays_a_path_of_its_own(tmp_path: Path) -> None:
    folders = "/".join(["x" * 200] * 3)
    for name in ("1.csv", "2.csv"):
        land(tmp_path, f"{folders}/{name}")

    one, other = find(tmp_path)

    assert len(one.relative) == len(other.relative) == 500
    assert one.relative != other.relative
    assert one.relative.startswith(folders[:480])
    assert find(tmp_path) == [one, other]


def test_the_order_is_that_of_the_paths(tmp_path: Path) -> None:
    for relative in ("voluum/2024-03-26.csv", "routy/2024-03-27.csv", "deals.csv", "routy/2024-03-26.csv", "zzz"):
        land(tmp_path, relative)

    assert [file.relative for file in find(tmp_path)] == [
        "deals.csv",
        "routy/2024-03-26.csv",
        "routy/2024-03-27.csv",
        "voluum/2024-03-26.csv",
        "zzz",
    ]


def test_no_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(1, 29):
        land(tmp_path, f"routy/2024-03-{day:02}.csv")
    opened: list[object] = []
    really_open = os.open

    def recorded(name: Any, *args: Any, **kwargs: Any) -> int:
        opened.append(name)
        return really_open(name, *args, **kwargs)

    monkeypatch.setattr(os, "open", recorded)

    assert len(find(tmp_path)) == 28
    assert opened == [tmp_path, "routy"]


def test_a_file_that_goes_while_it_is_looked_at_is_not_mentioned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, staying = land(tmp_path, "routy/2024-03-26.csv"), land(tmp_path, "routy/2024-03-27.csv")
    really_left_alone = zone_module.is_left_alone

    def gone_when_looked_at(name: str) -> bool:
        going.unlink(missing_ok=True)
        return really_left_alone(name)

    monkeypatch.setattr(zone_module, "is_left_alone", gone_when_looked_at)

    assert [file.path for file in find(tmp_path)] == [staying]


def test_a_landing_zone_that_is_a_link_by_choice_is_used(tmp_path: Path) -> None:
    path = land(tmp_path / "volume", "routy/2024-03-26.csv")
    (tmp_path / "zone").symlink_to("volume")

    [file] = find(tmp_path / "zone")

    assert file.takeable
    assert file.path == path


@pytest.mark.parametrize("is_file", [False, True])
def test_a_landing_zone_that_is_not_there_is_a_failure_not_emptiness(tmp_path: Path, is_file: bool) -> None:
    if is_file:
        (tmp_path / "zone").touch()

    [file] = find(tmp_path / "zone")

    assert not file.takeable
    assert (file.relative, file.refusal) == (".", None)
    reason = "Not a directory" if is_file else "No such file or directory"
    assert file.unreadable == f"The landing zone cannot be looked at ({reason}); it is tried again."


def test_what_is_closed_to_us_is_a_failure_to_read_and_the_rest_is_found() -> None:
    with unprivileged() as zone:
        land(zone, "routy/2024-03-26.csv")
        land(zone, "voluum/2024-03-26.csv")
        land(zone, "manual/2024-03-26.csv")
        with mode(zone / "routy", 0o000), mode(zone / "voluum", 0o400):  # the second: names without files
            files = {file.relative: file for file in find(zone)}

    assert files["manual/2024-03-26.csv"].takeable
    for relative, source in (("routy", "routy"), ("voluum/2024-03-26.csv", "voluum")):
        file = files.pop(relative)
        assert (file.source, file.refusal, file.takeable) == (source, None, False)
        assert file.unreadable == f"{relative} cannot be looked at (Permission denied); it is tried again."


def test_a_dimension_is_not_read_while_its_second_place_cannot_be_looked_at() -> None:
    with unprivileged() as zone:
        land(zone, "deals.csv")
        (zone / "deals").mkdir()
        with mode(zone / "deals", 0o000):
            file = found(zone, "deals.csv")
        assert found(zone, "deals.csv").takeable

    assert file.refusal is None
    assert file.unreadable == (
        "deals.csv is not read while deals/deals.csv may be there too: deals cannot be looked at (Permission denied); "
        "it is tried again."
    )
