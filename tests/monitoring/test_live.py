"""A real Prometheus scrapes the real stack: no panel is empty, nothing fires while all is well, what breaks is told.

The tests run in this order, on one stack: first all is well, then one thing after the other is broken, and the last
ones kill for good. LogdistLedgerOff, LogdistEndpointEjected and LogdistListOld cannot be brought about here within a
minute; promtool proves them, like all the others, in test_rules.py.
"""

import resource
import urllib.error
from typing import Any

import loopback_analyser as scripts
import pytest
from loopback_distributor import Distributor, entry
from loopback_wait import until
from monitoring_files import METRIC, alerts, queries, variables
from monitoring_prometheus import Prometheus
from monitoring_stack import NAMES, Stack, packet

PARTS = 2 + 1 + len(NAMES)


@pytest.fixture(scope="module", autouse=True)
def _settled(stack: Stack, prometheus: Prometheus) -> None:
    """Everything is scraped, and there was traffic for a while."""
    until("all are up", lambda: prometheus.query(f"sum(up) == {PARTS}"), limit_s=60)
    until("packets flow", lambda: prometheus.query("min(rate(logdist_delivered_total[10s])) > 5"), limit_s=60)
    until("there is a past", lambda: prometheus.query("min(count_over_time(up[20s])) > 14"), limit_s=60)


def test_no_alert_fires_while_all_is_well(stack: Stack, prometheus: Prometheus) -> None:
    until("shares have settled", lambda: "LogdistShareOff" not in prometheus.firing(), limit_s=90)
    for alert in alerts():
        assert not prometheus.query(alert["expr"]), alert["alert"]
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            assert (rule["health"], rule["state"]) == ("ok", "inactive"), rule


def test_every_metric_that_an_alert_reads_is_there(stack: Stack, prometheus: Prometheus) -> None:
    for alert in alerts():
        for name in METRIC.findall(alert["expr"]):
            assert prometheus.query(name), (alert["alert"], name)


def test_no_panel_is_empty(stack: Stack, prometheus: Prometheus) -> None:
    stack.drill("slow?ms=50")  # so that something is written to disk
    stack.apply("errors", stack.analysers["errors"], weight=4)  # and something is pushed
    until("there were commits", lambda: prometheus.query("min(rate(logdist_spool_commit_seconds_count[5s])) > 0"))
    until("there was a push", lambda: prometheus.query("logdist_registry_propagation_seconds_count > 0"))
    stack.drill("begin")
    empty = prometheus.without_data(queries())
    assert not empty, "\n".join(map(str, empty))


def test_every_variable_has_values(stack: Stack, prometheus: Prometheus) -> None:
    for selector, label in variables():
        found = prometheus.get(f"label/{label}/values", **{"match[]": selector})
        assert found, (selector, label)


def test_an_ejected_analyser_is_told_and_so_is_one_that_comes_and_goes(stack: Stack, prometheus: Prometheus) -> None:
    for _ in range(3):
        stack.drill("fail", "errors")
        prometheus.until_fires("LogdistAnalyserEjected", analyser="errors", namespace="default")
        assert prometheus.firing().keys() <= {"LogdistAnalyserEjected", "LogdistAnalyserFlapping", "LogdistShareOff"}
        stack.drill("begin")
        until("it is back", lambda: "LogdistAnalyserEjected" not in prometheus.firing())
    prometheus.until_fires("LogdistAnalyserFlapping", analyser="errors")


def test_a_share_that_is_off_is_told(stack: Stack, prometheus: Prometheus) -> None:
    stack.apply("traffic", stack.analysers["traffic"], weight=6, maxInFlight=1, batch={"maxPackets": 2})
    stack.drill("slow?ms=900", "traffic")
    prometheus.until_fires("LogdistShareOff", analyser="traffic")
    stack.drill("begin")
    stack.apply("traffic", stack.analysers["traffic"], weight=3)


