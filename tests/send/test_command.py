"""The command itself, as a process: what it sends, what it says, how it ends."""

import asyncio
import gzip
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

Serving = Callable[..., Any]
Act = Callable[[asyncio.subprocess.Process, Any], Awaitable[None]]

REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno"


async def _nothing(_process: asyncio.subprocess.Process, _script: Any) -> None:
    pass


def command(
    serving: Serving, *arguments: str, answers: tuple[bytes, ...] = (), hangs: bool = False, act: Act = _nothing
) -> tuple[int, str, str, list[dict[str, Any]]]:
    """Run logdist-send against a scripted server: exit code, standard output and error, and the packets received."""

    async def run() -> tuple[int, str, str, list[dict[str, Any]]]:
        async with serving(*answers) as script:
            script.is_hanging = hangs
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "logdist_loadtest.send", "--url", script.url, *arguments,
                stdin=pipe, stdout=pipe, stderr=pipe,
            )  # fmt: skip
            await act(process, script)
            assert process.stdin is not None
            process.stdin.close()
            out, err = await process.communicate()
            script.release.set()
            assert process.returncode is not None
            return process.returncode, out.decode(), err.decode(), script.bodies

    return asyncio.run(run())


def lines_of(bodies: list[dict[str, Any]]) -> list[str]:
    return [message["message"] for body in bodies for message in body["messages"]]


def test_files_plain_and_gzip_arrive_line_by_line(serving: Serving, tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.log", tmp_path / "b.log.gz"
    plain.write_bytes(b"one ERROR\r\ntwo\xff\n\nfour")
    packed.write_bytes(gzip.compress(b"five\nsix\n"))
    code, out, err, bodies = command(serving, str(plain), str(packed), "--packet-lines", "3", "--connections", "1")
    assert (code, err) == (0, "")
    assert lines_of(bodies) == ["one ERROR", "two\N{REPLACEMENT CHARACTER}", "", "four", "five", "six"]
    assert [len(body["messages"]) for body in bodies] == [3, 3]
    assert bodies[0]["messages"][0]["level"] == "ERROR"
    assert "packets   2 accepted" in out
    assert "messages  6" in out
    assert "latency   p50" in out


def test_lines_from_a_pipe_do_not_wait_for_a_full_packet(serving: Serving) -> None:
    async def write_a_line_and_wait(process: asyncio.subprocess.Process, script: Any) -> None:
        assert process.stdin is not None
        process.stdin.write(b"first\n")
        assert lines_of([await script.arrivals.get()]) == ["first"]
        process.stdin.write(b"second\nthird")

    code, _, _, bodies = command(serving, "--connections", "1", act=write_a_line_and_wait)
    assert code == 0
    assert lines_of(bodies) == ["first", "second", "third"]


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_the_summary(serving: Serving, tmp_path: Path, stop: signal.Signals, code: int) -> None:
    async def interrupt(process: asyncio.subprocess.Process, script: Any) -> None:
        await script.arrivals.get()
        process.send_signal(stop)

    log = tmp_path / "a.log"
    log.write_bytes(b"line\n" * 100_000)
    ended, out, err, _ = command(serving, str(log), "--connections", "1", hangs=True, act=interrupt)
    assert (ended, err) == (code, "")
    assert "packets   0 accepted" in out
    assert "unknown   1 packets" in out


def test_a_loop_goes_on_until_stopped_and_never_repeats_an_id(serving: Serving, tmp_path: Path) -> None:
    async def wait_for_a_second_pass(process: asyncio.subprocess.Process, script: Any) -> None:
        for _ in range(5):
            await script.arrivals.get()
        process.send_signal(signal.SIGINT)

    log = tmp_path / "a.log"
    log.write_bytes(b"one\ntwo\n")
    code, _, _, bodies = command(
        serving, str(log), "--loop", "--packet-lines", "1", "--connections", "1", "--rate", "100",
        act=wait_for_a_second_pass,
    )  # fmt: skip
    assert code == 130
    assert lines_of(bodies)[:5] == ["one", "two", "one", "two", "one"]
    assert len({body["id"] for body in bodies}) == len(bodies)


def test_a_refusal_makes_exit_code_1(serving: Serving, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"line\n")
    code, out, err, _ = command(serving, str(log), answers=(REFUSED,))
    assert code == 1
    assert "refused   1" in out
    assert "400 no" in err


def test_a_damaged_gzip_file_is_reported_and_what_was_read_is_sent(serving: Serving, tmp_path: Path) -> None:
    log = tmp_path / "a.log.gz"
    log.write_bytes(gzip.compress(b"line\n")[:-6])
    code, _, err, bodies = command(serving, str(log))
    assert code == 1
    assert str(log) in err
    assert lines_of(bodies) == ["line"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("/no/such.log",), "/no/such.log: No such file"),
        (("/",), "is a directory"),
        (("--loop",), "--loop needs files"),
        (("-", "-"), "only once"),
        (("--rate", "0"), "--rate"),
        (("--packet-lines", "x"), "--packet-lines"),
    ],
)
def test_a_bad_argument_is_one_line_and_exit_2(serving: Serving, arguments: tuple[str, ...], words: str) -> None:
    code, _, err, bodies = command(serving, *arguments)
    assert (code, bodies) == (2, [])
    assert err.count("\n") == 1
    assert words in err
