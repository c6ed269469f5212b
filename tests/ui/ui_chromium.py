"""The browser of these tests: $CHROMIUM, this machine's, or the one that `make test` has fetched."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

FETCHED: Final = Path(__file__).parents[2] / ".tools" / "chromium"
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Playwright's event loop runs in this thread meanwhile, so it ends before others want theirs."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    environ = dict(os.environ)
    if program is None and (FETCHED / "ready").exists():
        program = str(FETCHED / "chromium")
        environ["LD_LIBRARY_PATH"] = str(FETCHED / "al2023" / "lib")
    if program is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or CHROMIUM=/path/to/it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, env=environ)
        yield browser
        browser.close()
