"""Failures on request: what /internal/simulate/* sets and the packet routes obey. Pure: app.py rolls and waits."""

from dataclasses import dataclass
from typing import Final, TypeAlias

SLOW_MS_MAX: Final = 600_000

DrillState: TypeAlias = dict[str, bool | int | float]  # the drills in force, as JSON


@dataclass(slots=True)
class Drills:
    """The drills in force. All off is normal operation."""

    failing: bool = False  # heartbeat and every packet request answer 503
    slow_ms: int = 0  # added to the handling of every packet request
    refuse_rate: float = 0.0  # share of the packet requests answered 503

    def refusal(self, roll: float) -> str | None:
        """Why a packet request is refused, or None. `roll` is uniform in [0, 1)."""
        if self.failing:
            return "drill: this analyser fails until POST /internal/simulate/begin"
        if roll < self.refuse_rate:
            return f"drill: a share of {self.refuse_rate:g} of the packet requests is refused"
        return None

    def clear(self) -> None:
        """Back to normal."""
        self.failing, self.slow_ms, self.refuse_rate = False, 0, 0.0

    def as_json(self) -> DrillState:
        """The state every drill answers."""
        return {"failing": self.failing, "slowMs": self.slow_ms, "refuseRate": self.refuse_rate}
