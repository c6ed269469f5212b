"""The operator: does it see changes, and do they arrive?"""

from board import JOB, OPERATOR, dashboard
from expressions import AT_OPERATORS, JOBS, SOME, cores, memory, of_distributors, of_operators, per_s
from panels import RED, YELLOW, Panel, lines, query, stat, steps

EACH = "{{instance}}"


def build() -> Panel:
    bucket = f"logdist_registry_propagation_seconds_bucket{{{SOME}}}"
    behind = f'sum (logdist_registry_pods{{{SOME}, state!="acked"}}) or vector(0)'
    return dashboard(
        "operator",
        "Operator",
        "From a change of an Analyser to every distributor",
        [JOB, OPERATOR],
        [
            stat("Generation", "Of the registry committed last", f"max ({of_operators(SOME)})"),
            stat("Distributors", "That it pushes to", f"sum (logdist_registry_pods{{{SOME}}})"),
            stat("Behind", "Distributors that do not hold the present registry", behind, thresholds=steps((1, YELLOW))),
            stat(
                "Looked",
                "Since it last listed the analysers; above 120 its API server is away",
                f"max (logdist_list_age_seconds{{{SOME}}})",
                unit="s",
                thresholds=steps((120, YELLOW), (150, RED)),
            ),
            stat(
                "Propagation, median",
                "From a change to a distributor's acknowledgement, since the operator's start",
                f"histogram_quantile(0.5, sum by (le) ({bucket}))",
                unit="s",
            ),
            stat(
                "Propagation, 99 of 100",
                "The same; 99 % are faster",
                f"histogram_quantile(0.99, sum by (le) ({bucket}))",
                unit="s",
                thresholds=steps((5, YELLOW), (60, RED)),
            ),
            lines(
                "Distributors by state",
                "acked: it holds the present registry. What else there is: pods[].reason in GET /api/v1/state",
                query(f"sum by (state) (logdist_registry_pods{{{SOME}}})", "{{state}}"),
                is_stacked=True,
            ),
            lines(
                "Pushes",
                "By result: ack, stale (409), refused (422), failed, unreachable",
                query(per_s("logdist_registry_push_total", SOME, "result"), "{{result}}"),
                unit="cps",
            ),
            lines(
                "Generation",
                "The operator's, and that of each distributor: lines that stay apart are a registry that was not taken",
                query(of_operators(SOME), "{{instance}} (operator)"),
                query(of_distributors(JOBS), EACH),
            ),
            lines(
                "Since the last listing",
                "A saw-tooth below 60 s: every minute at least it looks at all analysers",
                query(f"max by (instance) (logdist_list_age_seconds{{{SOME}}})", EACH),
                unit="s",
                limit=150,
            ),
            lines("CPU", "Cores in use", query(cores(SOME, AT_OPERATORS), EACH)),
            lines("Memory", "Resident", query(memory(SOME, AT_OPERATORS), EACH), unit="bytes"),
        ],
    )
