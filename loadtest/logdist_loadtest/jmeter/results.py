"""What the rows that JMeter wrote say: figures of the packets, and what plan.jmx judged."""

import csv
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PACKET: Final = "POST /v1/packets"
LATER: Final = "503, asked to come later"
DRILL: Final = "drill: "
VERDICT: Final = "verdict: "
LEDGER: Final = f"{VERDICT}ledger"


@dataclass(slots=True)
class Results:
    """One run. Times in milliseconds, as JMeter gives them."""

    elapsed_ms: list[int] = field(default_factory=list)  # of each packet, sorted once all are read
    first_ms: float = math.inf  # start of the first packet
    last_ms: float = -math.inf  # end of the last one
    later: int = 0
    errors: Counter[str] = field(default_factory=Counter)  # of packets, by answer
    judged: list[tuple[str, str, bool]] = field(default_factory=list)  # label, message, whether it holds

    @property
    def per_s(self) -> float:
        return len(self.elapsed_ms) / max(1e-3, (self.last_ms - self.first_ms) / 1000)

    def percentile_ms(self, percent: float) -> int:
        """The least time that so many percent of the packets did not exceed; 0 when there are none."""
        at = math.ceil(len(self.elapsed_ms) * percent / 100) - 1
        return self.elapsed_ms[max(0, at)] if self.elapsed_ms else 0

    def lines(self) -> Iterator[str]:
        """For people, in order."""
        later = f", {self.later:,} asked to come later" if self.later else ""
        yield (
            f"{len(self.elapsed_ms):,} requests, {self.per_s:,.0f}/s, p50 {self.percentile_ms(50)} ms,"
            f" p99 {self.percentile_ms(99)} ms, {self.errors.total():,} errors{later}"
        )
        for label, message, holds in self.judged:
            if holds:
                yield f"ok: {label.removeprefix(VERDICT)}: {message}"

    def problems(self, *, is_judged: bool) -> list[str]:
        """What is wrong. `is_judged`: there was an operator, so that the ledger must have been looked at."""
        found = [] if self.elapsed_ms else ["no packet was sent"]
        found += [f"{count:,} requests failed: {answer}" for answer, count in self.errors.items()]
        found += [f"{label}: {message}" for label, message, holds in self.judged if not holds]
        if is_judged and not any(label == LEDGER for label, _, _ in self.judged):
            found.append("the ledger was not looked at")
        return found


def read_results(file: Path) -> Results:
    """Read the CSV that JMeter wrote. A run that wrote none has sent nothing."""
    results = Results()
    if not file.exists():
        return results
    with file.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            _add(results, row)
    results.elapsed_ms.sort()
    return results


def _add(results: Results, row: dict[str, str]) -> None:
    label, is_good = row["label"], row["success"] == "true"
    if label == PACKET:
        started_ms, elapsed_ms = int(row["timeStamp"]), int(row["elapsed"])
        results.first_ms = min(results.first_ms, started_ms)
        results.last_ms = max(results.last_ms, started_ms + elapsed_ms)
        results.elapsed_ms.append(elapsed_ms)
        if not is_good:
            results.errors[f"{row['responseCode']} {row['responseMessage']}".strip()] += 1
    elif label == LATER:
        results.later += 1
    elif label.startswith((DRILL, VERDICT)):
        results.judged.append((label, row["responseMessage"], is_good))
