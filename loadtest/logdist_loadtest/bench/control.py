"""The distributor's control port, as far as the bench needs it: the registry in, the ledger out."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import httpx

TIMEOUT_S = 60.0  # a registry of 10,000 analysers takes a while


def build_registry(ports: Sequence[int], weights: Sequence[int], **more: Any) -> dict[str, Any]:
    """A snapshot with one analyser a port, without slow start: its ramp would be measured, not the deal.

    The time-out is longer than any run, so that a stalled analyser stays one and nothing comes back to the queue.
    """
    analysers = [
        {
            "uid": f"bench/a{number}",
            "name": f"a{number}",
            "namespace": "bench",
            "endpoints": [f"http://127.0.0.1:{port}"],
            "weight": weight,
            "suspend": False,
            "protocol": "packets",
            "path": "/v1/packets",
            "timeoutMs": 60_000,
            "maxInFlight": 2,
            "batch": {"maxPackets": 1000, "maxBytes": 1_048_576},
            "healthCheck": {
                "path": "/heartbeat",
                "intervalMs": 2000,
                "unhealthyThreshold": 3,
                "healthyThreshold": 1,
                "slowStartMs": 0,
            },
            **more,
        }
        for number, (port, weight) in enumerate(zip(ports, weights, strict=True), start=1)
    ]
    canonical = json.dumps(analysers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return {"generation": 1, "digest": digest, "allowShrink": False, "analysers": analysers}


class Control:
    """The control port of one distributor on this machine. Methods raise httpx.HTTPError when it does not answer."""

    def __init__(self, port: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT_S, trust_env=False)

    def is_alive(self) -> bool:
        """Whether the control port answers at all."""
        try:
            return self.client.get("/healthz").is_success
        except httpx.TransportError:
            return False

    def put_registry(self, registry: dict[str, Any]) -> None:
        """Hand the snapshot over; anything but an acknowledgement raises httpx.HTTPStatusError."""
        self.client.put("/control/v1/registry", json=registry).raise_for_status()

    def is_dealing(self) -> bool:
        """Whether it is ready and has admitted every analyser of its registry."""
        if not self.client.get("/readyz").is_success:
            return False
        analysers = self._status()["analysers"]
        return bool(analysers) and all(each["standing"] == "admitted" for each in analysers)

    def ledger(self) -> dict[str, int]:
        """`accepted`, `delivered`, `queued`, `inFlight`, `dead`, `repeats` and so on, at this instant."""
        ledger: dict[str, int] = self._status()["ledger"]
        return ledger

    def owes_nothing(self) -> bool:
        """Whether all that was accepted has been settled."""
        ledger = self.ledger()
        return ledger["queued"] + ledger["inFlight"] == 0

    def standing(self, name: str) -> str:
        """*admitted* while the analyser is dealt to."""
        return next(str(each["standing"]) for each in self._status()["analysers"] if each["name"] == name)

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.client.get("/control/v1/status").raise_for_status().json()
        return status
