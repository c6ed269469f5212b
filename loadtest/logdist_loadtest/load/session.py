"""One run from its start to its verdict, on the master or in the only process. Workers only send."""

import logging
import time
from pathlib import Path
from typing import Any, Final

import gevent
from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import STATE_SPAWNING, MasterRunner, WorkerRunner

from logdist_loadtest.demo.state import State
from logdist_loadtest.load.drill import Drill
from logdist_loadtest.load.judge import is_calm, is_settled, problems_of, shares_between
from logdist_loadtest.load.plan import SCENARIOS
from logdist_loadtest.load.report import Line, Report, build_html
from logdist_loadtest.load.sender import ACCEPTED
from logdist_loadtest.load.series import Sample, compare_hatching, percentiles
from logdist_loadtest.load.watch import NeverSeen, Watch
from logdist_loadtest.load.workers import stop_workers

LOG: Final = logging.getLogger("logdist")
SETTLE_S: Final = 60.0  # what is still on its way at the end gets so long to arrive
REPORT_PATH: Final = "/report.html"


def listen() -> None:
    """Join the events of locust. Called once, by the locustfile."""
    events.init_command_line_parser.add_listener(_add_options)
    events.init.add_listener(_on_init)


def _add_options(parser: LocustArgumentParser) -> None:
    about = "; ".join(f"{name}: {what}" for name, what in SCENARIOS.items())
    add = parser.add_argument  # a group would not know include_in_web_ui
    add("--scenario", choices=tuple(SCENARIOS), default="steady", env_var="LOGDIST_SCENARIO", help=about)
    add("--pace", type=float, default=0.0, env_var="LOGDIST_PACE", help="Packets a second of each user; 0: all it can")
    add(
        "--operator",
        default="",
        env_var="LOGDIST_OPERATOR",
        help="URL of the operator: then ledger and shares are checked at the end; failover needs it",
    )
    add(
        "--operator-token-file",
        default="",
        env_var="LOGDIST_OPERATOR_TOKEN_FILE",
        include_in_web_ui=False,
        help="File with the token of the operator's API",
    )
    add(
        "--ingest-token-file",
        default="",
        env_var="LOGDIST_INGEST_TOKEN_FILE",
        include_in_web_ui=False,
        help="File with the token that distributors ask senders for",
    )
    add(
        "--ingest-ca-file",
        default="",
        env_var="LOGDIST_INGEST_CA_FILE",
        include_in_web_ui=False,
        help="PEM file with the authorities to trust",
    )
    add("--report", default="", env_var="LOGDIST_REPORT", include_in_web_ui=False, help="HTML file for the report")


def _on_init(environment: Environment, **_: Any) -> None:
    if isinstance(environment.runner, WorkerRunner):
        return
    session = Session(environment)
    environment.events.test_start.add_listener(session.start)
    environment.events.test_stop.add_listener(session.stop)
    if environment.web_ui is not None and environment.web_ui.app is not None:
        environment.web_ui.app.add_url_rule(REPORT_PATH, "logdist_report", session.html)


