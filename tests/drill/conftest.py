"""Settings for the tests of game days."""

import os

import pytest


@pytest.fixture(autouse=True)
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("LOGDIST_")]:
        monkeypatch.delenv(key)
