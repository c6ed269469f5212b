"""Thousands of simulated lives of the core, each replayed exactly by its seed: `SEED=123 make simulate`."""

import os

import pytest
from world import World

FIRST_SEED = int(os.environ.get("SEED", "0"))
SEEDS = 1 if "SEED" in os.environ else int(os.environ.get("SEEDS", "2000"))
CHUNK = 50


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS, CHUNK))
def test_the_promises_hold_through_any_turmoil(first: int) -> None:
    for seed in range(first, min(first + CHUNK, FIRST_SEED + SEEDS)):
        try:
            World(seed).run()
        except Exception as error:
            raise AssertionError(f"seed {seed} breaks a promise: SEED={seed} make simulate") from error
