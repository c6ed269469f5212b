"""`python -m logdist_loadtest.protocols`: measure each protocol, keep the runs, renew docs/performance.md."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from logdist_loadtest.bench.machine import describe_briefly
from logdist_loadtest.protocols.measure import CELLS, CONNECTIONS, measure
from logdist_loadtest.protocols.page import put_protocols

DATA: Final = Path("docs/data/protocols.json")
PAGE: Final = Path("docs/performance.md")
CACHE: Final = Path(".cache")  # spools must be on a real disk


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: some message was lost, refused or doubled, as the page says."""
    options = _parse(arguments)
    runs = []
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.absolute(), prefix="protocols-") as work:
        for number in range(1, options.rounds + 1):
            for cell in CELLS:
                print(f"round {number}: {cell.sender.title} to {cell.out} ...", end=" ", flush=True)
                cost = measure(cell, options.requests, Path(work))
                print(f"{cost.cpu_us:.2f} us a message", *cost.faults, flush=True)
                runs.append(asdict(cost))
    kept = {
        "machine": describe_briefly(),
        "rounds": options.rounds,
        "requests": options.requests,
        "connections": CONNECTIONS,
        "runs": runs,
    }
    options.data.parent.mkdir(parents=True, exist_ok=True)
    options.data.write_text(json.dumps(kept, indent=1) + "\n")
    if options.data == DATA:
        PAGE.write_text(put_protocols(PAGE.read_text(), kept))
    return int(any(run["faults"] for run in runs))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="logdist_loadtest.protocols", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="each protocol once a round (default: 3)")
    parser.add_argument("--requests", type=int, default=100, help="of 1,000 records, a run (default: 100)")
    parser.add_argument("--data", type=Path, default=DATA, help=f"where the runs go (default: {DATA})")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
