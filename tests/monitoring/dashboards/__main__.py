"""Write the dashboards: `.venv/bin/python tests/monitoring/dashboards`; `--check` only says which are out of date."""

import json
import sys
from pathlib import Path

import analysers
import distributors
import operators
import overview

FOLDER = Path(__file__).parents[3] / "charts/logdist/files/dashboards"
BUILDS = {
    "overview": overview.build,
    "analysers": analysers.build,
    "distributors": distributors.build,
    "operator": operators.build,
}

stale = []
for name, build in BUILDS.items():
    file, text = FOLDER / f"{name}.json", json.dumps(build(), indent=2) + "\n"
    if not file.exists() or file.read_text() != text:
        stale.append(file.name)
        if "--check" not in sys.argv:
            file.write_text(text)
print("out of date:" if "--check" in sys.argv else "written:", *(stale or ["nothing"]))
sys.exit(bool(stale) and "--check" in sys.argv)
