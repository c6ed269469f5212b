"""Tells locust how many users there shall be; plan.py knows."""

from typing import Any

from locust import LoadTestShape

from logdist_loadtest.load.plan import Plan


class Scenario(LoadTestShape):
    """The scenario chosen by --scenario or in the web UI, with the usual users, spawn rate and run time."""

    use_common_options = True
    is_over = False  # set by a drill that has ended

    def tick(self) -> tuple[int, float] | None:
        assert self.runner is not None  # noqa: S101  # locust sets it before it asks
        options: Any = self.runner.environment.parsed_options
        plan = Plan(options.scenario, options.num_users or 1, options.spawn_rate or 1.0, options.run_time)
        return None if self.is_over else plan.at(self.get_run_time())  # type: ignore[no-untyped-call]
