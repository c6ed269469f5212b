"""`make drill`, really: parts are killed, and every packet is accounted for."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def drill(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "logdist_loadtest.drill", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)


def test_a_distributor_is_killed_and_the_report_says_what_became_of_it(tmp_path: Path) -> None:
    report = tmp_path / "drills.md"
    report.write_text("# Drills\n")
    flags = (f"--folder={tmp_path / 'work'}", f"--report={report}", "--rate=100")
    done = drill("--only=distributor-killed", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "distributor-0 is killed (SIGKILL)" in done.stdout
    assert ", lost 0, repeated" in done.stdout
    head, _, section = report.read_text().partition("\n## 20")
    assert head == "# Drills\n"
    assert "| distributor-killed |" in section


def test_an_unknown_drill_is_a_bad_argument(tmp_path: Path) -> None:
    done = drill("--only=earthquake", f"--folder={tmp_path}")
    assert done.returncode == 2
    assert "no such drill: earthquake" in done.stderr


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = drill("--cluster", "--only=operator-away", f"--folder={tmp_path}")
    assert done.returncode == 1
    assert "drill: " in done.stderr
