"""Each analyser: its share, its standing, what it costs the others, and what the sample analyser says of itself."""

from board import ANALYSER as WHICH
from board import JOB, NAMESPACE, dashboard
from expressions import ANALYSER, ONE, RATE, got, off, per_s, standing, wanted
from panels import Panel, lines, query, row, standings

BY = "namespace, analyser"
INFO = '* on (job, instance) group_left (app) logdist_analyser_info{app=~"$analyser"}'


def build() -> Panel:
    return dashboard(
        "analysers",
        "Analysers",
        "Who gets what, who is out, and who is slow",
        [JOB, NAMESPACE, WHICH],
        [
            lines(
                "Share got", "Of what was delivered in the last minute", query(got(ONE), ANALYSER), unit="percentunit"
            ),
            lines(
                "Share wanted", "By weight, whether admitted or not", query(wanted(ONE), ANALYSER), unit="percentunit"
            ),
            lines(
                "Share off by",
                "Difference from the share among the admitted, at the distributor where it is largest. Above 2 % for"
                " minutes: it is too slow for its share",
                query(off(ONE), ANALYSER),
                unit="percentunit",
                limit=0.02,
            ),
            standings(
                "Standing of endpoints",
                "The worst at any distributor",
                query(standing(ONE, f"{BY}, endpoint"), f"{ANALYSER} {{{{endpoint}}}}"),
            ),
            lines(
                "Delivered",
                "Packets it took",
                query(per_s("logdist_analyser_delivered_total", ONE, BY), ANALYSER),
                unit="pps",
                is_stacked=True,
            ),
            lines(
                "Waiting for it",
                "Packets dealt to it and not yet sent: it does not keep up while this grows",
                query(f"sum by ({BY}) (logdist_analyser_waiting{{{ONE}}})", ANALYSER),
            ),
            lines(
                "In flight",
                "Packets sent to it and not yet answered",
                query(f"sum by ({BY}) (logdist_analyser_in_flight{{{ONE}}})", ANALYSER),
            ),
            lines(
                "Taken back or refused",
                "Packets that went to others because it failed, and dead letters: packets it refused for good",
                query(per_s("logdist_analyser_requeued_total", ONE, BY), f"{ANALYSER} taken back"),
                query(per_s("logdist_analyser_dead_total", ONE, BY), f"{ANALYSER} dead"),
                unit="pps",
            ),
            row("Sample analysers, where Prometheus scrapes them", *_samples()),
        ],
    )


def _samples() -> list[Panel]:
    handling = f"rate(logdist_analyser_handling_seconds_bucket[{RATE}]) {INFO}"
    repeats = f"rate(logdist_analyser_repeats_total[{RATE}]) {INFO}"
    return [
        lines(
            "Analysed",
            "Packets, each id once",
            query(f"sum by (app) (rate(logdist_analyser_packets_total[{RATE}]) {INFO})", "{{app}}"),
            unit="pps",
            is_stacked=True,
        ),
        lines(
            "Messages by level",
            "Of all that are shown",
            query(f"sum by (level) (rate(logdist_analyser_messages_total[{RATE}]) {INFO})", "{{level}}"),
            unit="cps",
            is_stacked=True,
        ),
        lines(
            "Handling, 99 of 100",
            "From a request's body to its answer: 99 % are faster",
            query(f"histogram_quantile(0.99, sum by (app, le) ({handling}))", "{{app}}"),
            unit="s",
            no_value="no requests",
        ),
        lines(
            "Repeats and refusals",
            "Packets that came before, packets that were malformed, requests that a drill refused",
            query(f"sum by (app) ({repeats})", "{{app}} repeats"),
            query(f"sum by (app) (rate(logdist_analyser_rejected_total[{RATE}]) {INFO})", "{{app}} malformed"),
            query(f"sum by (app) (rate(logdist_analyser_drilled_total[{RATE}]) {INFO})", "{{app}} drilled"),
            unit="cps",
        ),
    ]
