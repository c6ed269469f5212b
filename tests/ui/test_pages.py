"""Every page, in both themes and at all widths: nothing that a screen reader, a keyboard or the policy would trip over.

SHOTS=docs/images .venv/bin/pytest tests/ui/test_pages.py   also renews the pictures of the documentation.
"""

import gzip
import os
import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page
from ui_tab import PAGES, Tab

from logdist_operator.api.ui import POLICY

ROOT: Final = Path(__file__).parents[2]
DIST: Final = ROOT / "frontend" / "dist"
AXE: Final = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
BUNDLE_BYTES_MAX: Final = 300_000
AXE_WIDTHS: Final = (360, 1280)
WIDTHS: Final = {360: 780, 768: 1024, 1280: 900, 1920: 1080}


def test_all_of_it_is_below_300_kb_packed() -> None:
    files = [path for path in DIST.rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) < BUNDLE_BYTES_MAX


def test_the_image_has_the_operators_policy() -> None:
    assert f'add_header Content-Security-Policy "{POLICY}" always;' in (ROOT / "frontend" / "nginx.conf").read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_and_breaks_no_policy(browser: Browser, tab_of: Any, theme: Any) -> None:
    shots = os.environ.get("SHOTS")
    for width, height in WIDTHS.items():
        with browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme) as context:
            tab = tab_of(context.new_page())
            for name, path in PAGES.items():
                page = tab.open(path)
                tab.settled()
                if width in AXE_WIDTHS:
                    assert faults(page) == [], (name, width)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
                if shots and width == 1280 and (theme == "light" or name == "overview"):
                    picture(tab, ROOT / shots / f"ui-{name}-{theme}.png")
            assert tab.complaints == []


def test_the_page_can_be_walked_by_keyboard(tab: Any) -> None:
    page = tab.open("/analysers")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "To the content"
    page.get_by_role("link", name=re.compile("^errors")).focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert page.url.endswith("/analysers")


def picture(tab: Tab, path: Path) -> None:
    """Of the last minute: this demo is not much older."""
    for each in tab.page.get_by_role("radio", name="1 min").all():
        each.click()
        tab.settled()
    tab.page.screenshot(path=path)


def faults(page: Page) -> list[str]:
    """What axe finds, one line each."""
    page.evaluate(AXE.read_text())  # not a script of the page: the policy would refuse that
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
