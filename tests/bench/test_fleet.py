"""The simulation of large fleets keeps the promises of the deal and of the table of standings."""

import pytest

from logdist_loadtest.plots.fleet import Senders, ejection_s, share_errors


@pytest.mark.parametrize("senders", list(Senders))
def test_a_fleet_is_never_further_from_a_share_than_its_pods_allow(senders: Senders) -> None:
    per_pod = 2 if senders is Senders.STAGGERED else 1  # a beginning elsewhere is a packet off at both ends
    for packets, _ in share_errors([1, 2, 3, 50], 20, 1000, [0.1, 1, 5], senders):
        assert packets <= 20 * per_pod


def test_every_pod_ejects_a_dead_analyser_by_its_checks_even_without_packets() -> None:
    refused = ejection_s(50, 1e-6, is_stalled=False)
    assert len(refused) == 50
    assert max(refused) < 3 * 2.2  # three failed checks in a row, 2 s and a tenth apart
    assert ejection_s(50, 1e6, is_stalled=False)[-1] < 1
