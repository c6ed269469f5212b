"""Is all well? One look at the whole."""

from board import JOB, NAMESPACE, dashboard
from expressions import ADMITTED, ALL, ANALYSER, JOBS, got, of_distributors, off, per_s, standing, wanted
from panels import RED, YELLOW, Panel, lines, query, standings, stat, steps, table


def build() -> Panel:
    firing = 'count (ALERTS{alertname=~"Logdist.+", alertstate="firing"}) or vector(0)'
    out = f"logdist_analyser_share_wanted_ratio{{{ALL}}} > 0 unless on (job, instance, namespace, analyser) {ADMITTED}"
    ejected = f"count (count by (namespace, analyser) ({out})) or vector(0)"
    generation = of_distributors(JOBS)
    bad = steps((1, RED))
    return dashboard(
        "overview",
        "Overview",
        "Everything green in the first two rows: all is well",
        [JOB, NAMESPACE],
        [
            stat("Alerts", "Alerts of the Log Distributor that fire", firing, thresholds=bad),
            stat("Accepted", "Packets accepted from senders", per_s("logdist_accepted_total", JOBS), unit="pps"),
            stat("Delivered", "Packets that analysers took", per_s("logdist_delivered_total", JOBS), unit="pps"),
            stat("Analysers out", "Analysers that some distributor has not admitted", ejected, thresholds=bad),
            stat(
                "Share off by",
                "Largest difference, now, between a share and what it ought to be",
                f"max ({off(ALL)})",
                unit="percentunit",
                thresholds=steps((0.02, YELLOW), (0.1, RED)),
                no_value="no traffic",
            ),
            stat(
                "Registry spread",
                "Generations between the newest and the oldest registry in use; 0: all distributors have the same",
                f"max ({generation}) - min ({generation})",
                thresholds=steps((1, YELLOW)),
            ),
            stat("Waiting", "Packets accepted and not yet sent", f"sum (logdist_packets_queued{{{JOBS}}})"),
            stat(
                "Oldest packet",
                "Age of the oldest packet that waits in a distributor's memory",
                f"max (logdist_queue_oldest_age_seconds{{{JOBS}}})",
                unit="s",
                thresholds=steps((10, YELLOW), (60, RED)),
            ),
            stat(
                "Fullest spool",
                "Senders get 503 when it is full",
                f"max (logdist_spool_bytes{{{JOBS}}} / logdist_spool_limit_bytes{{{JOBS}}})",
                unit="percentunit",
                thresholds=steps((0.5, YELLOW), (0.7, RED)),
            ),
            stat(
                "Dead letters",
                "Packets refused for good, waiting for somebody to replay or delete them",
                f"sum (logdist_spool_dead_letters{{{JOBS}}})",
                thresholds=steps((1, YELLOW)),
            ),
            stat(
                "Ledger",
                "Accepted + restored - delivered - dead - queued - in flight. Anything but 0 is a defect",
                f"sum (abs(logdist_ledger_imbalance{{{JOBS}}}))",
                thresholds=bad,
            ),
            stat(
                "Operator looked",
                "Since the operator last listed the analysers; above 120 it does not see changes",
                f"max (logdist_list_age_seconds{{{JOBS}}})",
                unit="s",
                thresholds=steps((120, YELLOW), (150, RED)),
            ),
            lines(
                "Delivered",
                "Packets each analyser took",
                query(per_s("logdist_analyser_delivered_total", ALL, "namespace, analyser"), ANALYSER),
                unit="pps",
                is_stacked=True,
            ),
            lines("Share", "Of what was delivered in the last minute", query(got(ALL), ANALYSER), unit="percentunit"),
            standings(
                "Standing",
                "The worst standing at any distributor, of each analyser's best endpoint there",
                query(f"{best(ALL)}", ANALYSER),
            ),
            lines(
                "On its way",
                "Packets accepted and not yet settled. Waiting that grows: analysers are slower than senders",
                query(f"sum (logdist_packets_queued{{{JOBS}}})", "waiting"),
                query(f"sum (logdist_packets_in_flight{{{JOBS}}})", "in flight"),
                is_stacked=True,
            ),
            table(
                "Analysers",
                "What each ought to get and gets, now",
                ["namespace", "analyser"],
                {
                    "Standing": (best(ALL), "standing"),
                    "Wanted": (wanted(ALL), "percentunit"),
                    "Got": (got(ALL), "percentunit"),
                    "Delivered": (per_s("logdist_analyser_delivered_total", ALL, "namespace, analyser"), "pps"),
                    "In flight": (f"sum by (namespace, analyser) (logdist_analyser_in_flight{{{ALL}}})", "short"),
                    "Waiting": (f"sum by (namespace, analyser) (logdist_analyser_waiting{{{ALL}}})", "short"),
                    "Dead letters": (f"sum by (namespace, analyser) (logdist_analyser_dead_total{{{ALL}}})", "short"),
                },
            ),
        ],
    )


def best(labels: str) -> str:
    """Of an analyser at one distributor its best endpoint counts, as the deal sees it; of distributors the worst."""
    full = "job, instance, namespace, analyser"
    return f"min by (namespace, analyser) (max by ({full}) ({standing(labels, full + ', endpoint')}))"
