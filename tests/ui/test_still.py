"""Nothing moves by itself: no element of any page changes its place while new states come in."""

from contextlib import ExitStack
from typing import Any, Final

import pytest
from playwright.sync_api import Browser
from ui_tab import PAGES, Tab

STATES: Final = 20
MOVED_MAX: Final = 0.001  # of the layout shift score, good below 0.1; a number that gains a digit counts 0.000005


@pytest.mark.parametrize(("width", "height"), [(360, 780), (1920, 1080)])
def test_nothing_moves_while_it_is_live(browser: Browser, tab_of: Any, width: int, height: int) -> None:
    with ExitStack() as stack:
        tabs: dict[str, Tab] = {}
        for name, path in PAGES.items():  # each with connections of its own: a browser opens six to one host
            context = stack.enter_context(browser.new_context(viewport={"width": width, "height": height}))
            tabs[name] = tab_of(context.new_page())
            tabs[name].watch()
            tabs[name].open(path)
            tabs[name].settled()
        for tab in tabs.values():
            tab.forget()
        tab.states(STATES)
        for name, tab in tabs.items():
            assert moved(tab) < MOVED_MAX, (name, tab.noticed()["shifts"])
            tab.page.evaluate("document.querySelector('main').style.paddingTop = '99px'")
            tab.states(1)
            assert moved(tab) > MOVED_MAX, f"{name}: where a move is not seen, none would have been"


def moved(tab: Tab) -> float:
    return sum(shift["value"] for shift in tab.noticed()["shifts"])
