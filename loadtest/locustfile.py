"""For `locust -f loadtest/locustfile.py`, and in the image. docs/load.md tells how."""

from logdist_loadtest.load.locustfile import Scenario, Sender

__all__ = ["Scenario", "Sender"]
