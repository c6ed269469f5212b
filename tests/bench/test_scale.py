"""The curves: what is measured, and what is written of it."""

import pytest

from logdist_loadtest.bench.contenders import NGINX, Place
from logdist_loadtest.bench.wrk import Content
from logdist_loadtest.scale.curves import STEPS, Curve, build_points, picture_of
from logdist_loadtest.scale.page import put_curves, render_curves

PAGE = "# Performance\n\n## Other loads\n\nsome\n\n## The whole chain\n\nmore\n"


def run(contender: str, cpu_us: float, *, x: int = 8, round_number: int = 1) -> dict[str, object]:
    figures = {"packets_per_s": 1e6 / cpu_us, "cpu_us": cpu_us, "p50_us": 1.0, "p99_us": 2.0, "idle_percent": None}
    place = {"round_number": round_number, "curve": "connections", "x": x, "contender": contender, "load_before": 0.1}
    return {**place, **figures, "faults": []}


def kept(*runs: dict[str, object]) -> dict[str, object]:
    nothing = {"faults": [], "backlogs": [], "picks_ns": []}
    return {"runs": list(runs), "machine": {"Load average before": "0.1"}, "command": "make scale", **nothing}


def test_a_round_has_every_server_at_every_step_and_its_own_picture() -> None:
    points = build_points()
    assert {(point.curve, point.x) for point in points} == {(curve, x) for curve in Curve for x in STEPS[curve]}
    assert len(points) == len(set(points))
    assert len({picture_of(curve) for curve in Curve}) == len(Curve)


@pytest.mark.parametrize("point", [each for each in build_points() if each.curve is Curve.SIZE], ids=str)
def test_packets_have_the_size_on_the_axis(point: object) -> None:
    assert point.load.content.packet_bytes == point.x  # type: ignore[attr-defined]


def test_a_content_counts_every_byte() -> None:
    message = '{"level":"INFO","message":"xxx"}'
    packet = '{"id":"' + "0" * 20 + '","timestamp":1700000000000,"messages":[' + f"{message},{message}" + "]}"
    assert Content(2, 3).packet_bytes == len(packet)


def test_a_proxy_gets_a_line_for_every_analyser(tmp_path: object) -> None:
    place = Place.build(tmp_path / "run", [1001, 1002, 1001], (1, 2, 1), workers=4)  # type: ignore[operator]
    config = place.fill("$workers\n$servers", NGINX.server_line)
    assert config.startswith("4\n")
    assert config.count("127.0.0.1:1001 weight=1;") == 2


def test_losses_are_told_by_the_ratio_within_rounds() -> None:
    text = render_curves(
        kept(run("safe", 30), run("nginx", 20), run("safe", 10, round_number=2), run("nginx", 8, round_number=2))
    )
    assert (
        "- 8 connections: 1.38 (1.25 to 1.50) x the CPU of nginx; 0.73 (0.67 to 0.80) x the packets/s of nginx" in text
    )


def test_a_run_without_figures_is_told_and_drawn_as_a_gap() -> None:
    failed = {**run("nginx", 1), "packets_per_s": None, "cpu_us": None, "faults": ["StartError: no disk"]}
    text = render_curves(kept(run("safe", 10), failed))
    assert "round 1, 8 connections, nginx: StartError: no disk" in text
    assert "Nowhere." in text


def test_the_section_is_renewed_in_its_place() -> None:
    once = put_curves(PAGE, kept(run("safe", 10)))
    twice = put_curves(once, kept(run("safe", 20)))
    assert twice.count("## Curves\n") == 1
    assert twice.index("## Other loads") < twice.index("## Curves") < twice.index("## The whole chain")
    assert "20.0" in twice
