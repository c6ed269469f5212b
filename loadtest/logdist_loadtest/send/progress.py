"""Shows how sending goes: a bar on a terminal, a line now and then elsewhere. Both on standard error."""

import sys
import time
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from logdist_loadtest.send.totals import Totals

LINE_EVERY_S: Final = 5.0
TROUBLE_CHARS: Final = 60


class Display(Protocol):
    def update(self, totals: Totals) -> None:
        """Show the present state; called several times a second."""

    def note(self, text: str) -> None:
        """Show a line that stays."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def build_display(total_bytes: int | None) -> Display:
    """A bar when standard error is a terminal. `total_bytes`: what there is to read, None when that is not known."""
    return BarDisplay(total_bytes) if sys.stderr.isatty() else LineDisplay()


class BarDisplay:
    def __init__(self, total_bytes: int | None) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=total_bytes)
        self._rate = _Rate()
        self._progress.start()

    def update(self, totals: Totals) -> None:
        self._progress.update(self._task, completed=totals.read_bytes, description=self._rate.text(totals))

    def note(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        self._progress.stop()


class LineDisplay:
    def __init__(self) -> None:
        self._rate = _Rate()
        self._shown_s = time.monotonic()
        self._is_in_trouble = False

    def update(self, totals: Totals) -> None:
        is_new_trouble = bool(totals.trouble) and not self._is_in_trouble
        self._is_in_trouble = bool(totals.trouble)
        if is_new_trouble or time.monotonic() - self._shown_s >= LINE_EVERY_S:
            self._shown_s = time.monotonic()
            self.note(self._rate.text(totals))

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


class _Rate:
    """Words for the totals, with the rate over the last second or so."""

    def __init__(self) -> None:
        self._since_s = time.monotonic()
        self._packets = 0
        self._per_s = 0.0

    def text(self, totals: Totals) -> str:
        passed_s = time.monotonic() - self._since_s
        if passed_s >= 1.0:
            self._per_s = (totals.packets - self._packets) / passed_s
            self._since_s, self._packets = time.monotonic(), totals.packets
        words = f"{totals.packets:,} packets, {totals.messages:,} messages, {self._per_s:,.0f}/s"
        if totals.retries:
            words += f", {totals.retries:,} retries"
        if totals.trouble:
            words += f" ({totals.trouble[:TROUBLE_CHARS]})"
        return words
