"""promtool: the rules are valid, and each alert fires when it must and is silent when not (rules/*.yaml)."""

import subprocess
from pathlib import Path

import pytest
import yaml
from monitoring_files import ALERTS, RULES, alerts

NAMES = [alert["alert"] for alert in alerts()]


def promtool(programs: Path, *arguments: str, at: Path = RULES) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(programs / "promtool"), *arguments], cwd=at, check=False, capture_output=True, text=True)


def unit_tests(folder: Path) -> list[str]:
    return [file.name for file in sorted(folder.glob("*.yaml")) if file.name != ALERTS.name]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A folder with the unit tests, which take `alerts.yaml` from there."""
    for file in RULES.glob("*.yaml"):
        text = file.read_text()
        assert text.count("../../../charts/logdist/files/alerts.yaml") == 1
        (tmp_path / file.name).write_text(text.replace("../../../charts/logdist/files/", ""))
    return tmp_path


def test_the_rules_are_valid(programs: Path) -> None:
    done = promtool(programs, "check", "rules", "--lint=all", "--lint-fatal", str(ALERTS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_must_and_is_silent_when_not(programs: Path) -> None:
    done = promtool(programs, "test", "rules", *unit_tests(RULES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_unit_tests_notice_an_alert_that_never_fires(programs: Path, changed: Path, name: str) -> None:
    _write(changed, name, expr="vector(1) == 2")
    assert promtool(programs, "test", "rules", *unit_tests(changed), at=changed).returncode == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_unit_tests_notice_an_alert_that_always_fires(programs: Path, changed: Path, name: str) -> None:
    _write(changed, name, expr="vector(1)")
    assert promtool(programs, "test", "rules", *unit_tests(changed), at=changed).returncode == 1


def _write(folder: Path, name: str, expr: str) -> None:
    rules = yaml.safe_load(ALERTS.read_text())
    [rule] = [rule for group in rules["groups"] for rule in group["rules"] if rule["alert"] == name]
    rule["expr"] = expr
    (folder / ALERTS.name).write_text(yaml.safe_dump(rules))
