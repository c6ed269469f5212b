"""The drills on one machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from logdist_loadtest.drill import around, clock, disk, network, on_analysers, on_distributors
from logdist_loadtest.drill.scene import Scene
from logdist_loadtest.drill.stack import Settings, Stack

SMALL_SPOOL: Final = Settings(distributor=("--spool-bytes=200000",))


@dataclass(frozen=True, slots=True)
class Drill:
    """`proves`: the promise it holds. `missing`: why it cannot be done here, or nothing."""

    name: str
    proves: str
    run: Callable[[Scene[Stack]], None]
    settings: Callable[[Path], Settings] = field(default=lambda _: Settings())  # of the stack in this empty folder
    missing: Callable[[], str] = field(default=lambda: "")


DRILLS: Final = (
    Drill("analyser-killed", "its share goes to the others at once, and comes back", on_analysers.analyser_killed),
    Drill(
        "analyser-stalled", "one that takes and never answers is like one that is dead", on_analysers.analyser_stalled
    ),
    Drill("analyser-slow", "slowness within the time-out costs nobody anything", on_analysers.analyser_slow),
    Drill(
        "analyser-too-slow",
        "beyond it, its packets go to others; it may have them twice",
        on_analysers.analyser_too_slow,
    ),
    Drill("analyser-refuses", "5xx: the packet is dealt to another", on_analysers.analyser_refuses),
    Drill(
        "packets-refused", "400: the packet is kept as a dead letter, and can be replayed", on_analysers.packets_refused
    ),
    Drill(
        "analyser-partitioned",
        "silence is noticed as well as a refusal",
        on_analysers.analyser_partitioned,
        missing=network.missing,
    ),
    Drill(
        "distributor-killed",
        "what was acknowledged is at an analyser or on its disk",
        on_distributors.distributor_killed,
    ),
    Drill("distributor-stalled", "senders on other distributors notice nothing", on_distributors.distributor_stalled),
    Drill("distributors-upgraded", "one by one, without an error", on_distributors.distributors_upgraded),
    Drill("operator-away", "distributors need none to go on, eject and readmit", around.operator_away),
    Drill("spool-full", "senders are told to come later; nothing is dropped", around.spool_full, lambda _: SMALL_SPOOL),
    Drill("disk-full", "a disk that takes nothing more is no loss", around.disk_full, disk.prepare, disk.missing),
    Drill("clock-jumps", "nothing hangs on the wall clock", around.clock_jumps, clock.prepare, clock.missing),
)
BY_NAME: Final[Mapping[str, Drill]] = {each.name: each for each in DRILLS}
