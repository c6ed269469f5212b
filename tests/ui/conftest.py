"""The built UI in headless Chromium, on real operators, distributors and analysers.

The helpers are plain modules beside this file. Without Chromium these tests are skipped (see `ui_chromium.py`).
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "demo"))

from demo_process import LIMIT_S
from ui_chromium import chromium
from ui_sites import DemoSite
from ui_tab import Tab

LIMIT_MS: Final = 1000 * LIMIT_S


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """A demo."""
    stack = DemoSite(tmp_path_factory.mktemp("ui"))
    try:
        stack.start()
        yield stack
        stack.interrupt()
    finally:
        stack.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def tab_of(stack: DemoSite) -> Callable[[Page], Tab]:
    return lambda page: Tab(page, stack.url)


@pytest.fixture
def tab(browser: Browser, stack: DemoSite) -> Iterator[Tab]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(LIMIT_MS)
        yield Tab(context.new_page(), stack.url)


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=LIMIT_MS)
