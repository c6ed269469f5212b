"""What `locust -f` needs to see: the user, the shape, and who listens to its events."""

from logdist_loadtest.load import session
from logdist_loadtest.load.sender import Sender
from logdist_loadtest.load.shape import Scenario

__all__ = ["Scenario", "Sender"]

session.listen()
