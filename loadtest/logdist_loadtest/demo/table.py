"""What the demo shows: the table of shares, the ledger, the registry, and what to try. Pure."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from logdist_loadtest.demo.options import Options
from logdist_loadtest.demo.state import Analyser, Ledger, Pod, State

RATE_OVER_S: Final = 3.0
COLOURS: Final = {"admitted": "green", "probing": "yellow", "ejected": "bold red", "mixed": "yellow"}


class Rates:
    """Packets per second by uid, over the last RATE_OVER_S."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, dict[str, int]]] = deque()

    def add(self, state: State, now_s: float) -> None:
        counts = {analyser.uid: analyser.delivered for analyser in state.analysers}
        if self._samples and any(counts.get(uid, 0) < count for uid, count in self._samples[-1][1].items()):
            self._samples.clear()  # the distributor was started again and counts from 0
        self._samples.append((now_s, counts))
        while len(self._samples) > 2 and self._samples[1][0] <= now_s - RATE_OVER_S:
            self._samples.popleft()

    def of(self, uid: str) -> float:
        """0 before there are two samples."""
        if not self._samples:
            return 0.0
        (from_s, before), (until_s, after) = self._samples[0], self._samples[-1]
        passed_s = until_s - from_s
        return (after.get(uid, 0) - before.get(uid, 0)) / passed_s if passed_s else 0.0


def build_view(state: State, rates: Rates, sending: str, hints: Sequence[str]) -> RenderableType:
    """Everything, from top to bottom."""
    lines: list[RenderableType] = [_table(state, rates), Text(), Text(sending)]
    lines += [line for pod in state.pods for line in (_ledger(pod.ledger), _registry(pod, state.generation))]
    lines += [
        Text(f"{problem.file}:{problem.line}: {problem.field} {problem.message}", style="bold red")
        for problem in state.source.problems
        if not problem.is_note
    ]
    lines += [Text(), *(Text(hint, overflow="fold") for hint in hints)]
    return Group(*lines)


def build_hints(options: Options, analysers: Sequence[Analyser]) -> list[str]:
    """What a newcomer may try, with the names and ports of this demo. Each line fits 80 columns."""
    hints = ["Try in another terminal (Ctrl-C here stops everything):"]
    if analysers:
        least = min(analysers, key=lambda analyser: analyser.weight or 0)
        file = options.analysers / f"{least.name}.yaml"
        hints.append(f"  edit the weight in {file if file.exists() else options.analysers}, and save")
        hints += [f"  curl -X POST {url}/internal/simulate/fail   # then begin" for url in least.endpoints[:1]]
    hints += [
        f"  curl {options.ingest}/v1/packets -H content-type:application/json \\",
        """    -d '{"id":"p1","timestamp":1700000000000,"messages":[]}'""",
        f"  curl {options.control}/metrics",
        f"  curl {options.api}/api/v1/state",
    ]
    return hints


def _table(state: State, rates: Rates) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    table.add_column("Analyser")
    for heading in ("Weight", "Wanted", "Got", "Per s"):
        table.add_column(heading, justify="right")
    table.add_column("Standing")
    for heading in ("Delivered", "In flight", "Backlog"):
        table.add_column(heading, justify="right", no_wrap=True)
    for analyser in state.analysers:
        table.add_row(*_row(analyser, rates.of(analyser.uid)))
    return table


def _row(analyser: Analyser, per_s: float) -> list[str | Text]:
    share, standing = analyser.share, "suspended" if analyser.suspend else analyser.standing
    return [
        analyser.name,
        "?" if analyser.weight is None else str(analyser.weight),
        f"{share.wanted:.1f}%",
        "-" if share.got is None else f"{share.got:.1f}%",
        f"{per_s:,.0f}",
        Text(standing, style=COLOURS.get(standing, "dim")),
        f"{analyser.delivered:,}",
        f"{analyser.in_flight:,}",
        f"{analyser.backlog:,}",
    ]


def _ledger(ledger: Ledger | None) -> Text:
    if ledger is None:
        return Text("ledger    no report yet", style="dim")
    restored = f" + restored {ledger.restored:,}" if ledger.restored else ""
    text = Text(
        f"ledger    accepted {ledger.accepted:,}{restored} = delivered {ledger.delivered:,} + queued {ledger.queued:,}"
        f" + in flight {ledger.in_flight:,} + dead {ledger.dead:,}  "
    )
    return text.append("ok", "green") if ledger.is_balanced else text.append("NOT BALANCED", "bold red")


def _registry(pod: Pod, generation: int) -> Text:
    text = Text(f"registry  generation {generation}, {pod.state} by {pod.url}")
    if pod.generation != generation:
        text.append(f", which holds {pod.generation}", "yellow")
    if pod.reason:
        text.append(f" ({pod.reason})", "yellow")
    return text
