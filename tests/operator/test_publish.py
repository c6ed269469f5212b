"""The registry reaches every distributor, whatever happens to it on the way. Real HTTP, a fake behind it."""

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operator_harness import FakeDistributor, analyser, operating, until

from logdist_operator.push import BACKOFF_MAX_S, BACKOFF_MIN_S, PushState, backoff_s

pytestmark = pytest.mark.anyio


async def test_a_distributor_gets_the_registry_and_acknowledges_it(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a", weight=3))
    async with operating(folder, distributor) as spine:
        await until(spine.publisher.is_settled)
        [pod] = spine.publisher.pods
        assert (pod.state, pod.generation, pod.instance_id) == (PushState.ACKED, 1, distributor.instance_id)
        assert distributor.weights == {"a": 3}


async def test_one_that_is_down_gets_it_when_it_comes_up(folder: Path, distributor: FakeDistributor) -> None:
    await distributor.stop()
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        [pod] = spine.publisher.pods
        await until(lambda: pod.state is PushState.UNREACHABLE)
        await distributor.start()
        await until(spine.publisher.is_settled)
    assert distributor.weights == {"a": 1}


async def test_a_dead_one_does_not_hold_up_the_others(folder: Path, distributor: FakeDistributor) -> None:
    dead = FakeDistributor()
    await dead.start()
    await dead.stop()
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, dead, distributor):
        await until(lambda: distributor.weights == {"a": 1})


async def test_one_that_hangs_is_given_up_and_asked_again(folder: Path, distributor: FakeDistributor) -> None:
    distributor.delay_s = 3600
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        [pod] = spine.publisher.pods
        await until(lambda: pod.state is PushState.UNREACHABLE)
        assert "no answer within 2 s" in pod.reason
        distributor.delay_s = 0.0
        await until(spine.publisher.is_settled)


async def test_one_restarted_at_the_same_address_gets_it_again(folder: Path, distributor: FakeDistributor) -> None:
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        await until(spine.publisher.is_settled)
        await distributor.restart(is_empty=True)
        await until(lambda: distributor.weights == {"a": 1})
        await until(lambda: spine.publisher.pods[0].instance_id == distributor.instance_id)
        assert spine.controller.record.generation == 1


async def test_one_that_refuses_is_told_apart_and_gets_the_next(folder: Path, distributor: FakeDistributor) -> None:
    distributor.refusals = ["analysers[0]: no such protocol"]
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        [pod] = spine.publisher.pods
        await until(lambda: pod.state is PushState.REFUSED)
        assert pod.reason == "analysers[0]: no such protocol"
        distributor.refusals = []
        (folder / "a.yaml").write_text(analyser("a", weight=2))
        await until(spine.publisher.is_settled)
    assert distributor.weights == {"a": 2}


async def test_an_operator_that_lost_its_count_commits_above_the_distributors(
    folder: Path, distributor: FakeDistributor
) -> None:
    distributor.held = {"generation": 41, "digest": "another", "analysers": []}
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        await until(spine.publisher.is_settled)
        assert spine.controller.record.generation == 42
    assert distributor.weights == {"a": 1}


async def test_two_distributors_with_different_newer_generations_converge(
    folder: Path, distributor: FakeDistributor
) -> None:
    other = FakeDistributor()
    await other.start()
    distributor.held = {"generation": 41, "digest": "another", "analysers": []}
    other.held = {"generation": 57, "digest": "a third", "analysers": []}
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor, other) as spine:
        await until(spine.publisher.is_settled)
        assert spine.controller.record.generation == 58
    assert distributor.held == other.held
    await other.stop()


async def test_under_quick_edits_the_latest_wins_and_generations_only_grow(
    folder: Path, distributor: FakeDistributor
) -> None:
    path = folder / "a.yaml"
    path.write_text(analyser("a"))
    async with operating(folder, distributor) as spine:
        await until(spine.publisher.is_settled)
        for weight in range(2, 40):
            path.write_text(analyser("a", weight=weight))
        await until(lambda: distributor.weights == {"a": 39})
        await until(spine.publisher.is_settled)
    generations = [snapshot["generation"] for snapshot in distributor.pushed]
    assert generations == sorted(generations)
    assert len(generations) < 38


async def test_the_token_is_read_afresh_when_the_file_changes(folder: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    distributor = FakeDistributor(token="new")
    await distributor.start()
    (folder / "a.yaml").write_text(analyser("a"))
    async with operating(folder, distributor, token_file=token) as spine:
        [pod] = spine.publisher.pods
        await until(lambda: pod.state is PushState.FAILING)
        assert "401" in pod.reason
        token.write_bytes(b"\xff not a token")
        await until(lambda: pod.state is PushState.FAILING)
        token.write_text("new\n")
        await until(spine.publisher.is_settled)
    await distributor.stop()


async def test_a_stranger_at_the_address_is_not_taken_for_a_distributor(
    folder: Path, distributor: FakeDistributor
) -> None:
    """Something listens there, but speaks no HTTP."""
    await distributor.stop()
    with socket.create_server(("127.0.0.1", int(distributor.url.rpartition(":")[2]))):
        (folder / "a.yaml").write_text(analyser("a"))
        async with operating(folder, distributor) as spine:
            await until(lambda: spine.publisher.pods[0].state is PushState.UNREACHABLE)


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_the_wait_between_two_tries_stays_within_its_limits(attempts: int, jitter: float) -> None:
    assert BACKOFF_MIN_S <= backoff_s(attempts, jitter) <= BACKOFF_MAX_S
