"""What `helm test` runs, in a pod of the release: a line for what is well, exit code 1 at the first that is not.

OpenSSL trusts the authorities in $SSL_CERT_FILE.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT_S = float(os.environ.get("LIMIT_S", "60"))
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str, body: Any = None, token: str = "") -> Any:
    """Return the answer's JSON, or how the request failed as text."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    data = None if body is None else json.dumps(body).encode()
    try:
        request = urllib.request.Request(url, data, headers)  # noqa: S310 -- the chart gives http:// and https:// addresses
        with OPENER.open(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return f"{url}: {error.code} {error.read().decode(errors='replace')}"
    except OSError as error:
        return f"{url}: {error}"


def until(what: str, look: Callable[[], str]) -> None:
    """Look until nothing is wrong any more, and say so; give up with what is wrong after a minute."""
    give_up_s = time.monotonic() + LIMIT_S
    while wrong := look():
        if time.monotonic() > give_up_s:
            sys.exit(f"FAILED {what}: {wrong}")
        time.sleep(0.5)  # nothing tells a pod that another one is ready
    print(f"ok     {what}", flush=True)


def unacknowledged(state: Any) -> str:
    """What keeps the registry from being everywhere."""
    if isinstance(state, str):
        return state
    late = [pod for pod in state["pods"] if pod["state"] != "acked"]
    told = "; ".join(f"{pod['url']}: {pod['state']} {pod['reason']}" for pod in late)
    return told if state["pods"] else "the operator knows no distributor"


def delivered(state: Any) -> int:
    return sum((pod["ledger"] or {}).get("delivered", 0) for pod in state["pods"])


def is_served(analyser: Any) -> bool:
    """Whether it should get packets."""
    return analyser["weight"] > 0 and not analyser["suspend"]


def main() -> None:
    operator, ingest = os.environ["OPERATOR_URL"], os.environ["INGEST_URL"]
    token = Path(os.environ["TOKEN_FILE"]).read_text().split()[0]
    ingest_file = os.environ.get("INGEST_TOKEN_FILE")
    ingest_token = Path(ingest_file).read_text().split()[0] if ingest_file else ""

    def state() -> Any:
        return ask(f"{operator}/api/v1/state", token=token)

    def failed(answer: Any) -> str:
        return answer if isinstance(answer, str) else ""

    until("the operator is ready", lambda: failed(ask(f"{operator}/readyz")))
    until("every distributor has acknowledged the registry", lambda: unacknowledged(state()))
    before = state()
    message = {"level": "INFO", "message": "helm test"}
    packet = {"id": f"helm-test-{uuid.uuid4()}", "timestamp": int(time.time() * 1000), "messages": [message]}
    until("a packet is accepted", lambda: failed(ask(f"{ingest}/v1/packets", packet, ingest_token)))
    if not any(map(is_served, before["analysers"])):
        print("note   there is no Analyser with a weight yet: the packet is kept until there is one")
        return

    def undelivered() -> str:
        now = state()
        if isinstance(now, str):
            return now
        return "" if delivered(now) > delivered(before) else "no distributor has delivered anything since"

    until("and delivered to an analyser", undelivered)


if __name__ == "__main__":
    main()
