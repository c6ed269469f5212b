"""The report: one HTML file with everything in it, charts as SVG. Pure; session.py fills and writes it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from logdist_loadtest.load.chart import Curve, build_svg
from logdist_loadtest.load.drill import Step
from logdist_loadtest.load.series import Sample

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #66708a; --line: #dfe3ec; --page: #fff; --good: #15803d;
  --bad: #c02626; --a: #2563eb; --b: #d97706; --c: #c02626 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --soft: #98a2b8; --line: #323a4b; --page: #12161f;
  --good: #4ade80; --bad: #f87171; --a: #60a5fa; --b: #fbbf24; --c: #f87171 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem } p { margin: .2rem 0 }
.soft, th { color: var(--soft); font-weight: 400 } .good { color: var(--good) } .bad { color: var(--bad) }
.figures { display: flex; flex-wrap: wrap; gap: 2rem; margin: 1.2rem 0 }
.figures b { display: block; font-size: 1.5rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left } svg { width: 100%; height: auto }
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    name: str
    requests: int
    failures: int
    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def build(cls, entry: Any) -> "Line":
        """From an entry of locust's statistics."""
        return cls(
            entry.name,
            entry.num_requests,
            entry.num_failures,
            entry.total_rps,
            entry.get_response_time_percentile(0.5) or 0.0,
            entry.get_response_time_percentile(0.99) or 0.0,
            entry.max_response_time,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """All that is shown."""

    scenario: str
    host: str
    started_s: float
    samples: list[Sample]
    lines: list[Line]  # the last one is the sum
    errors: list[tuple[str, int]]
    steps: list[Step]
    good: list[str]
    problems: list[str]


def build_html(report: Report) -> str:
    """The whole file."""
    started = datetime.fromtimestamp(report.started_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    parts = [
        f"<h1>Load: {escape(report.scenario)}</h1><p class=soft>{escape(report.host)}, {started}</p>",
        _figures(report),
        _verdict(report),
        *_charts(report),
        _steps(report.steps),
        _table(report.lines),
        _errors(report.errors),
    ]
    head = "<meta charset=utf-8><meta name=viewport content='width=device-width'>"
    head += f"<title>Load: {escape(report.scenario)}</title>"
    return f"<!doctype html><html lang=en>{head}<style>{STYLE}</style><body>{''.join(parts)}</body></html>\n"


def _figures(report: Report) -> str:
    total = report.lines[-1]
    users = max((sample.users for sample in report.samples), default=0)
    figures = [
        (f"{total.per_s:,.0f}", "requests a second"),
        (f"{total.requests:,}", "requests"),
        (f"{total.failures:,}", "failures"),
        (f"{total.p50_ms:g} ms", "median"),
        (f"{total.p99_ms:g} ms", "99th percentile"),
        (f"{users:,}", "users at most"),
    ]
    return "<div class=figures>" + "".join(f"<div><b>{figure}</b>{what}</div>" for figure, what in figures) + "</div>"


def _verdict(report: Report) -> str:
    good = [f"<p class=good>&#10003; {escape(line)}</p>" for line in report.good]
    bad = [f"<p class=bad>&#10007; {escape(line)}</p>" for line in report.problems]
    return "".join(bad + good)


def _charts(report: Report) -> list[str]:
    samples = report.samples
    if len(samples) < 2:
        return ["<p class=soft>Too short for charts.</p>"]
    times = [sample.at_s for sample in samples]
    marks = [step.at_s for step in report.steps]
    requests = [Curve("requests a second", "--a", [sample.per_s for sample in samples])]
    requests.append(Curve("failures", "--c", [sample.failed_per_s for sample in samples]))
    waits = [Curve("99th percentile, ms", "--b", [sample.p99_ms for sample in samples])]
    waits.append(Curve("median, ms", "--a", [sample.p50_ms for sample in samples]))
    users = [Curve("users", "--a", [sample.users for sample in samples])]
    return [
        f"<h2>{title}</h2>{build_svg(times, curves, marks)}"
        for title, curves in (("Throughput", requests), ("Response times", waits), ("Users", users))
    ]


def _steps(steps: list[Step]) -> str:
    rows = "".join(f"<tr><td>{escape(step.text)}<td>{step.at_s:.1f} s" for step in steps)
    return f"<h2>The drill</h2><table>{rows}</table>" if rows else ""


def _table(lines: list[Line]) -> str:
    head = "<tr><th>request<th>count<th>failed<th>per s<th>median<th>p99<th>max"
    rows = "".join(
        f"<tr><td>{escape(line.name)}<td>{line.requests:,}<td>{line.failures:,}<td>{line.per_s:,.1f}"
        f"<td>{line.p50_ms:g} ms<td>{line.p99_ms:g} ms<td>{line.max_ms:,.0f} ms"
        for line in lines
    )
    return f"<h2>Requests</h2><table>{head}{rows}</table>"


def _errors(errors: list[tuple[str, int]]) -> str:
    rows = "".join(f"<tr><td>{escape(name)}<td>{count:,}" for name, count in errors)
    return f"<h2>Failures</h2><table>{rows}</table>" if rows else ""
