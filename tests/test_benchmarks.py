"""`make bench` runs, and leaves results that a program can read; how fast anything is says no test."""

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from benchmarks.__main__ import main

CHECKOUT = Path(__file__).resolve().parents[1]


def test_chosen_measurements_are_made_and_written_down(tmp_path: Path) -> None:
    results = tmp_path / "new folder" / "results.json"

    command = [sys.executable, "-m", "benchmarks", "--only", "load", "--scale", "0.001", "--output", str(results)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads(results.read_text())
    assert written["scale"] == 0.001
    assert written["machine"]["processors"] >= 1
    assert [(one["name"], one["failure"]) for one in written["measurements"]] == [("load", None)]
    figures = {figure["what"]: figure for one in written["measurements"] for figure in one["figures"]}
    for figure in figures.values():
        assert figure["value"] > 0, figure
        assert figure["unit"] in {"s", "×"}
        assert figure["what"] in " ".join(done.stdout.split()), "the table shows what the file holds"
    against_copy = figures["load against bare COPY"]
    assert against_copy["target"] == 2.5
    assert against_copy["met"] is None, "a target is about the full size only"
    assert len(against_copy["basis"]["times"]) == len(against_copy["basis"]["against"]) == 5


def test_a_measurement_that_does_not_exist_is_named_beside_those_that_do() -> None:
    done = CliRunner().invoke(main, ["--only", "load,lod"])

    assert done.exit_code == 2
    assert "there is no lod; there is load, bad_rows, memory," in " ".join(done.stderr.split())
