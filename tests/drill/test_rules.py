"""What a game day decides and reports, apart from what it breaks."""

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from logdist_loadtest.bench.process import free_ports
from logdist_loadtest.demo.state import Ledger
from logdist_loadtest.drill import on_cluster
from logdist_loadtest.drill.catalogue import BY_NAME
from logdist_loadtest.drill.collector import collect
from logdist_loadtest.drill.outcome import Books, Outcome, keep_books, problems_of
from logdist_loadtest.drill.report import render_section, summary
from logdist_loadtest.drill.status import DealtTo, Queue, Status, are_shares_right

DOCS = Path(__file__).parents[2] / "docs" / "drills.md"
BOOK: dict[str, Any] = {
    "begun": 5,
    "acknowledged": 4,
    "givenUp": [3],
    "setbacks": {"503": 2},
    "longestGapMs": 70.0,
    "slowestMs": 90.0,
}


# ---- the books


def test_what_was_acknowledged_and_is_nowhere_is_lost() -> None:
    books = keep_books(BOOK, "run", Counter({"run-0": 1, "run-1": 3, "run-3": 1}))
    assert (books.acknowledged, books.lost, books.repeated, books.errors) == (4, 2, 2, 1)
    assert list(problems_of(books)) == [
        "2 packets were acknowledged, and are at no analyser",
        "1 packets were refused for good or given up",
    ]


def test_a_drill_in_which_nothing_was_sent_shows_nothing() -> None:
    assert list(problems_of(keep_books(BOOK | {"begun": 0, "givenUp": []}, "run", Counter())))


# ---- shares


def status(*dealt: int, standing: str = "admitted", requeued: int = 0, instance: str = "one") -> Status:
    analysers = [
        DealtTo(f"a{weight}", weight, standing, count, 0, 0, requeued)
        for weight, count in zip((1, 2, 3), dealt, strict=True)
    ]
    total = sum(dealt)
    return Status(instance, Ledger(total, 0, total, 0, 0, 0, 0, 0), Queue(0, 0), analysers)


def test_exact_shares_between_two_looks_are_right() -> None:
    assert are_shares_right(status(5, 0, 9), status(105, 200, 309))


@pytest.mark.parametrize(
    "after",
    [
        status(110, 195, 295),
        status(100, 200, 300, standing="probing"),
        status(100, 200, 300, requeued=1),
        status(100, 200, 300, instance="two"),
    ],
)
def test_others_are_not(after: Status) -> None:
    assert not are_shares_right(status(0, 0, 0), after)


def test_a_distributor_that_holds_something_is_not_settled() -> None:
    assert status(1, 2, 3).is_settled
    ledger = Ledger(accepted=7, restored=0, delivered=6, queued=1, in_flight=0, dead=0, repeats=0, requeued=0)
    assert not Status("one", ledger, Queue(0, 0), []).is_settled


# ---- the report


BOOKS = Books(1234, 0, 7, 0, {"503": 34, "connection": 2}, 70.0, 1300.0)
OUTCOMES = [
    Outcome("spool-full", ["analysers hang"], 10.5, 14.4, BOOKS),
    Outcome("clock-jumps", problems=["it was noticed"]),
    Outcome("disk-full", not_done="needs mounts"),
]


def test_the_report_is_a_dated_section_with_a_table_problems_and_what_was_not_done() -> None:
    section = render_section("2026-11-26 06:00 UTC, on one machine", "a machine", OUTCOMES)
    lines = section.splitlines()
    assert lines[0] == "## 2026-11-26 06:00 UTC, on one machine"
    assert lines[2] == "a machine"
    cells = [re.split(r" *\| *", line)[1:-1] for line in lines if line.startswith("| ")]
    assert cells[0][:4] == ["drill", "acknowledged", "errors", "sent again"]
    assert cells[2] == ["spool-full", "1,234", "0", "503 34, connection 2", "0.07", "1.30", "10.50", "14.40", "0", "7"]
    assert cells[3] == ["clock-jumps", *["-"] * 9]
    assert "- **PROBLEM** in clock-jumps: it was noticed" in lines
    assert "- disk-full was not done: needs mounts" in lines


def test_each_drill_says_what_was_noticed_lost_and_repeated() -> None:
    told = "\n".join(line for each in OUTCOMES for line in summary(each))
    for says in ("1,234 acknowledged, 0 errors", "lost 0, repeated 7", "PROBLEM: it was noticed", "NOT DONE: needs"):
        assert says in told


def test_every_drill_is_documented() -> None:
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", DOCS.read_text(), re.MULTILINE))
    assert documented == {*BY_NAME, *on_cluster.BY_NAME}


# ---- the collector


def test_the_collector_keeps_whole_lines_of_senders_that_die(tmp_path: Path) -> None:
    async def send() -> None:
        (port,) = free_ports(1)
        with (tmp_path / "ids").open("ab", buffering=0) as file:
            server = asyncio.create_task(collect(file, port))
            for text in (b"a-1\na-2\nhal", b"b-1\n"):
                writer = await connected(port)
                writer.write(text)
                writer.close()
                await writer.wait_closed()
            while len((tmp_path / "ids").read_bytes().splitlines()) < 3:  # noqa: ASYNC110  # a file tells nobody
                await asyncio.sleep(0.01)
            server.cancel()

    asyncio.run(asyncio.wait_for(send(), 60))
    assert sorted((tmp_path / "ids").read_text().split()) == ["a-1", "a-2", "b-1"]


async def connected(port: int) -> asyncio.StreamWriter:
    while True:
        try:
            return (await asyncio.open_connection("127.0.0.1", port))[1]
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
