"""Where a packet went is known by its id, for as long as repeats of it are recognised."""

from harness import Sender, engine, entry, packets, registry

from logdist_distributor.core.whereabouts import Place, find


def test_a_packet_is_followed_to_the_analyser_that_has_it() -> None:
    core = engine()
    core.apply(registry(1, entry("a")), 0)
    core.accept(packets(1, 2), Sender())
    (batch,) = core.dispatch(0)
    recent = core.admission.recent
    assert find(recent, "1") == (Place.WAITING, None)
    core.delivered(batch, {"2": "no"}, 0)
    core.accept(packets(1), Sender())
    core.take_in(0)
    assert find(recent, "1") == (Place.DELIVERED, batch.lane)
    assert find(recent, "2") == (Place.DEAD, batch.lane)
    assert find(recent, "3") is None


def test_what_came_from_disk_is_not_followed() -> None:
    core = engine()
    core.admission.recent.remember("old", None)
    assert find(core.admission.recent, "old") == (Place.SPOOLED, None)
