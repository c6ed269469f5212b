"""The analyser of loopback_analyser.py as a process of its own, which can be stopped and killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop
from loopback_analyser import Server
from loopback_wait import HeldPort, until


class AnalyserProcess:
    """Its record is a file, written before each answer, so that a kill loses nothing of it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.port = HeldPort()
        self.url = f"http://127.0.0.1:{self.port.number}"
        self.record = folder / f"{name}.received"
        self.record.touch()
        self.up()

    def up(self) -> None:
        command = [sys.executable, __file__, str(self.port.number), str(self.record)]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.child.stdout is not None
        assert self.child.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        self.child.kill()
        self.child.communicate()

    def freeze(self) -> None:
        self.child.send_signal(signal.SIGSTOP)
        until("the process stands still", lambda: f"{self.child.pid}) T" in self._stat() or ") T " in self._stat())

    def thaw(self) -> None:
        self.child.send_signal(signal.SIGCONT)

    @property
    def received(self) -> Counter[str]:
        return Counter(self.record.read_text().splitlines())

    def close(self) -> None:
        if self.child.poll() is None:
            self.thaw()
            self.kill()
        self.port.close()

    def _stat(self) -> str:
        return Path(f"/proc/{self.child.pid}/stat").read_text()


async def _main(port: int, file: Path) -> None:
    record = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    server = Server(lambda ids: void(os.write(record, "".join(f"{packet_id}\n" for packet_id in ids).encode())))
    await server.listen(port)
    print("ready", flush=True)
    await asyncio.Event().wait()


def void(_: Any) -> None:
    return None


def run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


if __name__ == "__main__":
    run(_main(int(sys.argv[1]), Path(sys.argv[2])))
