"""Pods that only take registries, the cluster's command, and the page that tells what came of them."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from logdist_loadtest.bench.amend import amend
from logdist_loadtest.bench.apart import Apart, Effort, measure_apart
from logdist_loadtest.bench.budgets import judge_convergence
from logdist_loadtest.bench.control import build_registry
from logdist_loadtest.bench.convergence import Convergence, Scale, Watched
from logdist_loadtest.bench.lab import ConvergenceError, NoCluster, measure_convergence
from logdist_loadtest.bench.pods import Pods
from logdist_loadtest.bench.process import free_ports
from logdist_loadtest.bench.report import Setting, render_report
from logdist_loadtest.bench.report_convergence import HEADING, render_convergence
from logdist_loadtest.bench.results import Results, percentile
from logdist_operator.wire import RegistryAnswer, StatusReport

QUIET = Watched(seconds=120, cpu_s=1.2, calls={"watch analysers": 4})
MEASURED = Convergence(
    scale=Scale(), machine="on a fast one", spaced_ms=[float(each) for each in range(1, 201)], burst_ms=[400.0],
    burst_sent_s=2, burst_generations=3, small_mib=70, small_idle=QUIET, created_s=9, created_ms=600, written_s=46,
    cold_acked_s=4, cold_written_s=52, idle=QUIET, busy=QUIET, busy_ms=[700.0], busy_sent=1, idle_mib=150, most_mib=222,
)  # fmt: skip


def in_pods(count: int, use: Callable[[Pods, list[httpx.AsyncClient]], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        [port] = free_ports(1)
        addresses = [f"127.0.0.{number}" for number in range(1, count + 1)]
        async with Pods(addresses, port) as pods:
            clients = [httpx.AsyncClient(base_url=f"http://{each}:{port}", trust_env=False) for each in addresses]
            await use(pods, clients)
            for client in clients:
                await client.aclose()

    asyncio.run(run())


def test_a_pod_answers_as_a_distributor_does() -> None:
    registry = build_registry([1001, 1002], [1, 2])

    async def use(_: Pods, clients: list[httpx.AsyncClient]) -> None:
        [client] = clients
        empty = msgspec.json.decode((await client.get("/control/v1/status")).content, type=StatusReport)
        assert empty.registry.generation == 0
        taken = msgspec.json.decode(
            (await client.put("/control/v1/registry", json=registry)).content, type=RegistryAnswer
        )
        held = msgspec.json.decode((await client.get("/control/v1/registry")).content, type=RegistryAnswer)
        assert taken == held
        assert (taken.generation, taken.digest) == (1, registry["digest"])
        report = msgspec.json.decode((await client.get("/control/v1/status")).content, type=StatusReport)
        assert report.ready
        assert report.instance_id == taken.instance_id == empty.instance_id
        assert [each.standing for each in report.analysers] == ["admitted", "admitted"]

    in_pods(1, use)


def test_a_change_has_arrived_when_the_last_pod_has_it_or_a_later_one() -> None:
    async def use(pods: Pods, clients: list[httpx.AsyncClient]) -> None:
        for weight in (1, 3):
            body = build_registry([1001], [weight])
            arrived = asyncio.create_task(pods.until(lambda pod, weight=weight: pod.held.weights.get("a1") == weight))
            for client in clients:
                assert not arrived.done()
                await client.put("/control/v1/registry", json=body)
            await asyncio.wait_for(arrived, 5)
        last = [pod.taken[-1][0] for pod in pods.all]
        assert pods.last_arrival_s("a1", lambda held: held >= 2, 0) == max(last)
        assert pods.last_arrival_s("a1", lambda held: held >= 1, 0) < min(last)

    in_pods(3, use)


def test_percentiles_are_values_that_were_measured() -> None:
    assert [percentile([4.0, 1.0, 3.0, 2.0], each) for each in (1, 50, 51, 99, 100)] == [1, 2, 3, 4, 4]
    assert percentile([float(each) for each in range(1, 201)], 99) == 198


@pytest.fixture
def lab(tmp_path: Path) -> Callable[..., str]:
    """A command like the cluster's. It notes what it was asked, and fails at what it is told to."""

    def build(*failing: str) -> str:
        path = tmp_path / "lab"
        fails = "".join(f'[ "$1" = {word} ] && echo "lab: no {word}" >&2 && exit 1\n' for word in failing)
        measured = f"cat > {tmp_path}/work/convergence.json <<'EOF'\n{msgspec.json.encode(MEASURED).decode()}\nEOF\n"
        path.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/asked\n{fails}[ "$1" = run ] || exit 0\n{measured}')
        path.chmod(0o755)
        return str(path)

    return build


