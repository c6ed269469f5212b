"""The deal: exact shares for any weights, and no floods after changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_distributor.core.deal import CATCH_UP_PACKETS, RENORMALISE_ABOVE, Deal, Share
from logdist_distributor.errors import NoLane

weights = st.lists(st.one_of(st.integers(1, 4), st.integers(1, 100_000)), min_size=1, max_size=40)
costs = st.lists(st.one_of(st.just(1), st.integers(1, 200)), min_size=1, max_size=300)
ROUNDING = 1e-6


def dealing_to(weights: list[int]) -> tuple[Deal[int], list[Share[int]]]:
    shares = [Share(index, weight) for index, weight in enumerate(weights)]
    deal: Deal[int] = Deal()
    deal.rebase(shares)
    return deal, shares


@given(weights, st.integers(1, 400))
def test_no_share_is_ever_more_than_one_packet_away(weights: list[int], packets: int) -> None:
    deal, _ = dealing_to(weights)
    sent = [0] * len(weights)
    for total in range(1, packets + 1):
        sent[deal.pick(1).target] += 1
        for count, weight in zip(sent, weights, strict=True):
            assert abs(count - total * weight / sum(weights)) <= 1 + ROUNDING


@given(weights, costs)
def test_no_share_is_ever_more_than_the_largest_cost_away(weights: list[int], costs: list[int]) -> None:
    deal, _ = dealing_to(weights)
    sent = [0] * len(weights)
    for index, cost in enumerate(costs, 1):
        sent[deal.pick(cost).target] += cost
        for got, weight in zip(sent, weights, strict=True):
            assert abs(got - sum(costs[:index]) * weight / sum(weights)) <= max(costs[:index]) + ROUNDING


@given(weights)
def test_a_whole_round_is_exact(weights: list[int]) -> None:
    weights = [1 + weight % 50 for weight in weights]
    deal, _ = dealing_to(weights)
    sent = [0] * len(weights)
    for _ in range(sum(weights)):
        sent[deal.pick(1).target] += 1
    assert sent == weights


@given(st.lists(weights, min_size=1, max_size=5), st.integers(1, 60))
def test_every_rebase_starts_level(epochs: list[list[int]], packets: int) -> None:
    deal: Deal[int] = Deal()
    for epoch in epochs:
        deal.rebase([Share(index, weight) for index, weight in enumerate(epoch)])
        sent = [0] * len(epoch)
        for total in range(1, packets + 1):
            sent[deal.pick(1).target] += 1
            for count, weight in zip(sent, epoch, strict=True):
                assert abs(count - total * weight / sum(epoch)) <= 1 + ROUNDING


@given(weights, st.data())
def test_a_held_share_gets_nothing_and_the_others_keep_their_proportions(
    weights: list[int], data: st.DataObject
) -> None:
    weights = [*weights, 7]
    deal, shares = dealing_to(weights)
    for _ in range(data.draw(st.integers(0, 50))):
        deal.pick(1)
    held = data.draw(st.integers(0, len(weights) - 1))
    deal.hold(shares[held])
    sent = [0] * len(weights)
    packets = data.draw(st.integers(1, 200))
    for _ in range(packets):
        sent[deal.pick(1).target] += 1
    assert sent[held] == 0
    others = sum(weights) - weights[held]
    for index, weight in enumerate(weights):
        if index != held:
            # One packet for this stretch, up to two for what the hold found: its own deficit, and the held one's.
            assert abs(sent[index] - packets * weight / others) <= 3 + ROUNDING


@given(weights, st.integers(1, 5_000))
def test_a_released_share_catches_up_no_more_than_the_cap(weights: list[int], missed: int) -> None:
    weights = [*weights, 3]
    deal, shares = dealing_to(weights)
    late = shares[0]
    deal.hold(late)
    for _ in range(missed):
        deal.pick(1)
    deal.release(late)
    in_a_row = 0
    while deal.pick(1).target == 0:
        in_a_row += 1
        assert in_a_row <= CATCH_UP_PACKETS * sum(weights) / (sum(weights) - weights[0]) + 2


@given(weights, st.lists(st.tuples(st.sampled_from(["hold", "release", "pick", "rebase"]), st.integers(0, 39))))
def test_any_order_of_holds_releases_and_rebases_deals_only_to_open_shares(
    weights: list[int], events: list[tuple[str, int]]
) -> None:
    deal, shares = dealing_to(weights)
    for event, index in events:
        share = shares[index % len(shares)]
        if event == "hold":
            deal.hold(share)
        elif event == "release":
            deal.release(share)
        elif event == "rebase":
            deal.rebase(shares)
        elif all(share.is_held for share in shares):
            with pytest.raises(NoLane):
                deal.pick(1 + index)
        else:
            assert not deal.pick(1 + index).is_held
        open_shares = [share for share in shares if not share.is_held]
        assert deal.weight == sum(share.weight for share in open_shares)
        assert deal.total == pytest.approx(sum(share.sent for share in open_shares), abs=1e-4)


def test_dealing_for_ever_loses_no_precision() -> None:
    deal, _ = dealing_to([1, 2, 3])
    reference, _ = dealing_to([1, 2, 3])
    for share in deal.shares:
        share.sent = RENORMALISE_ABOVE * share.weight
    deal.total = RENORMALISE_ABOVE * deal.weight
    deal.hold(deal.shares[0])  # leave and come back: the heaps are made of what was just set
    deal.release(deal.shares[0])
    assert [deal.pick(1).target for _ in range(60)] == [reference.pick(1).target for _ in range(60)]


def test_nothing_to_deal_to_charges_nothing() -> None:
    deal, _ = dealing_to([])
    with pytest.raises(NoLane):
        deal.pick(1)
    assert deal.dealt == 0
