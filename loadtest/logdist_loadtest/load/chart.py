"""Curves over time as an SVG that needs nothing beside it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT = 900, 220
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 24, 24
TICKS: Final = 4
STEPS: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    colour: str  # a CSS variable
    values: Sequence[float]


def build_svg(times_s: Sequence[float], curves: Sequence[Curve], marks_s: Sequence[float] = ()) -> str:
    """At least two points each; a dashed line at every mark."""
    top = round_up(max(max(curve.values) for curve in curves))
    first_s, last_s = times_s[0], times_s[-1]

    def x(at_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at_s - first_s) / (last_s - first_s)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" font-size="12" role="img">']
    for tick in range(TICKS + 1):
        value = top * tick / TICKS
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="var(--line)"/>')
        parts.append(_text(LEFT - 8, y(value) + 4, f"{value:,g}", "end"))
        parts.append(_text(x(first_s + (last_s - first_s) * tick / TICKS), HEIGHT - 6, _time(first_s, last_s, tick)))
    parts += [
        f'<path d="M{x(at_s):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="var(--soft)" stroke-dasharray="3 3"/>'
        for at_s in marks_s
        if first_s <= at_s <= last_s
    ]
    for curve in curves:
        points = " ".join(f"{x(at_s):.1f},{y(value):.1f}" for at_s, value in zip(times_s, curve.values, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="var({curve.colour})" stroke-width="1.8"/>')
    parts += _legend(curves)
    return "".join([*parts, "</svg>"])


def round_up(value: float) -> float:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten."""
    scale = 1.0
    while scale * 10 < value:
        scale *= 10
    return next((step * scale for step in STEPS if step * scale >= value), 10 * scale)


def _time(first_s: float, last_s: float, tick: int) -> str:
    return f"{first_s + (last_s - first_s) * tick / TICKS:.0f} s"


def _legend(curves: Sequence[Curve]) -> Iterator[str]:
    for number, curve in enumerate(curves):
        at = LEFT + 170 * number
        yield f'<rect x="{at}" y="6" width="12" height="3" fill="var({curve.colour})"/>'
        yield _text(at + 18, 12, curve.name, "start")


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="var(--soft)">{text}</text>'