@pytest.mark.parametrize(
    ("failing", "asked"), [((), ["status", "run"]), (("status",), ["status", "up", "run", "down"])]
)
def test_a_cluster_is_left_as_it_was(
    lab: Callable[..., str], tmp_path: Path, failing: tuple[str, ...], asked: list[str]
) -> None:
    assert measure_convergence(lab(*failing), tmp_path / "work", Scale()) == MEASURED
    assert (tmp_path / "asked").read_text().split() == asked


def test_a_machine_without_a_cluster_is_no_fault(lab: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(NoCluster, match="no up"):
        measure_convergence(lab("status", "up"), tmp_path / "work", Scale())
    effort = Effort(rounds=0, seconds=1, picks=10, changes=0, backlog_gib=0)
    apart = measure_apart(tmp_path / "no-wrk", tmp_path, effort)
    assert not any("convergence" in each for each in apart.find_faults())
    page = render_report(Results([]), [], apart, Setting(0, 1, "", []), "")
    assert "Not measured: no cluster: none was given" in page


def test_a_measurement_that_breaks_is_told(lab: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(ConvergenceError, match="no run"):
        measure_convergence(lab("run", "status"), tmp_path / "work", Scale())
    assert (tmp_path / "asked").read_text().split()[-1] == "down"


def test_the_p99_of_single_changes_is_judged() -> None:
    assert judge_convergence(MEASURED).word == "held"
    slow = msgspec.structs.replace(MEASURED, spaced_ms=[100.0] * 197 + [1001.0] * 3)
    assert judge_convergence(slow).word == "**missed**"
    assert judge_convergence(None).word == "not measured"


def test_the_section_tells_times_and_costs() -> None:
    section = " ".join(render_convergence(MEASURED).split())
    assert "| one by one, 1 analyser | 200 | 100 | 180 | 198 | 200 |" in section
    assert "| idle, 1,000 analysers | 1.0 | 2.0 | watch analysers 2.0 |" in section
    assert "and 3 generations came of them" in section
    assert section.endswith("Measured on a fast one.")


def test_a_page_is_amended_and_keeps_all_else() -> None:
    none = judge_convergence(None)
    verdicts = [replace(none, what="CPU"), none, replace(none, what="pick")]
    apart = Apart(no_cluster="no cluster: because")
    page = render_report(Results([]), verdicts, apart, Setting(0, 1, "", []), "By hand: `## x`.\n\n| a |\n|---|\n")
    without = page.partition(f"{HEADING}\n")[0] + "## Where" + page.partition("## Where")[2]
    anew = HEADING, render_convergence(MEASURED), judge_convergence(MEASURED)
    once = amend(page, *anew)
    assert amend(once, *anew) == once
    assert amend(without, *anew) == once
    assert once.count(HEADING) == once.count("p99 |") == 1
    budgets = once.partition("## Budgets\n\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split("|")[1].strip()[:6] for line in budgets[2:]] == ["CPU", "weight", "pick"]
    assert "198 ms" in budgets[3]
    kept = once.partition("## Side by side")[2].partition(HEADING)
    assert page.partition("## Side by side")[2].startswith(kept[0])
    assert page.endswith(kept[2].partition("## Where")[2])


def test_results_survive_the_way_through_the_cluster() -> None:
    assert msgspec.json.decode(json.dumps(msgspec.to_builtins(MEASURED)), type=Convergence) == MEASURED
