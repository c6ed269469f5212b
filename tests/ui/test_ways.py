"""What people do with the UI, from the click to what the real parts make of it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import expect

POISON: Final = "what no analyser can read"


class FussyAnalyser:
    """An analyser that refuses packets with POISON for good, as long as it is fussy."""

    def __init__(self) -> None:
        self.is_fussy = True
        self.taken: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer(200, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
                packets = [json.loads(line) for line in body]
                bad = [packet["id"] for packet in packets if outer.is_fussy and POISON in json.dumps(packet)]
                outer.taken |= {packet["id"] for packet in packets} - set(bad)
                rejected = [{"id": each, "error": "cannot read this"} for each in bad]
                self.answer(207 if bad else 200, {"rejected": rejected})

            def answer(self, status: int, body: Any) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def fussy() -> Iterator[FussyAnalyser]:
    analyser = FussyAnalyser()
    yield analyser
    analyser.server.shutdown()


def test_a_changed_weight_reaches_the_analysers(tab: Any, stack: Any) -> None:
    page = tab.open("/analysers/default/errors")
    page.get_by_role("textbox", name="Weight").fill("5")
    row = page.get_by_role("table", name="Shares before and after").get_by_role("row", name="errors")
    expect(row).to_contain_text("50.0 %")  # 5 of 5 + 2 + 3, before it is applied
    page.get_by_role("button", name="Apply").click()
    stack.until(lambda: stack.analyser("errors")["share"]["wanted"] == 50)
    expect(page.get_by_role("dialog").get_by_text("1 of 1")).to_be_visible()
    stack.until(lambda: (stack.analyser("errors")["share"]["got"] or 0) > 20)  # of the last minute: it had 16.7
    assert "weight: 5" in (stack.samples / "errors.yaml").read_text()

    page.goto(f"{stack.url}/registry")
    expect(page.get_by_text("1 changed").first).to_be_visible()
    page.goto(f"{stack.url}/analysers/default/errors")
    page.get_by_role("textbox", name="Weight").fill("1")
    page.get_by_role("button", name="Apply").click()
    stack.until(lambda: stack.analyser("errors")["weight"] == 1)
    assert tab.complaints == []


def test_a_failed_analyser_shows_in_words_and_in_its_history_until_it_is_back(tab: Any, stack: Any) -> None:
    page = tab.open("/analysers/default/audit")
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_text("fails.")).to_be_visible()
    expect(page.get_by_label("Standing: ejected")).to_be_visible()
    expect(page.get_by_role("region", name="Last errors")).to_contain_text("503")
    page.goto(stack.url)
    expect(page.get_by_role("region", name="What is wrong")).to_contain_text("audit")

    page.goto(f"{stack.url}/analysers/default/audit")
    page.get_by_role("button", name="Begin again").click()
    expect(page.get_by_text("does its work.")).to_be_visible()
    stack.until(lambda: stack.analyser("audit")["standing"] == "admitted")
    expect(page.get_by_role("dialog").get_by_text("admitted", exact=True).first).to_be_visible()
    stack.until(lambda: not stack.get("/problems")["problems"])
    page.goto(stack.url)
    expect(page.get_by_text("All is well")).to_be_visible()
    assert tab.complaints == []


def test_a_log_file_is_sent_and_one_is_told_where_its_packets_went(tab: Any, stack: Any) -> None:
    page = tab.open("/send")
    page.get_by_role("tab", name="Log file").click()
    lines = "".join(f"2026-01-01 00:00:00 ERROR line {n}\n" for n in range(45))
    page.get_by_label("Log file").last.set_input_files(
        {"name": "app.log", "mimeType": "text/plain", "buffer": lines.encode()}
    )
    page.get_by_role("button", name="Send 5 packets").click()
    expect(page.get_by_text("5 of 5 answered")).to_be_visible()
    answers = page.get_by_role("region", name="Answers")
    expect(answers.get_by_role("link")).to_have_count(5)
    name = answers.get_by_role("listitem").first.inner_text().split("\n")[0]
    place = stack.get(f"/packets?id={name}")["found"][0]
    assert place["place"] == "delivered"
    received = httpx.get(f"{place['endpoint']}/internal/received", trust_env=False).text
    assert f"{name}\t1\n" in received
    assert tab.complaints == []


def test_an_analyser_is_added_its_dead_letter_read_and_replayed_and_it_is_deleted(
    tab: Any, stack: Any, fussy: FussyAnalyser
) -> None:
    page = tab.open("/analysers")
    page.get_by_role("button", name="Add").click()
    form = page.get_by_role("dialog", name="Add an analyser")
    form.get_by_label("Name").fill("fussy")
    form.get_by_label("Endpoint").fill(fussy.url)
    form.get_by_label("Weight").fill("1000")  # nearly everything
    form.get_by_role("button", name="Add").click()
    stack.until(lambda: stack.analyser("fussy")["standing"] == "admitted")

    page.goto(f"{stack.url}/send")
    page.get_by_label("Text of message 1").fill(POISON)
    page.get_by_role("radio", name="A count").click()
    page.get_by_label("Packets in all").fill("5")
    page.get_by_role("button", name="Send 5 packets").click()
    expect(page.get_by_text("5 of 5 answered")).to_be_visible()
    answers = page.get_by_role("region", name="Answers")
    expect(answers.get_by_role("link")).to_have_count(5)  # each is somewhere for good
    expect(answers.get_by_text("refused by").first).to_be_visible()

    page.goto(f"{stack.url}/ledger")
    page.get_by_role("button", name="Open ui-").first.click()
    letter = page.get_by_role("dialog")
    expect(letter).to_contain_text("cannot read this")
    expect(letter.get_by_label("Packet")).to_contain_text(POISON)
    name = letter.get_by_role("heading").inner_text()
    fussy.is_fussy = False
    letter.get_by_role("button", name="Replay").click()
    expect(letter).to_have_count(0)
    stack.until(lambda: name in fussy.taken)
    expect(page.get_by_role("button", name=f"Open {name}")).to_have_count(0)
    for _ in range(stack.get("/dead-letters")["total"]):
        page.get_by_role("button", name="Open ui-").first.click()
        name = letter.get_by_role("heading").inner_text()
        letter.get_by_role("button", name="Delete").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        expect(letter).to_have_count(0)  # while it is open, all below is hidden
        expect(page.get_by_role("alertdialog")).to_have_count(0)
        expect(page.get_by_role("button", name=f"Open {name}")).to_have_count(0)
    expect(page.get_by_text("No dead letters")).to_be_visible()

    page.goto(f"{stack.url}/analysers")
    page.get_by_role("button", name="Actions for fussy").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    stack.until(lambda: not (stack.samples / "default-fussy.yaml").exists())
    expect(page.get_by_role("link", name="fussy")).to_have_count(0)
    assert tab.complaints == []


def test_a_restart_of_the_operator_shows_as_stale_and_then_live_again(tab: Any, stack: Any) -> None:
    page = tab.open("/")
    stack.operator().kill()
    expect(page.get_by_text("Stale since")).to_be_visible()
    expect(page.get_by_role("region", name="Ledger")).to_contain_text("accepted")  # what was known stays
    tab.live()
