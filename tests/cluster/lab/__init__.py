"""A Kubernetes of our own for the tests: one unmodified node, without Docker. See ../README.md.

A test, and a person, needs `choose()` only: it names the way a cluster can be had on this machine.
"""

from lab.choose import choose
from lab.cluster import Cluster
from lab.errors import LabError

__all__ = ["Cluster", "LabError", "choose"]
