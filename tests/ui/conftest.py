"""The built UI in headless Chromium, on a real demo: distributor, operator, analysers and a sender.

Without Chromium these tests are skipped: `apt-get install chromium`, or CHROMIUM=/path/to/it.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT: Final = Path(__file__).parents[2]
DIST: Final = ROOT / "frontend" / "dist"
LIMIT_S: Final = 90.0  # a shared machine is slow, and no promise is about time
LOOK_S: Final = 0.1
FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Stack:
    """A demo of its own, with its own ports and its own copy of the samples."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ingest, control, api, *own = free_ports(6)
        self.control, self.url = f"http://127.0.0.1:{control}", f"http://127.0.0.1:{api}"
        self.samples = folder / "samples"
        shutil.copytree(ROOT / "manifests" / "samples", self.samples)
        self.endpoints: dict[str, str] = {}
        for port, file in zip(own, sorted(self.samples.iterdir()), strict=True):
            self.endpoints[file.stem] = f"http://127.0.0.1:{port}"
            file.write_text(re.sub(r"http://127.0.0.1:800\d", self.endpoints[file.stem], file.read_text(), count=1))
        log = folder / "some.log"
        log.write_text("".join(f"2026-01-01T00:00:{n % 60:02}Z INFO line {n}\n" for n in range(5000)))
        command = [sys.executable, "-m", "logdist_loadtest.demo", log, "--analysers", self.samples, "--ui", DIST]
        command += ["--folder", folder / "demo", "--ingest-port", ingest, "--control-port", control, "--api-port", api]
        environ = {key: value for key, value in os.environ.items() if not key.startswith("LOGDIST_")}
        with (folder / "output").open("w") as output:
            self.process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output, env=environ)

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}/api/v1{path}", trust_env=False, timeout=LIMIT_S).json()

    def analyser(self, name: str) -> Any:
        return next(each for each in self.get("/state")["analysers"] if each["name"] == name)

    def until(self, holds: Callable[[], Any]) -> Any:
        """What it says once it is true of something. Fails when the demo ends, or after LIMIT_S."""
        deadline_s = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline_s and self.process.poll() is None:
            try:
                if found := holds():
                    return found
            except (httpx.HTTPError, ValueError, StopIteration):
                pass  # not up yet, or away for a moment
            time.sleep(LOOK_S)
        raise AssertionError((self.folder / "output").read_text()[-3000:])

    def operator(self) -> psutil.Process:
        family = psutil.Process(self.process.pid).children(recursive=True)
        return next(each for each in family if "logdist_operator" in each.cmdline())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            for each in psutil.Process(self.process.pid).children(recursive=True):
                each.kill()
            self.process.kill()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("ui"))
    try:
        stack.until(
            lambda: f"{stack.url}/\n" in (stack.folder / "output").read_text()
        )  # from now on it revives the dead
        stack.until(lambda: all(each["share"]["got"] for each in stack.get("/state")["analysers"]))
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser. Playwright's event loop runs in this thread meanwhile, so it ends before others want theirs."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or CHROMIUM=/path/to/it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Tab:
    """A page of the UI. Whatever the console complains of is kept: violations of the policy are among it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        self.live()
        return self.page

    def live(self) -> None:
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()


@pytest.fixture
def tab_of(stack: Stack) -> Callable[[Page], Tab]:
    return lambda page: Tab(page, stack.url)


@pytest.fixture
def tab(browser: Browser, stack: Stack) -> Iterator[Tab]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(1000 * LIMIT_S)
        yield Tab(context.new_page(), stack.url)


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=1000 * LIMIT_S)
