"""Where the demo shows things: a table that changes in place on a terminal, elsewhere a table every few seconds."""

import contextlib
import time
from pathlib import Path
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from logdist_loadtest.demo.picture import save_picture

PRINT_EVERY_S: Final = 5.0


class Show:
    """`tell` adds a line that stays, above the table once there is one; `draw` renews the table.

    Nothing here raises: when the terminal is closed, the processes must be ended all the same.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live: Live | None = None
        self._view: RenderableType = ""
        self._printed_s = float("-inf")

    def tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self.console.print(Text(line), soft_wrap=True)

    def open(self) -> None:
        """From now on there is a table."""
        if self.console.is_terminal:
            self._live = Live(console=self.console, auto_refresh=False, vertical_overflow="visible")
            self._live.start()

    def draw(self, view: RenderableType) -> None:
        self._view = view
        with contextlib.suppress(OSError):
            if self._live is not None:
                self._live.update(view, refresh=True)
            elif time.monotonic() - self._printed_s >= PRINT_EVERY_S:
                self._printed_s = time.monotonic()
                self.console.print(view)

    def close(self) -> None:
        """The last table stays; what is told comes below it."""
        live, self._live = self._live, None
        if live is not None:
            with contextlib.suppress(OSError):
                live.stop()

    def save(self, path: Path) -> None:
        """Write the last table to an SVG."""
        save_picture(self._view, path)
