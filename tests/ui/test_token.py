"""The operator's token: asked for once, refused in words, kept for one tab and nowhere else."""

import json
from collections.abc import Iterator
from typing import Final

import pytest
from demo_process import LIMIT_S
from playwright.sync_api import Browser, BrowserContext, expect
from ui_sites import Fleet
from ui_tab import Tab
from ui_writes import asking, give, weigh

TOKEN: Final = "the-token-of-this-test"
ANALYSER: Final = "/analysers/default/analyser-000"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path_factory.mktemp("token"), analysers=2)
    fleet.token = TOKEN
    (fleet.folder / "token").write_text(TOKEN)
    try:
        yield fleet
    finally:
        fleet.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(1000 * LIMIT_S)
        yield context


def test_a_write_asks_for_the_token_once_a_tab(fleet: Fleet, context: BrowserContext) -> None:
    fleet.start_operator("--api-token-file", str(fleet.folder / "token"), "--api-open-reads")
    try:
        page = Tab(context.new_page(), fleet.url).open(ANALYSER)
        weigh(page, 11)
        question = asking(page)
        expect(question).to_contain_text("Everybody may read here")
        give(question, "a wrong one")
        expect(question).to_contain_text("The operator has refused the last token.")
        assert fleet.analyser("analyser-000")["weight"] == 1
        give(question, TOKEN)
        fleet.until(lambda: fleet.analyser("analyser-000")["weight"] == 11)
        expect(question).to_have_count(0)

        weigh(page, 12)
        fleet.until(lambda: fleet.analyser("analyser-000")["weight"] == 12)
        page.reload()
        weigh(page, 13)
        fleet.until(lambda: fleet.analyser("analyser-000")["weight"] == 13)
        expect(question).to_have_count(0)
        assert page.evaluate("Object.values(sessionStorage)") == [TOKEN]
        assert TOKEN not in json.dumps(context.storage_state())  # cookies, and what outlives the tab

        other = Tab(context.new_page(), fleet.url).open(ANALYSER)
        weigh(other, 14)
        expect(asking(other)).to_be_visible()
        asking(other).get_by_role("button", name="Not now").click()
        expect(other.get_by_text("The operator does not do this without its token.")).to_be_visible()
        assert fleet.analyser("analyser-000")["weight"] == 13
    finally:
        fleet.operator.stop()


def test_where_reading_needs_it_nothing_is_shown_before(fleet: Fleet, context: BrowserContext) -> None:
    fleet.start_operator("--api-token-file", str(fleet.folder / "token"))
    try:
        page = context.new_page()
        page.goto(fleet.url)
        expect(asking(page)).to_contain_text("The operator shows nothing without its token.")
        asking(page).get_by_role("button", name="Not now").click()
        expect(asking(page)).to_have_count(0)
        expect(page.get_by_text("All is well")).to_have_count(0)
        page.get_by_role("button", name="Give the token").click()
        give(asking(page), "a wrong one")
        expect(asking(page)).to_contain_text("The operator has refused the last token.")
        give(asking(page), TOKEN)
        Tab(page, fleet.url).live()
        expect(page.get_by_text("All is well")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)  # what was refused before is had now
    finally:
        fleet.operator.stop()
