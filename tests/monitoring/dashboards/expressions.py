"""Expressions that several dashboards show."""

from typing import Final

JOBS: Final = 'job=~"$job"'
ALL: Final = 'job=~"$job", namespace=~"$namespace"'
ONE: Final = f'{ALL}, analyser=~"$analyser"'
SOME: Final = 'job=~"$job", instance=~"$instance"'
RATE: Final = "$__rate_interval"
ADMITTED: Final = 'logdist_endpoint_standing{standing="admitted"} == 1'
ANALYSER: Final = "{{namespace}}/{{analyser}}"
# What several programs export, of one kind of them only.
AT_DISTRIBUTORS: Final = "and on (job, instance) logdist_packets_queued"
AT_OPERATORS: Final = "and on (job, instance) logdist_list_age_seconds"


def per_s(metric: str, labels: str, by: str = "") -> str:
    total = f"sum by ({by})" if by else "sum"
    return f"{total} (rate({metric}{{{labels}}}[{RATE}]))"


def got(labels: str) -> str:
    """Share of the last minute over all distributors, each counted by what it delivers. Nothing without traffic."""
    weighted = f"logdist_analyser_share_got_ratio{{{labels}}} * on (job, instance) group_left () {_delivered()}"
    return f"sum by (namespace, analyser) ({weighted}) / on () group_left () sum ({_delivered()})"


def off(labels: str) -> str:
    """By how much a share differs from the share wanted among the admitted, at the distributor where it is worst."""
    wanted = f"(logdist_analyser_share_wanted_ratio and on (job, instance, namespace, analyser) {ADMITTED})"
    due = f"{wanted} / on (job, instance) group_left () sum by (job, instance) {wanted}"
    here = f"logdist_analyser_share_got_ratio{{{labels}}} - on (job, instance, namespace, analyser) ({due})"
    busy = f"{_delivered()} > 0"
    return f"max by (namespace, analyser) (abs({here}) and on (job, instance) {busy})"


def wanted(labels: str) -> str:
    return f"avg by (namespace, analyser) (logdist_analyser_share_wanted_ratio{{{labels}}})"


def standing(labels: str, by: str) -> str:
    """2 admitted, 1 probing, 0 ejected; of several distributors the worst."""
    full = "job, instance, namespace, analyser, endpoint"
    admitted = f'logdist_endpoint_standing{{{labels}, standing="admitted"}}'
    probing = f'logdist_endpoint_standing{{{labels}, standing="probing"}}'
    return f"min by ({by}) (2 * {admitted} + on ({full}) {probing})"


def quantile(q: float, metric: str, labels: str, by: str = "") -> str:
    return f"histogram_quantile({q:g}, {per_s(metric + '_bucket', labels, f'le, {by}' if by else 'le')})"


def of_distributors(labels: str) -> str:
    """The registry's generation at distributors; the operator exports the same name."""
    return f"logdist_registry_generation{{{labels}}} {AT_DISTRIBUTORS}"


def of_operators(labels: str) -> str:
    return f"logdist_registry_generation{{{labels}}} {AT_OPERATORS}"


def cores(labels: str, at: str) -> str:
    return f"rate(process_cpu_seconds_total{{{labels}}}[{RATE}]) {at}"


def memory(labels: str, at: str) -> str:
    return f"process_resident_memory_bytes{{{labels}}} {at}"


def _delivered() -> str:
    return f"rate(logdist_delivered_total{{{JOBS}}}[{RATE}])"