def test_refused_packets_are_told(stack: Stack, prometheus: Prometheus) -> None:
    picky = stack.stub("picky")
    picky.obey(scripts.status(422))
    stack.apply("picky", picky.url, weight=1)
    prometheus.until_fires("LogdistAnalyserRefuses", analyser="picky")
    prometheus.until_fires("LogdistDeadLetters")
    stack.apply("picky", picky.url, weight=0)


def test_repeats_are_told(stack: Stack, prometheus: Prometheus) -> None:
    senders = f"http://127.0.0.1:{stack.distributors[0].port}/v1/packets"
    again = b"[" + b",".join([packet("again")] * 200) + b"]"

    def repeat() -> Any:
        stack.post(senders, again)
        stack.post(f"{stack.analysers['audit']}/v1/packets", b"\n".join([packet("again")] * 200))
        return {"LogdistSenderRepeats", "LogdistAnalyserRepeats"} <= prometheus.firing().keys()

    until("both are told", repeat, limit_s=60)


def test_refused_senders_are_told(stack: Stack, prometheus: Prometheus) -> None:
    for _ in range(100):
        with pytest.raises(urllib.error.HTTPError):
            stack.post(f"http://127.0.0.1:{stack.distributors[0].port}/v1/packets", b"{}")
    prometheus.until_fires("LogdistSendersRefused", reason="InvalidPacket")


def test_a_disk_that_fails_is_told(stack: Stack, prometheus: Prometheus) -> None:
    stack.drill("slow?ms=50")
    _limit_writes(stack.distributors[1], 0)
    prometheus.until_fires("LogdistDiskFails")
    _limit_writes(stack.distributors[1], resource.RLIM_INFINITY)
    stack.drill("begin")


def test_a_backlog_is_told_first_as_that_then_as_a_spool_that_fills(stack: Stack, prometheus: Prometheus) -> None:
    stack.drill("fail")
    stack.apply("picky", "http://127.0.0.1:9", weight=0)
    for name in ("LogdistNoAnalyser", "LogdistBacklogGrowing", "LogdistSpoolFilling", "LogdistSpoolFull"):
        prometheus.until_fires(name, limit_s=150)
    stack.drill("begin")
    until("it has drained", lambda: prometheus.query("sum(logdist_packets_queued) < 100"), limit_s=120)
    until("nothing waits for long", lambda: not prometheus.query("max(logdist_queue_oldest_age_seconds) > 60"))
    until("and that is not told any more", lambda: "LogdistBacklogGrowing" not in prometheus.firing())


def test_distributors_with_different_registries_are_told(stack: Stack, prometheus: Prometheus) -> None:
    """A third distributor, which the operator does not know, has the first generation."""
    stranger = Distributor(stack.folder / "spool-3")
    stack.distributors.append(stranger)
    stranger.register(entry("audit", stack.analysers["audit"]))
    stack.tell_prometheus()
    prometheus.until_fires("LogdistRegistrySpread", job="logdist-distributor")


def test_a_killed_distributor_is_told(stack: Stack, prometheus: Prometheus) -> None:
    stack.distributors[1].kill()
    prometheus.until_fires("LogdistDown", instance=stack.distributors[1].control.removeprefix("http://"))
    prometheus.until_fires("LogdistRegistryNotTaken", state="unreachable")


def test_a_killed_operator_is_told(stack: Stack, prometheus: Prometheus) -> None:
    stack.operator.kill()
    prometheus.until_fires("LogdistDown", job="logdist-operator")
    prometheus.until_fires("LogdistOperatorAbsent")


def _limit_writes(distributor: Distributor, size_bytes: int) -> None:
    """From this size on, writing to a file fails. The process's log is a pipe and goes on."""
    _, hard = resource.prlimit(distributor.child.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(distributor.child.pid, resource.RLIMIT_FSIZE, (size_bytes, hard))
