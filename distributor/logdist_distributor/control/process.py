"""What the process takes, under the names that every client library of Prometheus uses.

prometheus_client's own collector lists the open files one by one: with 10,000 connections that holds the event loop for
100 ms at every scrape.
"""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PROC: Final = Path("/proc/self")


class ProcessCollector(Collector):
    """Built where the process begins. Without /proc (it is Linux's) there is less to tell."""

    def __init__(self) -> None:
        self.started_s = time.time()

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily("process_cpu_seconds", "CPU time, user and system", value=time.process_time())
        yield GaugeMetricFamily("process_start_time_seconds", "Start, since the epoch", value=self.started_s)
        files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        yield GaugeMetricFamily("process_max_fds", "Files it may open, connections included", value=files_max)
        if PROC.exists():
            pages = int((PROC / "statm").read_text().split()[1])
            memory = pages * os.sysconf("SC_PAGE_SIZE")
            yield GaugeMetricFamily("process_resident_memory_bytes", "Memory, pages of the spool too", value=memory)
            if files := (PROC / "fd").stat().st_size:  # 0 before Linux 6.2
                yield GaugeMetricFamily("process_open_fds", "Open files, connections included", value=files)
