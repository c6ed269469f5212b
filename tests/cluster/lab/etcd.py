"""Compaction, over etcd's HTTP gateway."""

import base64
import json
from typing import Any, Final

from lab.components import ETCD
from lab.errors import LabError
from lab.netns import fetch

KEY: Final = base64.b64encode(b"/logdist-lab").decode()  # outside the API server's prefix


def compact(node_pid: int) -> None:
    """Forget all revisions before a new one: the write makes sure that nobody has seen that one yet."""
    written = _call(node_pid, "put", {"key": KEY, "value": KEY})
    _call(node_pid, "compaction", {"revision": written["header"]["revision"], "physical": True})


def _call(node_pid: int, method: str, body: dict[str, Any]) -> Any:
    status, answer = fetch(f"{ETCD}/v3/kv/{method}", pid=node_pid, body=json.dumps(body).encode())
    if status != 200:
        raise LabError(f"etcd answers {status} to {method}: {answer.decode()}")
    return json.loads(answer)
