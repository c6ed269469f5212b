"""The sender of a drill: `logdist_loadtest.steady` as a process of its own, and its book at the end."""

import json
import signal
from pathlib import Path
from typing import Any, Final

from logdist_loadtest.bench.process import Child
from logdist_loadtest.demo.parts import python
from logdist_loadtest.drill.waiting import until

CONNECTIONS: Final = 16  # some wait at a hung distributor, and the others shall go on
SETTLE_S: Final = 180.0


class Sender:
    """Sends to `url` from its start on; ids begin with `run`."""

    def __init__(self, url: str, run: str, rate_per_s: float, log: Path) -> None:
        flags = (f"--run={run}", f"--rate={rate_per_s:g}", f"--connections={CONNECTIONS}")
        self._log = log
        self._child = Child(python("logdist_loadtest.steady", url, *flags), log)

    def setbacks(self) -> dict[str, int]:
        """Attempts that had to be made again so far, by reason; a second old at most."""
        lines = self._log.read_text().splitlines()
        found: dict[str, int] = json.loads(lines[-1])["setbacks"] if lines else {}
        return found

    def finish(self) -> dict[str, Any]:
        """Stop, once every packet that was begun is settled, and give the last report."""
        self._child.popen.send_signal(signal.SIGTERM)
        until("the sender has settled every packet", lambda: self._child.popen.poll() is not None, SETTLE_S)
        book: dict[str, Any] = json.loads(self._log.read_text().splitlines()[-1])
        return book

    def end(self) -> None:
        self._child.stop()
