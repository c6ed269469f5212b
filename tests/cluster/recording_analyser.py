"""Runs in pods: the sample analyser, which also writes down the id of each packet it takes where that outlives the pod.

A real analyser keeps what it has analysed; the sample forgets with its process, and a drill ends processes.
"""

import os
from typing import Final

from logdist_analyser.__main__ import main
from logdist_analyser.window import ReceivedWindow

FILE: Final = os.open(f"/records/{os.environ['HOSTNAME']}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


class RecordedWindow(ReceivedWindow):
    def note(self, packet_id: str) -> bool:
        os.write(FILE, f"{packet_id}\n".encode())
        return super().note(packet_id)


if __name__ == "__main__":
    import logdist_analyser.analyser

    logdist_analyser.analyser.ReceivedWindow = RecordedWindow  # type: ignore[misc]
    main()
