"""A page of the UI in the browser, and what the browser noticed of it."""

from typing import Any, Final

from playwright.sync_api import Page, expect

PAGES: Final = {
    "overview": "/",
    "analysers": "/analysers",
    "analyser": "/analysers/default/errors",
    "send": "/send",
    "ledger": "/ledger",
    "registry": "/registry",
}
# Runs before the page: what moved without being asked to, and what kept the page from answering.
WATCH: Final = """
window.noticed = { shifts: [], tasks: [], frames: [] };
const name = (node) => node?.outerHTML?.slice(0, 120) ?? String(node?.parentElement?.outerHTML).slice(0, 120);
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries())
    if (!hadRecentInput) noticed.shifts.push({ value, nodes: sources.map(({ node, previousRect: a, currentRect: b }) =>
      `${name(node)} from ${a.x},${a.y} ${a.width}x${a.height} to ${b.x},${b.y} ${b.width}x${b.height}`) });
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => noticed.tasks.push(...list.getEntries().map((task) => task.duration)))
  .observe({ type: "longtask", buffered: true });
let last = performance.now();
requestAnimationFrame(function next(now) {
  noticed.frames.push(now - last);
  last = now;
  requestAnimationFrame(next);
});
const states = new EventSource("/api/v1/events"); // as many come as to the page itself
window.forget = () => Object.assign(noticed, { shifts: [], tasks: [], frames: [] });
window.until = (count) => new Promise((done) => states.addEventListener("state", () => --count === 0 && done()));
"""


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

    def settled(self) -> None:
        """Nothing is loading any more."""
        expect(self.page.locator(".animate-pulse, [aria-label=Loading]")).to_have_count(0)

    def watch(self) -> None:
        """Have the browser take notes. Before a page is opened."""
        self.page.add_init_script(WATCH)

    def forget(self) -> None:
        """What was noticed until now."""
        self.page.evaluate("forget()")

    def states(self, count: int) -> None:
        """Wait until so many more have come."""
        self.page.evaluate("(count) => until(count)", count)

    def noticed(self) -> Any:
        return self.page.evaluate("noticed")
