"""Each distributor: what goes in and out, what waits, the disk, and the registry it works with."""

from board import DISTRIBUTOR, JOB, dashboard
from expressions import AT_DISTRIBUTORS, SOME, cores, memory, of_distributors, per_s, quantile
from panels import RED, YELLOW, Panel, lines, query, stat, steps, table

EACH = "{{instance}}"


def build() -> Panel:
    used = f"logdist_spool_bytes{{{SOME}}} / logdist_spool_limit_bytes{{{SOME}}}"
    failures = f"sum (increase(logdist_spool_commit_failures_total{{{SOME}}}[1h]))"
    return dashboard(
        "distributors",
        "Distributors",
        "Taking packets in, keeping them safe, and getting rid of them",
        [JOB, DISTRIBUTOR],
        [
            stat("Distributors", "That Prometheus reaches", f"count (logdist_packets_queued{{{SOME}}})"),
            stat("Connections", "Open connections of senders", f"sum (logdist_connections{{{SOME}}})"),
            stat("Accepted", "Packets accepted from senders", per_s("logdist_accepted_total", SOME), unit="pps"),
            stat(
                "Oldest packet",
                "Age of the oldest packet in memory",
                f"max (logdist_queue_oldest_age_seconds{{{SOME}}})",
                unit="s",
                thresholds=steps((10, YELLOW), (60, RED)),
            ),
            stat(
                "Fullest spool",
                "Senders get 503 when it is full",
                f"max ({used})",
                unit="percentunit",
                thresholds=steps((0.5, YELLOW), (0.7, RED)),
            ),
            stat("Disk failures, 1 h", "Commits the disk refused", failures, thresholds=steps((1, RED))),
            lines(
                "Accepted",
                "Packets accepted from senders",
                query(per_s("logdist_accepted_total", SOME, "instance"), EACH),
                unit="pps",
                is_stacked=True,
            ),
            lines(
                "Delivered",
                "Packets that analysers took",
                query(per_s("logdist_delivered_total", SOME, "instance"), EACH),
                unit="pps",
                is_stacked=True,
            ),
            lines(
                "Waiting and in flight",
                "Packets accepted and not settled",
                query(f"sum by (instance) (logdist_packets_queued{{{SOME}}})", f"{EACH} waiting"),
                query(f"sum by (instance) (logdist_packets_in_flight{{{SOME}}})", f"{EACH} in flight"),
            ),
            lines(
                "Not plain sailing",
                "Repeats of senders, which are not delivered again, and packets taken back from analysers that failed",
                query(per_s("logdist_repeats_total", SOME, "instance"), f"{EACH} repeats"),
                query(per_s("logdist_requeued_total", SOME, "instance"), f"{EACH} taken back"),
                unit="pps",
            ),
            lines(
                "Answer of analysers",
                "From sending a request to its outcome: half, and 99 %, are faster",
                query(quantile(0.5, "logdist_delivery_seconds", SOME), "median"),
                query(quantile(0.99, "logdist_delivery_seconds", SOME), "99 of 100"),
                unit="s",
                no_value="no requests",
            ),
            lines(
                "Packets in a request",
                "Full batches cost less: batch.maxPackets bounds them, and they grow while an analyser works",
                query(
                    f"{per_s('logdist_batch_packets_sum', SOME, 'instance')}"
                    f" / {per_s('logdist_batch_packets_count', SOME, 'instance')}",
                    f"{EACH} average",
                ),
                no_value="no requests",
            ),
            lines(
                "Spool used",
                "Payload on disk: the backlog beyond memory, what was not delivered within 5 ms, and dead letters",
                query(f"max by (instance) ({used})", EACH),
                unit="percentunit",
                limit=0.7,
            ),
            lines(
                "Commits",
                "Groups written to disk; healthy analysers leave it almost nothing to do",
                query(per_s("logdist_spool_commit_seconds_count", SOME, "instance"), EACH),
                query(per_s("logdist_spool_commit_failures_total", SOME, "instance"), f"{EACH} failed"),
                unit="cps",
            ),
            lines(
                "Time of a commit",
                "With its fsync: half, and 99 %, are faster. Senders wait for it while analysers are slow",
                query(quantile(0.5, "logdist_spool_commit_seconds", SOME), "median"),
                query(quantile(0.99, "logdist_spool_commit_seconds", SOME), "99 of 100"),
                unit="s",
                no_value="no commits",
            ),
            lines(
                "Payload in memory",
                "Bounded by --memory-bytes; beyond it packets wait on disk only",
                query(f"sum by (instance) (logdist_queue_memory_bytes{{{SOME}}})", EACH),
                unit="bytes",
            ),
            lines(
                "Refused",
                "Requests of senders, by the reason in the answer. What senders do not send again is lost",
                query(per_s("logdist_refused_total", SOME, "reason"), "{{reason}}"),
                unit="cps",
            ),
            lines("CPU", "Cores in use; one is all that a distributor can", query(cores(SOME, AT_DISTRIBUTORS), EACH)),
            lines(
                "Memory",
                "Resident; the kernel may take back what is pages of the spool",
                query(memory(SOME, AT_DISTRIBUTORS), EACH),
                unit="bytes",
            ),
            lines(
                "Open files",
                "Of those it may have open: its connections, mostly",
                query(f"process_open_fds{{{SOME}}} / process_max_fds{{{SOME}}} {AT_DISTRIBUTORS}", EACH),
                unit="percentunit",
                limit=0.8,
                no_value="needs Linux 6.2",
            ),
            lines(
                "Versions",
                "Distributors of each version: more than one while they are upgraded",
                query(f"count by (version) (logdist_build_info{{{SOME}}} {AT_DISTRIBUTORS})", "{{version}}"),
                is_stacked=True,
                width=24,
            ),
            table(
                "Distributors",
                "Now",
                ["instance"],
                {
                    "Registry": (f"max by (instance) ({of_distributors(SOME)})", "short"),
                    "Taken": (f"max by (instance) (logdist_registry_age_seconds{{{SOME}}})", "s"),
                    "Refused registries": (f"max by (instance) (logdist_registry_rejections_total{{{SOME}}})", "short"),
                    "Waiting, bytes": (f"max by (instance) (logdist_queue_bytes{{{SOME}}})", "bytes"),
                    "On disk, packets": (f"max by (instance) (logdist_spool_packets{{{SOME}}})", "short"),
                    "Dead letters": (f"max by (instance) (logdist_spool_dead_letters{{{SOME}}})", "short"),
                    "Restored at start": (f"max by (instance) (logdist_restored_total{{{SOME}}})", "short"),
                    "Ledger off by": (f"max by (instance) (logdist_ledger_imbalance{{{SOME}}})", "short"),
                },
            ),
        ],
    )
