"""A change of weight is followed to the last pod, with the real operator."""

from pathlib import Path

import pytest

from logdist_loadtest.bench import publishing


def test_every_change_arrives_at_every_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "PODS", 3)
    assert len(publishing.measure_publishing(tmp_path, 2)) == 2


def test_a_change_that_does_not_arrive_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "PODS", 2)
    monkeypatch.setattr(publishing, "GIVE_UP_S", 0.01)  # less than the operator needs to start
    with pytest.raises(publishing.PublishingError, match="0 of 2 pods"):
        publishing.measure_publishing(tmp_path, 1)
