"""Every panel of every page while there is nothing yet, nothing at all, an error, or only what was.

SHOTS=folder also keeps a picture of each.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from demo_process import LIMIT_S
from playwright.sync_api import Browser, Locator, Page, Route, expect
from ui_sites import Fleet
from ui_tab import Tab

PANELS: Final = {
    "/": ["Packets delivered a second", "Shares", "Ledger", "Distributors"],
    "/analysers": ["All analysers"],
    "/ledger": ["All distributors", "Each distributor", "Dead letters"],
    "/registry": ["Present generation", "Held by", "What changed"],
}
ANALYSER: Final = "/analysers/default/analyser-000"
SECTIONS: Final = ["The last minutes", "Last errors"]  # of one analyser; all others come with the state
EMPTY: Final = {
    "/": ["No analyser is to get packets", "What each gets is drawn here", "Until there is one, packets wait"],
    "/analysers": ["No analyser is registered"],
    "/analysers/default/nobody": ["There is no such analyser"],
    "/ledger": ["No dead letters"],
    "/registry": ["0 analysers"],
    "/send": ["Nothing sent yet"],
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path_factory.mktemp("states"), analysers=2)
    try:
        fleet.start_operator()
        fleet.until(lambda: fleet.analyser("analyser-001")["standing"] == "admitted")
        yield fleet
    finally:
        fleet.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(1000 * LIMIT_S)
        yield context.new_page()


def test_while_nothing_has_come_every_panel_is_loading(fleet: Fleet, page: Page) -> None:
    page.route("**/api/**", lambda _: None)
    for path, panels in PANELS.items():
        page.goto(fleet.url + path)
        for name in panels:
            expect(loading(panel(page, name)).first).to_be_visible()
        picture(page, "loading")


def test_what_cannot_be_had_is_said_and_asked_for_again(fleet: Fleet, page: Page) -> None:
    page.route("**/api/**", unavailable)
    for path, panels in PANELS.items():
        page.goto(fleet.url + path)
        for name in panels:
            expect(panel(page, name).get_by_role("alert")).to_contain_text("The operator cannot be reached")
        picture(page, "error")
    page.unroute("**/api/**")
    Tab(page, fleet.url).live()
    expect(page.get_by_role("alert")).to_have_count(0)  # by themselves


def test_an_error_of_one_section_leaves_the_others(fleet: Fleet, page: Page) -> None:
    page.route("**/api/v1/analysers/**", unavailable)
    page.goto(fleet.url + ANALYSER)
    for name in SECTIONS:
        expect(panel(page, name).get_by_role("alert")).to_contain_text("The operator cannot be reached")
    expect(panel(page, "At the distributors").get_by_role("table")).to_be_visible()
    picture(page, "error")


def test_when_the_operator_goes_all_stays_without_its_colours_until_it_is_back(fleet: Fleet, browser: Browser) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(1000 * LIMIT_S)
        tabs = {path: Tab(context.new_page(), fleet.url) for path in [*PANELS, ANALYSER]}
        for path, tab in tabs.items():
            tab.open(path)
            tab.settled()
        fleet.operator.kill()
        for tab in tabs.values():
            expect(tab.page.get_by_text("Stale since")).to_be_visible()
            picture(tab.page, "stale")
        for path, panels in PANELS.items():
            for name in panels:
                expect(panel(tabs[path].page, name).locator("[data-stale]").first).to_be_visible()
        for name in SECTIONS:
            expect(panel(tabs[ANALYSER].page, name).locator("[data-stale]").first).to_be_visible()
        expect(panel(tabs["/"].page, "Ledger")).to_contain_text("accepted")
        expect(panel(tabs["/registry"].page, "What changed")).to_contain_text("2 added")

        fleet.start_operator()
        for tab in tabs.values():
            tab.live()
            expect(tab.page.locator("[data-stale]")).to_have_count(0)
            expect(tab.page.get_by_role("alert")).to_have_count(0)


def test_where_there_is_nothing_every_panel_says_so(page: Page, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    try:
        fleet.start_operator()
        tab = Tab(page, fleet.url)
        for path, words in EMPTY.items():
            tab.open(path)
            for each in words:
                expect(page.get_by_text(each).first).to_be_visible()
            picture(page, "empty")
        assert tab.complaints == []
    finally:
        fleet.close()


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def loading(within: Locator) -> Locator:
    return within.locator(".animate-pulse")


def unavailable(route: Route) -> None:
    route.fulfill(status=502, body="Bad Gateway")


def picture(page: Page, state: str) -> None:
    if folder := os.environ.get("SHOTS"):
        place = page.url.split("/", 3)[3].replace("/", "-") or "overview"
        page.screenshot(path=Path(folder) / f"{state}-{place}.png", full_page=True)
