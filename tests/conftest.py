"""For all tests: what the drills did to the packets, after the run's results."""

import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # modules beside this file, which several folders use

# A shared machine is no stopwatch: no deadlines.
settings.register_profile("logdist", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("logdist")

COLUMNS: Final = ("acknowledged", "lost", "repeated", "longest_gap_ms", "retries")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("passed", [])
    drills = [value for report in reports for name, value in report.user_properties if name == "drill"]
    if not drills:
        return
    terminalreporter.section("drills: packets")
    terminalreporter.write_line(f"{'':24}" + "".join(f"{name.replace('_', ' '):>16}" for name in COLUMNS))
    for drill in drills:
        retries = ", ".join(f"{reason} {count}" for reason, count in drill["retries"].items()) or "none"
        cells = [*(drill[name] for name in COLUMNS[:-1]), retries]
        terminalreporter.write_line(f"{drill['drill']:24}" + "".join(f"{cell:>16}" for cell in cells))
