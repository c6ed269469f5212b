"""The page about the deal tells the truth: the rules as written, their bounds, and the distributor's own deal."""

from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_distributor.core.deal import CATCH_UP_PACKETS, Deal, Share
from logdist_distributor.core.lane import BURST_BATCHES, SATURATED_S
from logdist_loadtest.plots.__main__ import put_table
from logdist_loadtest.plots.figure import draw
from logdist_loadtest.plots.rules import RULES, eligible_earliest_deadline, least_deficit, smooth_round_robin
from logdist_loadtest.plots.simulate import deficits, render_table, worst_deficits

PAGE = Path(__file__).parents[2] / "docs" / "algorithm.md"

weights_lists = st.lists(st.integers(1, 1000), min_size=1, max_size=12)


@given(weights_lists)
def test_the_distributor_deals_by_the_rule_of_the_page(weights: list[int]) -> None:
    deal: Deal[int] = Deal()
    deal.rebase([Share(index, weight) for index, weight in enumerate(weights)])
    assert [deal.pick(1).target for _ in range(300)] == list(islice(eligible_earliest_deadline(weights), 300))


def test_the_page_names_the_distributors_limits() -> None:
    said = " ".join(PAGE.read_text().split())
    assert f"more than {SATURATED_S:g} s ago, or {BURST_BATCHES} batches wait" in said
    assert f"not more than {CATCH_UP_PACKETS:,} packets of the largest cost" in said


def test_a_saturated_share_catches_up_no_more_than_the_page_says() -> None:
    deal: Deal[str] = Deal()
    slow, quick = Share("slow", 1), Share("quick", 1)
    deal.rebase([slow, quick])
    deal.hold(slow)
    assert {deal.pick(1).target for _ in range(5000)} == {"quick"}
    deal.release(slow)
    targets = [deal.pick(1).target for _ in range(5000)]
    assert targets.count("slow") - targets.count("quick") == pytest.approx(CATCH_UP_PACKETS, abs=2)


@given(weights_lists)
def test_no_deficit_reaches_one_packet(weights: list[int]) -> None:
    rows = deficits(eligible_earliest_deadline, weights, 300)
    assert rows.min() > -1
    assert rows.max() < 1


@given(weights_lists)
def test_smooth_round_robin_serves_the_least_deficit(weights: list[int]) -> None:
    assert list(islice(smooth_round_robin(weights), 300)) == list(islice(least_deficit(weights), 300))


def test_the_table_has_every_rule() -> None:
    table = render_table(worst_deficits(sets=4))
    assert all(name in table for name in RULES)


def test_the_table_goes_between_its_markers() -> None:
    page = "a\n<!-- simulation -->\nold\n<!-- end of simulation -->\nb\n"
    assert put_table(page, "new") == "a\n<!-- simulation -->\n\nnew\n\n<!-- end of simulation -->\nb\n"
    with pytest.raises(ValueError, match="markers"):
        put_table("a page without", "new")


def test_the_picture_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        draw(tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