class Session:
    """What is known of the run. A new one begins with every start."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._clear()

    def _clear(self) -> None:
        self._start_s = time.time()
        self._watch: Watch | None = None
        self._before: State | None = None
        self._drill: Drill | None = None
        self._greenlets: list[Any] = []
        self._seen: list[tuple[float, int, bool, float, float]] = []
        self._good: list[str] = []
        self._problems: list[str] = []

    def start(self, **_: Any) -> None:
        self._clear()
        options: Any = self._environment.parsed_options
        shape: Any = self._environment.shape_class
        shape.is_over = False
        self._environment.process_exit_code = None  # of the run before, on a page that stays
        self._greenlets.append(gevent.spawn(self._sample))
        if options.operator:
            self._watch = Watch(options.operator, options.operator_token_file)
            try:
                self._before = self._watch.state()
            except OSError as error:
                self._problems.append(f"the operator at {options.operator}: {error}")
        if options.scenario == "failover":
            if self._before is None or self._watch is None:
                self._problems.append("failover needs the operator: --operator URL")
                shape.is_over = True
                return
            self._drill = Drill(self._watch, LOG.info)
            self._greenlets.append(gevent.spawn(self._run_drill, self._drill, shape))

    def _run_drill(self, drill: Drill, shape: Any) -> None:
        drill.run()
        shape.is_over = True

    def stop(self, **_: Any) -> None:
        """The verdict: an exit code, and the report."""
        gevent.killall(self._greenlets)
        if isinstance(self._environment.runner, MasterRunner):
            stop_workers(self._environment.runner)
        options: Any = self._environment.parsed_options
        if self._drill is not None:
            self._problems += self._drill.problems
            if not self._drill.problems and not getattr(self._environment.shape_class, "is_over", False):
                self._problems.append("the run ended before the drill was over")
        if self._watch is not None and self._before is not None:
            self._check(self._watch, self._before)
        if hatching := compare_hatching(self._samples()):
            self._good.append(str(hatching))
        for line in self._good:
            LOG.info("ok: %s", line)
        for line in self._problems:
            LOG.error("PROBLEM: %s", line)
        if self._problems:
            self._environment.process_exit_code = 1
        if options.report:
            path = Path(options.report)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.html(), encoding="utf-8")
            LOG.info("report: %s", path)

    def _check(self, watch: Watch, before: State) -> None:
        acknowledged = self._acknowledged()
        try:
            after = watch.until("everything is delivered", lambda state: self._has_all(state, acknowledged), SETTLE_S)
        except NeverSeen as error:
            self._problems.append(str(error))
            return
        found = problems_of(before, after, acknowledged)
        self._problems += found
        if not found:
            self._good.append(f"{acknowledged:,} packets acknowledged, all delivered; every ledger balances")
        if is_calm(before, after) and after.analysers:
            shares = shares_between(before, after)
            (self._good if shares.are_right else self._problems).append(f"shares: {shares}")

    def _has_all(self, state: State, acknowledged: int) -> bool:
        """Reports are a second old at most: what is acknowledged may be missing in the first."""
        early = sum(pod.ledger.accepted for pod in self._before.pods if pod.ledger) if self._before else 0
        accepted = sum(pod.ledger.accepted for pod in state.pods if pod.ledger)
        return is_settled(state) and accepted - early >= acknowledged

    def _acknowledged(self) -> int:
        entry = self._environment.stats.get(ACCEPTED, "POST")
        return entry.num_requests - entry.num_failures

    def _sample(self) -> None:
        times: dict[int, int] = {}
        runner: Any = self._environment.runner
        while True:
            gevent.sleep(1.0)
            latest = dict(self._environment.stats.total.response_times)
            p50_ms, p99_ms = percentiles(times, latest)
            is_hatching = runner.state == STATE_SPAWNING
            self._seen.append((time.time(), runner.user_count, is_hatching, p50_ms, p99_ms))
            times = latest

    def _samples(self) -> list[Sample]:
        total: Any = self._environment.stats.total
        return [
            Sample(
                at_s - self._start_s,
                users,
                is_hatching,
                total.num_reqs_per_sec.get(int(at_s) - 1, 0),  # the last whole second
                total.num_fail_per_sec.get(int(at_s) - 1, 0),
                p50_ms,
                p99_ms,
            )
            for at_s, users, is_hatching, p50_ms, p99_ms in self._seen
        ]

    def html(self) -> str:
        """The report of the run so far."""
        options: Any = self._environment.parsed_options
        stats = self._environment.stats
        return build_html(
            Report(
                scenario=options.scenario,
                host=self._environment.host or options.host or "",
                started_s=self._start_s,
                samples=self._samples(),
                lines=[Line.build(entry) for entry in [*stats.entries.values(), stats.total]],
                errors=[(error.to_name(), error.occurrences) for error in stats.errors.values()],
                steps=self._drill.steps if self._drill else [],
                good=self._good,
                problems=self._problems,
            )
        )
