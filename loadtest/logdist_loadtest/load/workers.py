"""The end of a run with workers: all have stopped, and the master has counted what they did."""

from typing import Any, Final

import gevent
from locust.rpc import Message
from locust.runners import MasterRunner

LIMIT_S: Final = 20.0
LOOK_S: Final = 0.1


def stop_workers(runner: MasterRunner) -> None:
    """Return when no user runs and every worker has reported since. A worker that is gone is waited for `LIMIT_S`."""
    missing = {client.id for client in runner.clients.all}
    if runner.user_count:  # a master that quits calls the test stopped before it tells anybody
        for client_id in missing:
            runner.server.send_to_client(Message("stop", None, client_id))

    def has_reported(client_id: str, **_: Any) -> None:
        if not runner.user_count:
            missing.discard(client_id)

    runner.environment.events.worker_report.add_listener(has_reported)
    try:
        with gevent.Timeout(LIMIT_S, False):
            while missing:
                gevent.sleep(LOOK_S)
    finally:
        runner.environment.events.worker_report.remove_listener(has_reported)
