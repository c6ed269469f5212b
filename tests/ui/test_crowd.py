"""500 analysers: every page opens, all of them can be reached, and only what is in sight is in the page.

What the browser noticed meanwhile is printed (`pytest -s`), and stands in docs/ui.md; nothing is asserted about time.
"""

import statistics
from collections.abc import Iterator
from typing import Any, Final

import pytest
from demo_process import LIMIT_S
from playwright.sync_api import Browser, expect
from ui_sites import Fleet
from ui_tab import PAGES, Tab

ANALYSERS: Final = 500
DEAD: Final = 3
ROWS_MAX: Final = 60
STATES: Final = 10
LAST: Final = f"analyser-{ANALYSERS - 1:03}"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path_factory.mktemp("crowd"), distributors=3, analysers=ANALYSERS, dead=DEAD)
    try:
        fleet.start_operator()
        standings = lambda: [each["standing"] for each in fleet.get("/state")["analysers"]]  # noqa: E731
        fleet.until(lambda: standings().count("admitted") == ANALYSERS - DEAD and standings().count("ejected") == DEAD)
        fleet.send(200)
        fleet.until(lambda: fleet.get("/state")["rates"]["delivered"])
        yield fleet
    finally:
        fleet.close()


@pytest.fixture
def tab(browser: Browser, crowd: Fleet) -> Iterator[Tab]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(1000 * LIMIT_S)
        tab = Tab(context.new_page(), crowd.url)
        tab.watch()
        yield tab


def test_every_page_opens_and_stays_live(tab: Tab) -> None:
    print()
    for name, path in PAGES.items():
        page = tab.open(path.replace("errors", LAST))
        tab.settled()
        opened = figures(tab.noticed()["tasks"])
        tab.forget()
        tab.states(STATES)
        print(f"{name:10} open: {opened}; live: {told(tab.noticed())}")
        assert page.locator("tr").count() <= ROWS_MAX + 10, name
        assert page.evaluate("document.querySelectorAll('*').length") < 3000, name
    assert tab.complaints == []


def test_only_rows_in_sight_are_in_the_page_and_the_last_is_reached(tab: Tab) -> None:
    page = tab.open("/analysers")
    table = page.get_by_role("table", name="Analysers")
    rows = table.locator("tbody tr[aria-rowindex]")
    expect(table).to_have_attribute("aria-rowcount", str(ANALYSERS + 1))
    expect(rows.first).to_contain_text("analyser-000")
    assert rows.count() <= ROWS_MAX
    tab.forget()
    table.hover()
    while not rows.last.get_by_role("link", name=LAST).is_visible():
        page.mouse.wheel(0, 1000)
        assert rows.count() <= ROWS_MAX
        page.evaluate("new Promise(requestAnimationFrame)")
    print(f"\nscrolled: {told(tab.noticed())}")
    expect(rows.last).to_have_attribute("aria-rowindex", str(ANALYSERS + 1))

    rows.last.get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"default/{LAST}")
    expect(page.get_by_role("dialog").get_by_text(f"and {ANALYSERS - 6} more")).to_be_visible()


def test_sorting_and_filtering_bring_any_row_to_the_top(tab: Tab) -> None:
    page = tab.open("/analysers")
    rows = page.get_by_role("table", name="Analysers").locator("tbody tr[aria-rowindex]")
    tab.forget()
    page.get_by_role("button", name="Name").click()
    expect(rows.first).to_contain_text(LAST)
    page.get_by_role("button", name="Standing").click()
    expect(rows.first).to_contain_text("ejected")
    page.get_by_role("button", name="Weight").click()
    expect(rows.first).to_contain_text("analyser-049")
    page.get_by_role("searchbox").press_sequentially("ejected")
    expect(rows).to_have_count(DEAD)
    expect(page.get_by_text(f"{DEAD} of {ANALYSERS} analysers")).to_be_visible()
    page.get_by_role("searchbox").fill(LAST)
    expect(rows).to_have_count(1)
    print(f"\nsorted and filtered: {told(tab.noticed())}")
    assert tab.complaints == []


def test_charts_and_lists_show_the_largest_and_sum_up_the_rest(tab: Tab) -> None:
    page = tab.open("/")
    tab.settled()
    expect(page.get_by_text(f"{ANALYSERS - 6} others")).to_be_visible()
    assert page.locator(".recharts-area").count() == 7
    expect(page.get_by_role("region", name="Shares").get_by_role("listitem")).to_have_count(10)
    expect(page.get_by_role("region", name="Shares")).to_contain_text(f"and {ANALYSERS - 10} analysers more")
    expect(page.get_by_text(f"{ANALYSERS - DEAD} of {ANALYSERS}")).to_be_visible()
    expect(page.get_by_role("region", name="What is wrong").get_by_role("listitem")).to_have_count(DEAD)


def told(noticed: Any) -> str:
    frames = sorted(noticed["frames"])
    slow = f"frames median {statistics.median(frames):.0f}, p99 {frames[int(0.99 * len(frames))]:.0f} ms"
    return f"{figures(noticed['tasks'])}, {slow}, longest {frames[-1]:.0f} ms"


def figures(tasks: list[float]) -> str:
    return f"{len(tasks)} long tasks" + (f", longest {max(tasks):.0f} ms" if tasks else "")
