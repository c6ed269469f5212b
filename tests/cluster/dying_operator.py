"""The operator, but it dies by SIGKILL at one step: `dying_operator.py STEP NUMBER flags...`.

STEP: before or after, and list, commit or push. NUMBER: at which time the step is taken, from 1.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from logdist_operator.__main__ import main
from logdist_operator.fences.configmap import ConfigMapFence
from logdist_operator.push import Worker
from logdist_operator.sources.kubernetes import KubernetesSource

STEPS: dict[str, tuple[type, str]] = {
    "list": (KubernetesSource, "_read"),
    "commit": (ConfigMapFence, "commit"),
    "push": (Worker, "_settle"),  # with the distributor's answer in hand
}


def die_at(moment: str, step: str, number: int) -> None:
    owner, name = STEPS[step]
    real: Callable[..., Any] = getattr(owner, name)
    taken = 0

    def step_then_die(*arguments: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken == number and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments)
        if taken == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, step_then_die)


if __name__ == "__main__":
    die_at(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    del sys.argv[1:4]
    main()
