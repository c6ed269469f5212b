"""How many users there are when, by scenario. Pure; shape.py asks it once a second."""

from dataclasses import dataclass
from typing import Final

SCENARIOS: Final = {
    "steady": "as many users as asked for, packets of 365 bytes",
    "ramp": "four steps; in the first half of each users hatch, in the second none do",
    "spike": "a fifth of the users, then all of them at once, then a fifth again",
    "mixed": "packets of 1, 10, 100 and 1,000 messages",
    "failover": "an analyser fails and returns under load; ends by itself",
    "soak": "mixed, for long: give it a run time of hours and a pace",
}
MIXED_SCENARIOS: Final = frozenset({"mixed", "soak"})
RAMP_STEPS: Final = 4
SPIKE_FACTOR: Final = 5
SPIKE_S: Final = 60.0  # how long one takes when there is no run time


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for. `run_time_s`: None: until it is stopped."""

    scenario: str
    users: int
    users_per_s: float
    run_time_s: float | None

    def at(self, now_s: float) -> tuple[int, float] | None:
        """Users wanted `now_s` after the start, and how many may be started a second; None when it is over."""
        if self.run_time_s is not None and now_s >= self.run_time_s:
            return None
        if self.scenario == "ramp":
            return self._ramp(now_s)
        if self.scenario == "spike":
            return self._spike(now_s)
        return self.users, self.users_per_s

    def _ramp(self, now_s: float) -> tuple[int, float] | None:
        """Each step hatches its users, and then holds them for as long as that took."""
        step_s = 2 * self.users / RAMP_STEPS / self.users_per_s
        step = int(now_s / step_s)
        return (round(self.users * (step + 1) / RAMP_STEPS), self.users_per_s) if step < RAMP_STEPS else None

    def _spike(self, now_s: float) -> tuple[int, float]:
        length_s = self.run_time_s or SPIKE_S
        is_high = 1 <= (now_s % length_s) * 3 / length_s < 2
        return (self.users if is_high else max(1, self.users // SPIKE_FACTOR)), float(self.users)
