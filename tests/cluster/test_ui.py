"""The web UI as the chart installs it: nginx in a pod of its own, in a real browser."""

import base64
import sys
from pathlib import Path

import pytest
from cluster_release import CHART, PATIENCE, PROFILES, SAMPLES, Release
from cluster_site import inside, until

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))

from playwright.sync_api import expect
from ui_chromium import chromium
from ui_tab import Tab
from ui_writes import asking, give, weigh

LIMIT_MS = 60_000


@pytest.mark.timeout(600)
def test_a_weight_is_changed_in_a_browser_and_the_analysers_object_has_it(release: Release, no_crd: None) -> None:
    release.helm("install", "logdist", str(CHART), *PROFILES["demo"], "--set=image.pullPolicy=Never", *PATIENCE)
    release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never", *PATIENCE)
    release.until_served()
    token = base64.b64decode(release.tokens()[1]).decode()
    with inside(release.cluster), chromium() as browser, browser.new_context() as context:
        context.set_default_timeout(LIMIT_MS)
        expect.set_options(timeout=LIMIT_MS)
        tab = Tab(context.new_page(), f"http://{release.address('logdist-frontend')}")
        page = tab.open("/")
        page.get_by_role("link", name="errors", exact=True).click()
        weigh(page, 7)
        give(asking(page), token)
        expect(asking(page)).to_have_count(0)
        tab.open("/")
        expect(page.get_by_text("All is well")).to_be_visible()
        until("the object has the weight", lambda: weight_of(release, "errors") == 7)
        until("every pod has acknowledged it", lambda: is_acknowledged(release, "errors"))
        refused = [each for each in tab.complaints if "401" not in each]  # which made it ask for the token
        assert refused == []


def analyser(release: Release, name: str) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = release.cluster.get("-n", release.namespace, "analyser", name)
    return found


def weight_of(release: Release, name: str) -> object:
    return analyser(release, name)["spec"]["weight"]


def is_acknowledged(release: Release, name: str) -> bool:
    registry = analyser(release, name)["status"]["registry"]
    return registry["acked"] == registry["desired"] > 0
